"""A package that is not clipy's brings a backend of every kind: built, installed and used as anybody's would be."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hatchling.build import build_wheel

from clipy.cli import main
from clipy.groups import GROUPS
from clipy.media.probe import probe
from clipy.media.read import pictures
from fixtures.media import black, make_video

EXAMPLE = Path(__file__).parents[2] / "examples" / "clipy-examples"
PICKS = {
    "download": "patient",
    "transcribe": "script",
    "align": "unhurried",
    "shots": "metronome",
    "faces": "brightest",
    "speakers": "biggest",
    "diarize": "ping-pong",
    "embed": "letters",
    "highlight": "loudest",
    "reframe": "pan",
    "pizzazz": "sparkle",
    "render": "matroska",
    "review": "audible",
    "upload": "outbox",
    "executor": "threads",
}


def unpacked(project: Path, place: Path) -> Path:
    """A project's wheel, built by the backend that it names and unpacked as an installer does."""
    place.mkdir(parents=True)
    here = Path.cwd()
    os.chdir(project)
    try:
        name = build_wheel(str(place))
    finally:
        os.chdir(here)
    with zipfile.ZipFile(place / name) as wheel:
        wheel.extractall(place / "site-packages")
    return place / "site-packages"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(EXAMPLE, tmp_path_factory.mktemp("installed") / "place")


def python(site: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python, in a process that has the package on its path."""
    paths = os.pathsep.join([str(site), *filter(None, sys.path)])
    command = [sys.executable, *arguments]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)


def clipy(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(site, "-c", "from clipy.cli import main; main()", *arguments)


def test_every_kind_has_an_example_that_imports_only_the_public_api() -> None:
    assert {path.stem for path in (EXAMPLE / "clipy_examples").glob("*.py")} == {*GROUPS, "__init__"}
    assert set(PICKS) == set(GROUPS)
    for path in (EXAMPLE / "clipy_examples").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in modules if name.startswith("clipy.")], path


def test_the_examples_are_listed_with_their_package(installed: Path) -> None:
    shown = clipy(installed, "backends", "--json")
    assert shown.returncode == 0, shown.stderr
    listed = {(entry["stage"], entry["name"]): entry["package"] for entry in json.loads(shown.stdout)}
    assert {listed[group, name] for group, name in PICKS.items()} == {"clipy-examples"}


def test_run_with_example_backends_only(installed: Path, tmp_path: Path) -> None:
    source = make_video(tmp_path / "source.mp4", seconds=8, size=(320, 180))
    picks = [f"{group}{'' if GROUPS[group].many else '.backend'}={name}" for group, name in PICKS.items()]
    sets = [
        *picks,
        *("transcribe.text=one two three four five six", "highlight.min_duration=2", "highlight.count=2"),
        *("reframe.width=90", "reframe.height=160", f"upload.outbox.path={tmp_path / 'outbox'}"),
    ]
    options = [part for setting in sets for part in ("--set", setting)]
    done = clipy(installed, "run", str(source), "-o", str(tmp_path / "out"), "-v", *options)
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "outbox").iterdir())
    assert [path.suffix for path in files] == [".mkv", ".mkv"]
    assert all(abs(probe(path).duration - 2) < 0.2 for path in files)
    document = json.loads((tmp_path / "out" / "clips.json").read_text(encoding="utf-8"))
    assert [clip["file"] for clip in document["clips"]] == ["source-01.mkv", "source-02.mkv"]
    assert all((tmp_path / "out" / clip["file"]).is_file() for clip in document["clips"])
    assert document["clips"][0]["words"]


def test_the_examples_pass_their_own_tests(installed: Path, tmp_path: Path) -> None:
    """As their authors would run them."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    tests = str(EXAMPLE / "tests" / "test_contracts.py")
    done = python(
        installed, "-m", "pytest", "-q", "-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path), tests
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout


def test_sparkle_draws_in_a_real_render(installed: Path, tmp_path: Path) -> None:
    source = make_video(tmp_path / "dark.mp4", seconds=2, draw=black, play=None)
    panel = {"keyframes": [{"time": 0, "x1": 218.75, "y1": 0, "x2": 421.25, "y2": 360}], "into": [0, 0, 270, 480]}
    crop = [{"start": 0, "end": 1, "layout": "single", "panels": [panel]}]
    crops = {"schema": "clipy.crops/1", "clips": [{"start": 0, "end": 1, "crop": crop}]}
    (tmp_path / "crops.json").write_text(json.dumps(crops))
    brightest = {}
    for chosen in ("", "sparkle"):
        folder = tmp_path / (chosen or "plain")
        sizes = ["--set", "reframe.width=270", "--set", "reframe.height=480", "--set", f"pizzazz={chosen}"]
        given = [str(source), "--crops", str(tmp_path / "crops.json"), "-o", str(folder), *sizes]
        done = clipy(installed, "render", *given)
        assert done.returncode == 0, done.stderr
        (clip,) = folder.glob("*.mp4")
        shown = [picture for _, picture in pictures(probe(clip), probe(clip).span)]
        brightest[chosen] = [int(np.percentile(picture, 99)) for picture in shown]
    assert max(brightest[""]) < 40
    assert min(brightest["sparkle"]) > 150


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new package of each kind."""
    folder = tmp_path_factory.mktemp("begun")
    for group in GROUPS:
        written = CliRunner().invoke(main, ["backends", "new", group, f"my-{group}", "--in", str(folder)])
        assert written.exit_code == 0, written.output
    return folder


def test_new_packages_are_discovered_and_usable(begun: Path) -> None:
    sites = [unpacked(begun / f"clipy-my-{group}", begun / "places" / group) for group in GROUPS]
    code = "from clipy import registry\nfrom clipy.groups import GROUPS\n"
    code += "print(*[type(registry.create(group, f'my-{group}', {})).__name__ for group in GROUPS])"
    made = python(os.pathsep.join(map(str, sites)), "-c", code)
    assert made.stdout.split() == [f"My{group.capitalize()}" for group in GROUPS], made.stderr


@pytest.mark.parametrize("group", ["pizzazz", "upload"])
def test_new_package_passes_its_contract_test(group: str, begun: Path) -> None:
    project = begun / f"clipy-my-{group}"
    done = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(project))
    assert done.returncode == 0, done.stdout[-3000:]


def test_backends_new_does_not_overwrite_files(begun: Path) -> None:
    again = CliRunner().invoke(main, ["backends", "new", "embed", "my-embed", "--in", str(begun)])
    assert again.exit_code == 1
    assert "something is already there" in again.stderr
    named = CliRunner().invoke(main, ["backends", "new", "embed", "My Embed", "--in", str(begun)])
    assert named.exit_code == 1
    assert "lower-case words with hyphens" in named.stderr
