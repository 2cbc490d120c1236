from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Span
from fixtures.media import Picture, make_video, moving


def three_scenes(time: float, size: tuple[int, int]) -> Picture:
    """Cuts at 1.6 s and 3.2 s."""
    picture = moving(time, size)
    if time < 1.6 - 1e-6:
        return picture
    return np.ascontiguousarray(255 - picture if time < 3.2 - 1e-6 else picture[::-1, :, ::-1] // 2)


def flashing(time: float, size: tuple[int, int]) -> Picture:
    """One scene, lit by a flash of two frames at 2 s."""
    return np.full_like(moving(time, size), 255) if 2 - 1e-6 <= time < 2.08 - 1e-6 else moving(time, size)


def panning(time: float, size: tuple[int, int]) -> Picture:
    """A whip pan from 1 s to 2 s, over a picture that is never the same."""
    return np.roll(moving(time, size), round(600 * min(max(time - 1, 0), 1)), axis=1)


def cuts(path: Path, ctx: Context, span: Span | None = None) -> list[float]:
    video = probe(path)
    shots = PySceneDetect().detect(video, span or video.span, ctx)
    whole = span or video.span
    assert shots[0].span.start == whole.start
    assert shots[-1].span.end == whole.end
    assert all(a.span.end == b.span.start for a, b in pairwise(shots))
    return [float(shot.span.start) for shot in shots[1:]]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("scenes") / "a.mp4", seconds=4, draw=three_scenes)


def test_cuts_are_found_at_the_exact_time_of_the_first_picture(scenes: Path, ctx: Context) -> None:
    assert cuts(scenes, ctx) == [1.6, 3.2]


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(60)])
def test_other_frame_rates(tmp_path: Path, ctx: Context, rate: Fraction) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=4, draw=three_scenes, rate=rate)
    assert cuts(path, ctx) == pytest.approx([1.6, 3.2], abs=1 / float(rate))


def test_variable_frame_rate(tmp_path: Path, ctx: Context) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=4, draw=three_scenes, variable=True)
    assert cuts(path, ctx) == pytest.approx([1.6, 3.2], abs=0.1)


def test_a_flash_is_no_cut(tmp_path: Path, ctx: Context) -> None:
    assert cuts(make_video(tmp_path / "a.mp4", seconds=4, draw=flashing), ctx) == []


def test_a_whip_pan_is_no_cut(tmp_path: Path, ctx: Context) -> None:
    assert cuts(make_video(tmp_path / "a.mp4", seconds=3, draw=panning), ctx) == []


def test_only_the_span_is_looked_at(scenes: Path, ctx: Context) -> None:
    assert cuts(scenes, ctx, Span(Fraction(2), Fraction(4))) == [3.2]
