"""Help and listings answer at once because they import next to nothing; and the public door is what it says."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clipy

# Whatever is imported for help and listings must be of these packages, or of the standard library.
LIGHT = {"clipy", "click", "packaging", "colorama"}
PRIVATE = "_sysconfigdata"  # of the standard library, under a name that differs from machine to machine


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["backends"], ["--version"], ["run", "--help"], ["cache", "--help"], ["doctor", "--help"]],
)
def test_help_and_listings_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['clipy', *{arguments!r}]\n"
        "before = set(sys.modules)\n"
        "from clipy.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print('\\n@', *sorted({name.partition('.')[0] for name in set(sys.modules) - before}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.rpartition("\n@")[2].split())
    theirs = {name for name in imported - set(sys.stdlib_module_names) if not name.startswith(PRIVATE)}
    assert theirs <= LIGHT


def test_public_api_exports_what_it_names() -> None:
    assert len(clipy.__all__) == len(set(clipy.__all__))
    for name in clipy.__all__:
        assert getattr(clipy, name) is not None
    tree = ast.parse(Path(str(clipy.__file__)).read_text(encoding="utf-8"))
    typed = next(node for node in tree.body if isinstance(node, ast.If))
    names = {alias.name for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert names == set(clipy.__all__) == {*clipy._MODULE_OF, "config"}
    with pytest.raises(AttributeError, match="no attribute 'clips'"):
        _ = clipy.clips
