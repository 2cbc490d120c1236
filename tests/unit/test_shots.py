from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.analysis.shots.transnetv2 import TransNetV2
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Shot, Span
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


def test_cuts_are_at_the_exact_time_of_the_first_frame(scenes: Path, ctx: Context) -> None:
    assert cuts(scenes, ctx) == [1.6, 3.2]


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(60)])
def test_other_frame_rates(tmp_path: Path, ctx: Context, rate: Fraction) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=4, draw=three_scenes, rate=rate)
    assert cuts(path, ctx) == pytest.approx([1.6, 3.2], abs=1 / float(rate))


def test_variable_frame_rate(tmp_path: Path, ctx: Context) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=4, draw=three_scenes, variable=True)
    assert cuts(path, ctx) == pytest.approx([1.6, 3.2], abs=0.1)


def test_flash_is_not_a_cut(tmp_path: Path, ctx: Context) -> None:
    assert cuts(make_video(tmp_path / "a.mp4", seconds=4, draw=flashing), ctx) == []


def test_whip_pan_is_not_a_cut(tmp_path: Path, ctx: Context) -> None:
    assert cuts(make_video(tmp_path / "a.mp4", seconds=3, draw=panning), ctx) == []


def test_only_the_span_is_analysed(scenes: Path, ctx: Context) -> None:
    assert cuts(scenes, ctx, Span(Fraction(2), Fraction(4))) == [3.2]


def scene(number: int) -> Callable[[float, tuple[int, int]], Picture]:
    """A scene with something that moves in it, unlike every other number's."""

    def draw(time: float, size: tuple[int, int]) -> Picture:
        wide, high = size
        rng = np.random.default_rng(number)
        small = cv2.resize(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8), size, interpolation=cv2.INTER_CUBIC)
        x = int((0.5 + 0.3 * np.sin(2 * time + number)) * wide)
        return np.asarray(cv2.circle(small.copy(), (x, high // 2), high // 6, (220, 180, 150), -1), dtype=np.uint8)

    return draw


def blended(share: float, old: Picture, new: Picture) -> Picture:
    return np.asarray(cv2.addWeighted(old, 1 - share, new, share, 0), dtype=np.uint8)


def dipped(colour: int) -> Callable[[float, Picture, Picture], Picture]:
    def mix(share: float, old: Picture, new: Picture) -> Picture:
        picture = old if share < 0.5 else new
        return blended(1 - abs(2 * share - 1), picture, np.full_like(picture, colour))

    return mix


def pushed(share: float, old: Picture, new: Picture) -> Picture:
    at = round(share * old.shape[1])
    return np.hstack([old[:, at:], new[:, :at]])


def wiped(share: float, old: Picture, new: Picture) -> Picture:
    at = round(share * old.shape[0])
    return np.vstack([new[:at], old[at:]])


def covered(share: float, old: Picture, new: Picture) -> Picture:
    at = round(share * old.shape[1])
    return np.hstack([new[:, old.shape[1] - at :], old[:, at:]])


GRADUAL = {
    "dissolve": (blended, 1.0),
    "short dissolve": (blended, 0.4),
    "long dissolve": (blended, 2.0),
    "fade through black": (dipped(0), 1.2),
    "fade through white": (dipped(255), 0.8),
    "push": (pushed, 0.28),
    "slow push": (pushed, 0.6),
    "wipe": (wiped, 0.5),
    "cover": (covered, 0.4),
}


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(60)])
@pytest.mark.parametrize("kind", GRADUAL)
def test_a_gradual_transition_is_found_once_with_its_extent(
    tmp_path: Path, ctx: Context, kind: str, rate: Fraction
) -> None:
    mix, lasts = GRADUAL[kind]
    begin, end = 2.0, 2.0 + lasts

    def draw(time: float, size: tuple[int, int]) -> Picture:
        if time <= begin or time >= end:
            return scene(1 if time <= begin else 2)(time, size)
        return mix((time - begin) / lasts, scene(1)(time, size), scene(2)(time, size))

    path = make_video(tmp_path / "a.mp4", seconds=6, size=(320, 180), draw=draw, play=None, rate=rate)
    video = probe(path)
    before, after = PySceneDetect().detect(video, video.span, ctx)
    assert begin < float(after.span.start) < end
    assert float(before.clear.end) == pytest.approx(begin, abs=0.15 * lasts + 0.05)
    assert float(after.clear.start) == pytest.approx(end, abs=0.15 * lasts + 0.05)


def test_slow_lighting_change_is_not_a_transition(tmp_path: Path, ctx: Context) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = scene(3)(time, size)
        return blended(0.7 * min(max(time - 2, 0), 1), picture, np.zeros_like(picture))

    assert cuts(make_video(tmp_path / "a.mp4", seconds=5, size=(320, 180), draw=draw, play=None), ctx) == []


def test_person_crossing_the_picture_is_not_a_transition(tmp_path: Path, ctx: Context) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        wide, high = size
        x = int((time - 2) * wide)
        return np.asarray(
            cv2.rectangle(scene(4)(time, size), (x, high // 8), (x + wide // 3, high), (60, 40, 30), -1), dtype=np.uint8
        )

    assert cuts(make_video(tmp_path / "a.mp4", seconds=5, size=(320, 180), draw=draw, play=None), ctx) == []


@pytest.mark.parametrize("side", ["top", "left", "corner"])
def test_shadow_that_leaves_a_part_of_the_picture_is_not_a_wipe(tmp_path: Path, ctx: Context, side: str) -> None:
    """A dark object over some of the picture moves out of it with a soft edge, as a hand above a table does."""

    def draw(time: float, size: tuple[int, int]) -> Picture:
        wide, high = size
        picture, share = scene(5)(time, size), float(np.clip((time - 2) / 0.3, 0, 1))
        columns, rows = np.arange(wide) / wide, np.arange(high)[:, None] / high
        gone = np.clip((share * 1.3 - columns - 0.1) / 0.2, 0, 1) * np.ones_like(rows)
        part = {"top": rows < 0.55, "left": columns < 0.5, "corner": (rows < 0.7) & (columns < 0.7)}[side]
        shade = np.where(part, 0.15 + 0.85 * gone, 1.0)
        return np.asarray(picture * shade[..., None], dtype=np.uint8)

    assert cuts(make_video(tmp_path / "a.mp4", seconds=5, size=(320, 180), draw=draw, play=None), ctx) == []


def test_clear_part_of_a_shot_excludes_transitions() -> None:
    shot = Shot(Span(Fraction(4), Fraction(8)), lead_in=Fraction(1, 2), lead_out=Fraction(1))
    assert shot.clear == Span(Fraction(9, 2), Fraction(7))
    assert Shot(Span(Fraction(4), Fraction(5)), Fraction(1, 2), Fraction(1, 2)).clear == Span(Fraction(4), Fraction(5))


def test_the_network_finds_cuts_and_gradual_transitions_across_its_windows(tmp_path: Path, ctx: Context) -> None:
    """12 s are three windows of 250 pictures: what lies near their edges is found once, too."""
    changes = {2.0: 0.0, 4.52: 1.0, 7.2: 0.0, 9.0: 0.6}  # where scenes change, and how long the dissolve lasts

    def draw(time: float, size: tuple[int, int]) -> Picture:
        number = sum(at + lasts <= time for at, lasts in changes.items())
        for at, lasts in changes.items():
            if at < time < at + lasts:
                return blended((time - at) / lasts, scene(number)(time, size), scene(number + 1)(time, size))
        return scene(number)(time, size)

    video = probe(make_video(tmp_path / "a.mp4", seconds=12, size=(320, 180), draw=draw, play=None))
    shots = TransNetV2().detect(video, video.span, ctx)
    found = [float(shot.span.start) for shot in shots[1:]]
    assert found == pytest.approx([2.0, 5.0, 7.2, 9.3], abs=0.25)
    assert [shot.lead_in > 0 for shot in shots[1:]] == [False, True, False, True]
