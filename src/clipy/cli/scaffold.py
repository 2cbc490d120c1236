"""``clipy backends new``: a package with one backend, its entry point and its contract test, ready to install.

What is written is the example of its kind in ``examples/clipy-examples``, under a name of one's own. The examples are
tested; they come with the wheel as ``clipy/cli/examples``.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from clipy.errors import ConfigError, OutputError
from clipy.groups import GROUPS

_SHIPPED = Path(__file__).parent / "examples"
_SOURCE = (
    Path(__file__).parents[3] / "examples" / "clipy-examples" / "clipy_examples"
)  # where clipy runs from its source
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "clipy-{name}"
version = "0.1.0"
description = "A {group} backend for clipy."
requires-python = ">=3.11"
dependencies = [{dependencies}]

[project.optional-dependencies]
dev = ["pytest>=8.3"]

[project.entry-points."clipy.{group}"]
{name} = "{module}:{kind}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""
_TEST = '''\
"""The backend keeps the contract of its kind."""

from {module} import {kind}

from clipy.testing import contract_of

Test{kind} = contract_of({kind})
'''
_UPLOADER_TEST = '''\
"""The backend keeps the contract of its kind."""

from pathlib import Path
from typing import Any

import pytest
from {module} import {kind}

from clipy.testing import UploaderContract


class Test{kind}(UploaderContract):
    """Each test has a place of its own."""

    @pytest.fixture
    def backend(self, tmp_path: Path) -> Any:
        return {kind}({kind}.Options(path=tmp_path / "outbox"))
'''
_README = """\
# clipy-{name}

A {group} backend for clipy: [{module}.py]({module}.py). It begins as clipy's example of its kind; make it your own.

```sh
pip install -e ".[dev]"
python -m pytest                       # does it keep the contract of its kind?
clipy backends {group}{padding}          # is it found? which options has it?
clipy run talk.mp4 -o clips/ --set {pick}
```

How to write a backend: docs/backends.md of clipy.
"""


def write_package(group: str, name: str, folder: Path) -> list[Path]:
    """Write the package into ``folder / clipy-NAME``; the files that were written. Raises ConfigError, OutputError."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is no name for a backend", do="Use lower-case words with hyphens: my-picks")
    place = folder / f"clipy-{name}"
    if place.exists():
        raise OutputError("something is already there", where=place, do="Move it, or choose another name")
    code = _example(group)
    (example,) = re.findall(r"^class (\w+)\(\w+\):", code, re.MULTILINE)
    kind = "".join(word.capitalize() for word in name.split("-"))
    module = f"clipy_{name.replace('-', '_')}"
    code = re.sub(rf"\b{example}\b", kind, code)
    code = re.sub(rf'``{group} = "[\w-]+"``', f'``{group} = "{name}"``', code, count=1)
    dependencies = ", ".join(f'"{name}"' for name in ["clipy", *_third_parties(code)])
    pick = f"{group}=captions,{name}" if GROUPS[group].many else f"{group}.backend={name}"
    words = {"name": name, "group": group, "module": module, "kind": kind, "dependencies": dependencies, "pick": pick}
    files = {
        place / "pyproject.toml": _PROJECT.format(**words),
        place / "README.md": _README.format(**words, padding=" " * max(0, 12 - len(group))),
        place / f"{module}.py": code,
        place / "tests" / "test_contract.py": (_UPLOADER_TEST if group == "upload" else _TEST).format(**words),
    }
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot write it ({error.strerror})", where=path, do="Choose another folder") from error
    return list(files)


def _example(group: str) -> str:
    for folder in (_SHIPPED, _SOURCE):
        if (folder / f"{group}.py").is_file():
            return (folder / f"{group}.py").read_text(encoding="utf-8")
    raise ConfigError("this installation of clipy has no examples", where=_SHIPPED, do="Install clipy again")


def _third_parties(code: str) -> list[str]:
    found = re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)
    return [name for name in ("av", "numpy", "pydantic") if name in found]
