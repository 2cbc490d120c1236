"""What belongs to a result's key: the versions of all classes behind a backend, and source that is being written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from clipy import provenance
from clipy.backend import Backend
from clipy.stages.highlight.even import Even
from clipy.storage.store import key_of

_BACKEND = """
from clipy import Highlighter
from .parts import (  # several lines
    length as how_long,
)

class Theirs(Highlighter):
    'Theirs.'
    def highlight(self, video, ctx): return []
"""


@pytest.fixture
def package(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a backend, what it is made of, and a module that it does not use."""
    root = tmp_path / getattr(request, "param", "src")
    folder = root / "acme_written"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "backend.py").write_text(_BACKEND)
    (folder / "parts.py").write_text("from acme_written.deeper import one\nlength = 30\n")
    (folder / "deeper.py").write_text("one = 1\n")
    (folder / "other.py").write_text("two = 2\n")
    monkeypatch.syspath_prepend(str(root))
    yield folder
    for name in [name for name in sys.modules if name.startswith("acme_written")]:
        del sys.modules[name]


def key(folder: Path) -> str:
    """The backend's key, as a new process would make it."""
    for cached in (provenance.source_digest, provenance._imports, provenance._sha256):
        cached.cache_clear()
    backend: Backend = import_module("acme_written.backend").Theirs()
    return key_of(backend)


def test_versions_of_parent_classes_are_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(Even):
        version = 7

    before = key_of(Mine())
    monkeypatch.setattr(Even, "version", Even.version + 1)
    assert key_of(Mine()) != before
    again = key_of(Mine())
    monkeypatch.setattr(Mine, "version", 8)
    assert key_of(Mine()) != again


@pytest.mark.parametrize("file", ["backend.py", "parts.py", "deeper.py"])
def test_changed_source_of_an_editable_package_changes_the_key(package: Path, file: str) -> None:
    before = key(package)
    assert key(package) == before
    (package / file).write_text((package / file).read_text() + "# changed\n")
    assert key(package) != before


def test_unimported_source_is_not_hashed(package: Path) -> None:
    before = key(package)
    (package / "other.py").write_text("two = 3\n")
    assert key(package) == before


@pytest.mark.parametrize("package", ["site-packages"], indirect=True)
def test_installed_source_is_not_hashed(package: Path) -> None:
    before = key(package)
    (package / "backend.py").write_text(_BACKEND + "# changed\n")
    assert key(package) == before


def test_source_digest_is_computed_once_per_process(package: Path) -> None:
    before = key(package)
    (package / "backend.py").write_text(_BACKEND + "# changed\n")
    assert key_of(sys.modules["acme_written.backend"].Theirs()) == before


def test_the_package_of_a_class_is_named() -> None:
    assert provenance.package_of(pytest.Item).startswith("pytest ")
    assert provenance.package_of(Path) == "the module pathlib"
