"""A rendered clip plays where people watch it: in a browser, from its first frame to its last, after seeking."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.media_info import media_info
from clipy.media.probe import probe
from clipy.stages.reframe.center import Center
from clipy.stages.render.x264 import X264
from clipy.types import Edit, Highlight, Span
from fixtures.media import make_video
from tests.browser import browser, played

_SHADES = (40, 90, 140, 190, 240)  # of each second, so that a picture tells when it is from


def _scene(time: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), _SHADES[int(time + 1e-6) % 5], dtype=np.uint8)


def _clip(folder: Path, ctx: Context) -> Path:
    video = probe(make_video(folder / "a.mp4", seconds=5, size=(640, 360), draw=_scene, rate=Fraction(30000, 1001)))
    span = Span(Fraction(1, 2), Fraction(9, 2))
    highlight = Highlight(span)
    crop = Center(Center.Options(width=360, height=640)).reframe(video, highlight, ctx)
    path = folder / "clip.mp4"
    X264(X264.Options(quality="draft")).render(video, Edit(highlight, crop, (span,)), (), path, ctx)
    return path


@pytest.mark.skipif(browser() is None, reason="no Chromium is installed")
def test_a_clip_plays_and_seeks_in_a_browser(tmp_path: Path, ctx: Context) -> None:
    path = _clip(tmp_path, ctx)
    seen = played(path, [0.25, 3.75, 1.0, 2.9], patience=90)
    assert "error" not in seen, seen
    assert (seen["width"], seen["height"]) == (360, 640)
    assert seen["duration"] == pytest.approx(float(probe(path).duration), abs=0.05)
    expected = [_SHADES[int(time + 0.5)] for time in (0.25, 3.75, 1.0, 2.9)]
    assert np.abs(np.array(seen["sought"]) - np.array(expected)[:, None]).max() <= 6  # the very picture, its very shade
    assert seen["played"] == pytest.approx(seen["duration"], abs=0.05)
    assert seen["sound"] > 0
    assert seen["bad"] == 0


def test_clip_uses_the_most_compatible_coding(tmp_path: Path, ctx: Context) -> None:
    found = media_info(_clip(tmp_path, ctx))
    assert (found.video_codec, found.audio_codec, found.pixel_format) == ("h264", "aac", "yuv420p")
    assert found.index_first
    assert found.frame_rate == Fraction(30000, 1001)
