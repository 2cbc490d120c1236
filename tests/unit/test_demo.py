"""``clipy demo``: two drawn people who talk, and clips of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from clipy import probe, registry
from clipy.analysis.faces.base import FaceDetector
from clipy.cli import demo_speech, demo_video, main
from clipy.context import Context
from clipy.errors import ModelError


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.mp4"
    demo_video.make_sample(path, turns=2)
    return path


def mouths(path: Path) -> NDArray[np.uint8]:
    """The rows of every picture in which the mouths are."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="gray")[290:360] for frame in container.decode(video=0)])


def test_whoever_speaks_moves_the_mouth(sample: Path) -> None:
    seen, text = mouths(sample), sample.with_suffix(".srt").read_text(encoding="utf-8")
    clocks = [float(m) * 60 + float(f"{s}.{ms}") for m, s, ms in re.findall(r"00:(\d\d):(\d\d),(\d{3})", text)]
    assert len(clocks) == 4
    for who, (begin, end) in enumerate(zip(clocks[::2], clocks[1::2], strict=True)):
        dark = seen[int(begin * demo_video.RATE) + 1 : int(end * demo_video.RATE)] < 60
        moves = [dark[:, :, one.x - 35 : one.x + 35].mean(axis=(1, 2)).std() for one in demo_video.PEOPLE]
        assert moves[who] > 3 * moves[1 - who]


def test_the_sample_is_as_long_as_its_speech(sample: Path) -> None:
    video = probe(sample)
    assert (video.width, video.height) == (1280, 720)
    sounds, rate = demo_speech.speak([(text, "en-us", 50) for _, text in demo_video.DIALOGUE[:2]])
    assert float(video.duration) == pytest.approx(sum(map(len, sounds)) / rate + 1.05, rel=0.2)


def test_the_default_detector_finds_both_faces(sample: Path, ctx: Context) -> None:
    detector = registry.create("faces", "centerface", {})
    assert isinstance(detector, FaceDetector)
    with av.open(str(sample)) as container:
        frame = next(iter(container.decode(video=0))).reformat(640, 360, format="rgb24").to_ndarray()
    try:
        (found,) = detector.detect([np.asarray(frame, np.uint8)], ctx)
    except ModelError as error:
        pytest.skip(str(error))
    middles = sorted((one.box.x1 + one.box.x2) for one in found)
    assert middles == pytest.approx([one.x for one in demo_video.PEOPLE], abs=25)


def test_the_demo_makes_clips_and_keeps_its_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_video, "DIALOGUE", demo_video.DIALOGUE[:1])
    plain = ["transcribe=subtitles", "align=none", "highlight=even", "highlight.min_duration=1", "reframe=center"]
    small = [
        "highlight.max_duration=2",
        "reframe.width=180",
        "reframe.height=320",
        "review=technical",
        "highlight.count=1",
    ]
    sets = [part for text in (*plain, *small, "pizzazz=progress") for part in ("--set", text)]
    result = CliRunner().invoke(main, ["demo", str(tmp_path), *sets])
    assert result.exit_code == 0, result.stderr
    assert probe(tmp_path / "clips" / "demo-01.mp4").height == 320
    assert str(tmp_path / "clips") in result.stderr
    before = (tmp_path / "demo.mp4").stat().st_mtime_ns
    again = CliRunner().invoke(main, ["demo", str(tmp_path), *sets])
    assert again.exit_code == 0, again.stderr
    assert "is there already" in again.stderr
    assert (tmp_path / "demo.mp4").stat().st_mtime_ns == before


def test_without_its_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    result = CliRunner().invoke(main, ["demo", str(tmp_path)])
    assert result.exit_code == 1
    assert 'pip install "clipy[demo]"' in result.stderr
    assert list(tmp_path.iterdir()) == []
