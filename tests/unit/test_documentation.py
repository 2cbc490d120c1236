"""The documentation: generated pages are current, quoted errors exist, links lead somewhere, the site builds."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import make_man_page, make_options

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(((?!https?://|#|mailto:)[^)\s]+)\)")


def test_the_reference_of_options_is_current() -> None:
    assert make_options.PAGE.read_text(encoding="utf-8") == make_options.page(), "run: python tools/make_options.py"


def test_the_man_page_is_current() -> None:
    assert make_man_page.PAGE.read_text(encoding="utf-8") == make_man_page.page(), "run: python tools/make_man_page.py"


def test_the_man_page_has_every_command_and_is_sound() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("there is no groff here")
    done = subprocess.run(
        [groff, "-man", "-Tascii", "-ww", "-P-cbou", str(make_man_page.PAGE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    for line in ("clipy run [OPTIONS] VIDEO...", "clipy models pull [OPTIONS] [NAME]...", "EXIT STATUS", "--clips N"):
        assert line in done.stdout


def test_the_wheel_puts_the_man_page_where_man_looks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    page = make_man_page.PAGE.relative_to(ROOT).as_posix()
    assert shared[page] == "share/man/man1/clipy.1"


@cache
def texts() -> str:
    """Every text in clipy's source; the parts of a formatted one that are always the same."""
    nodes = (node for path in (ROOT / "src").rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def quoted() -> list[str]:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)


@pytest.mark.parametrize("message", quoted())
def test_errors_of_the_troubleshooting_page_are_clipys(message: str) -> None:
    parts = [part for part in message.split("…") if part]
    assert max(len(part) for part in parts) > 3
    assert [part for part in parts if part not in texts()] == []


def test_many_errors_are_explained() -> None:
    assert len(quoted()) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    targets = LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    assert [target for target in targets if not (page.parent / target.partition("#")[0]).exists()] == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip('the extra is not installed: pip install "clipy[docs]"')
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "clipy run talk.mp4 -o clips/" in re.sub(r"<[^>]+>", "", home)
    assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', home)
    assert (tmp_path / "site" / "CONTRIBUTING" / "index.html").is_file()
