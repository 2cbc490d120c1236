"""Backends by name: found through entry points, checked, and explained when they cannot be had."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from click.testing import CliRunner

from clipy import config, registry
from clipy.cli import main, option_reference
from clipy.errors import BackendNotFound, BackendUnavailable, ConfigError
from clipy.groups import GROUPS
from clipy.pipeline.pipeline import Pipeline


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package of somebody else, with good and bad backends."""
    info = tmp_path / "acme_clips-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-clips\nVersion: 2.0\nProvides-Extra: heavy\nProvides-Extra: two-words\n"
        "Requires-Dist: no-such-package-at-all>=1; extra == 'heavy'\n"
        "Requires-Dist: no-such-package-either>=1; extra == 'two-words'\n"
    )
    (info / "entry_points.txt").write_text(
        "[clipy.highlight]\nacme = acme_clips:Acme\nheavy = acme_clips:Acme [heavy]\n"
        "broken = acme_broken:Acme\nimpostor = acme_clips:Impostor\nlocal = acme_clips:Acme\n"
        "two-words = acme_clips:Acme [two-words]\nundescribed = acme_clips:Undescribed\n"
        "unfinished = acme_clips:Unfinished\nloose = acme_clips:Loose\nfails = acme_clips:Fails\n"
        "gone = acme_clips:Gone\n"
        "[clipy.highlights]\nmisplaced = acme_clips:Acme\n"
    )
    (tmp_path / "acme_broken.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "acme_clips.py").write_text(
        "import clipy, pydantic\n"
        "class Acme(clipy.Highlighter):\n"
        "    'Theirs.'\n"
        "    def highlight(self, video, ctx): return []\n"
        "class Impostor: pass\n"
        "class Undescribed(clipy.Highlighter):\n"
        "    def highlight(self, video, ctx): return []\n"
        "class Unfinished(clipy.Highlighter): 'Has no main method.'\n"
        "class Loose(Acme):\n"
        "    class Options(pydantic.BaseModel): pass\n"
        "class Fails(Acme):\n"
        "    def __init__(self, options=None): raise RuntimeError('no licence')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for cached in (registry._all_points, registry.strays):
        cached.cache_clear()
    yield tmp_path
    for cached in (registry._all_points, registry.strays):
        cached.cache_clear()
    for name in ("acme_clips", "acme_broken"):
        sys.modules.pop(name, None)


def test_third_party_backend_is_loaded_like_a_built_in(foreign: Path) -> None:
    backend = registry.create("highlight", "acme", {"count": 4})
    assert backend.name == "acme"
    listing = next(item for item in registry.listings("highlight") if item.name == "acme")
    assert (listing.package, listing.package_version, listing.missing) == ("acme-clips", "2.0", ())


def test_a_missing_extra_is_named_with_its_command(foreign: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r'pip install "acme-clips\[heavy\]"'):
        registry.load("highlight", "heavy")


def test_an_extra_with_a_hyphen_is_missing_without_its_packages(foreign: Path) -> None:
    (listing,) = (item for item in registry.listings("highlight") if item.name == "two-words")
    assert listing.missing == ("no-such-package-either",)
    assert listing.install == 'pip install "acme-clips[two-words]"'
    with pytest.raises(BackendUnavailable, match="needs no-such-package-either"):
        registry.load("highlight", "two-words")


def test_own_hyphenated_extra_is_seen_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(registry, "distribution", none)
    (listing,) = (item for item in registry.listings("transcribe") if item.name == "openai-whisper")
    assert listing.missing
    assert listing.install == 'pip install "clipy[openai-whisper]"'


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "No module named 'no_such_module_at_all'"),
        ("gone", "AttributeError"),
    ],
)
def test_a_backend_that_cannot_be_imported_says_so_in_one_line(foreign: Path, name: str, why: str) -> None:
    with pytest.raises(BackendUnavailable, match=why) as raised:
        registry.load("highlight", name)
    line = str(raised.value)
    assert f"the highlight backend '{name}' of acme-clips 2.0 cannot be imported" in line
    assert "\n" not in line
    assert "pip install" not in line  # which package brings a module is not known


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("unfinished", "lacks the method highlight"),
        ("loose", "the Options of .* are no Highlighter.Options"),
        ("fails", r"cannot be made \(RuntimeError: no licence\)"),
    ],
)
def test_a_faulty_class_is_refused_in_one_line(foreign: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as raised:
        registry.create("highlight", name, {})
    assert "of acme-clips 2.0" in str(raised.value)


def test_listing_the_options_survives_faulty_backends(foreign: Path) -> None:
    shown = CliRunner().invoke(main, ["backends", "highlight"])
    assert shown.exit_code == 0, shown.output
    assert "undescribed: (its class has no docstring)" in shown.stdout
    assert "broken: the highlight backend 'broken' of acme-clips 2.0 cannot be imported" in shown.stdout
    listed = json.loads(CliRunner().invoke(main, ["backends", "highlight", "--json"]).stdout)
    states = {entry["name"]: entry["installed"] for entry in listed}
    assert (states["acme"], states["broken"], states["two-words"]) == (True, False, False)
    schema = option_reference.schema()["properties"]["highlight"]
    assert {"acme", "local"} <= {pick["title"] for pick in schema["anyOf"]}


def test_misspelt_group_suggests_the_right_one(foreign: Path) -> None:
    (line,) = registry.strays()
    assert line.startswith("acme-clips declares 'misplaced' in the group 'clipy.highlights', which does not exist.")
    assert "Did you mean 'clipy.highlight'?" in line
    with pytest.raises(BackendNotFound, match=re.escape("in the group 'clipy.highlights'")):
        registry.load("highlight", "misplaced")
    assert "clipy.highlights" in CliRunner().invoke(main, ["backends"]).stderr


def test_class_of_another_kind_is_refused(foreign: Path) -> None:
    with pytest.raises(ConfigError, match="is no Highlighter"):
        registry.load("highlight", "impostor")


def test_name_clash_prefers_the_built_in_and_allows_package_prefix(
    foreign: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Pipeline.from_config(config.load(environment={}))
    assert type(pipeline.highlighter).__module__ == "clipy.stages.highlight.local"
    assert "highlight.local is clipy's own; to pick another of that name, write acme-clips:local" in caplog.text
    theirs = Pipeline.from_config(config.load(environment={}, sets=["highlight.backend=acme-clips:local"]))
    assert type(theirs.highlighter).__module__ == "acme_clips"
    assert theirs.highlighter.name == "acme-clips:local"
    assert "acme-clips:local" in registry.names("highlight")


def test_name_clash_of_two_packages_asks_which(foreign: Path) -> None:
    info = foreign / "more_clips-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: more-clips\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[clipy.highlight]\nacme = acme_clips:Undescribed\n")
    with pytest.raises(ConfigError, match="Write acme-clips:acme or more-clips:acme"):
        registry.load("highlight", "acme")
    assert registry.load("highlight", "more-clips:acme").__name__ == "Undescribed"
    assert registry.load("highlight", "acme-clips:acme").__name__ == "Acme"


def test_unknown_name_lists_backends_and_suggests_one() -> None:
    with pytest.raises(BackendNotFound, match="Did you mean 'local'"):
        registry.load("highlight", "lokal")


def test_listing_imports_no_backend() -> None:
    for group in GROUPS:
        names = [listing.name for listing in registry.listings(group)]
        assert names == sorted(set(names))
        assert names
