"""A package that is not clipy's brings a pizzazz: built, installed and used as anybody's would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from clipy.media.probe import probe
from clipy.media.read import pictures
from fixtures.media import black, make_video

EXAMPLE = Path(__file__).parents[2] / "examples" / "clipy-sparkle"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's wheel, built by the backend that it names and unpacked as an installer does."""
    from hatchling.build import build_wheel

    monkeypatch.chdir(EXAMPLE)
    name = build_wheel(str(tmp_path))
    with zipfile.ZipFile(tmp_path / name) as wheel:
        wheel.extractall(tmp_path / "site")
    return tmp_path / "site"


def clipy(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process that has the package on its path."""
    paths = os.pathsep.join([str(site), *filter(None, sys.path)])
    command = [sys.executable, "-c", "from clipy.cli import main; main()", *arguments]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)


def test_the_example_is_listed_with_its_package(installed: Path) -> None:
    shown = clipy(installed, "backends", "pizzazz")
    assert shown.returncode == 0, shown.stderr
    assert "sparkle" in shown.stdout
    assert "clipy-sparkle" in shown.stdout


def test_the_example_draws_in_a_real_render(installed: Path, tmp_path: Path) -> None:
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


def test_the_example_is_ten_lines() -> None:
    body = (EXAMPLE / "clipy_sparkle.py").read_text(encoding="utf-8").partition("class ")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10
