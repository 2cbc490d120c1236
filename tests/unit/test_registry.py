"""Backends by name: found through entry points, checked, and explained when they cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipy import registry
from clipy.errors import BackendNotFound, BackendUnavailable, ConfigError
from clipy.groups import GROUPS


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package of somebody else, with good and bad backends."""
    info = tmp_path / "acme_clips-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-clips\nVersion: 2.0\nProvides-Extra: heavy\n"
        "Requires-Dist: no-such-package-at-all>=1; extra == 'heavy'\n"
    )
    (info / "entry_points.txt").write_text(
        "[clipy.highlight]\nacme = acme_clips:Acme\nheavy = acme_clips:Acme [heavy]\n"
        "broken = acme_broken:Acme\nimpostor = acme_clips:Impostor\nlocal = acme_clips:Acme\n"
    )
    (tmp_path / "acme_broken.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "acme_clips.py").write_text(
        "import clipy\n"
        "class Acme(clipy.Highlighter):\n"
        "    'Theirs.'\n"
        "    def highlight(self, video, ctx): return []\n"
        "class Impostor: pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._points.cache_clear()
    yield tmp_path
    registry._points.cache_clear()
    for name in ("acme_clips", "acme_broken"):
        sys.modules.pop(name, None)


def test_a_foreign_backend_comes_through_the_same_door(foreign: Path) -> None:
    backend = registry.create("highlight", "acme", {"count": 4})
    assert backend.name == "acme"
    listing = next(item for item in registry.listings("highlight") if item.name == "acme")
    assert (listing.package, listing.package_version, listing.missing) == ("acme-clips", "2.0", ())


def test_a_missing_extra_is_named_with_its_command(foreign: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r'pip install "acme-clips\[heavy\]"'):
        registry.load("highlight", "heavy")


def test_a_missing_module_is_named(foreign: Path) -> None:
    with pytest.raises(BackendUnavailable, match="no_such_module_at_all"):
        registry.load("highlight", "broken")


def test_what_is_no_highlighter_is_refused(foreign: Path) -> None:
    with pytest.raises(ConfigError, match="is no Highlighter"):
        registry.load("highlight", "impostor")


def test_two_packages_that_claim_one_name_are_refused(foreign: Path) -> None:
    with pytest.raises(ConfigError, match="acme-clips and clipy"):
        registry.load("highlight", "local")


def test_an_unknown_name_lists_and_guesses() -> None:
    with pytest.raises(BackendNotFound, match="Did you mean 'local'"):
        registry.load("highlight", "lokal")


def test_listing_imports_no_backend() -> None:
    for group in GROUPS:
        names = [listing.name for listing in registry.listings(group)]
        assert names == sorted(set(names))
        assert names
