from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipy.analysis.camera.attention import Attention
from clipy.analysis.camera.camera import Camera
from clipy.analysis.camera.smoothing import STEP, Limits, along, smooth
from clipy.types import Box, CropShot, Span, Track, Video

TEN = Span(Fraction(0), Fraction(10))
COUNT = 250
TIMES = np.arange(COUNT) / 25


def video(width: int = 1920, height: int = 1080) -> Video:
    return Video("v", Fraction(10), Fraction(25), width, height, width, height, 0, Fraction(0))


def track(
    number: int,
    x: float | NDArray[np.float64],
    speaking: float | NDArray[np.float64],
    y: float = 400,
    size: float = 200,
) -> Track:
    x, speaking = np.broadcast_to(x, COUNT), np.broadcast_to(speaking, COUNT)
    boxes = np.stack(
        [x - size * 0.4, np.full(COUNT, y - size / 2), x + size * 0.4, np.full(COUNT, y + size / 2)], axis=1
    )
    ones = np.ones(COUNT, dtype=np.float32)
    return Track(number, TEN, TIMES, boxes.astype(np.float32), ones, speaking.astype(np.float32))


def spoken(*stretches: tuple[float, float], low: float = 0.05) -> NDArray[np.float64]:
    values = np.full(COUNT, low)
    for start, end in stretches:
        values[(start <= TIMES) & (end > TIMES)] = 0.8
    return values


def centers(shot: CropShot) -> NDArray[np.float64]:
    times = [shot.span.start + Fraction(k, 25) for k in range(math.ceil(shot.span.duration * 25))]
    return np.array([shot.panels[0].window(time).center for time in times], dtype=np.float64)


def looked_at(shots: list[CropShot]) -> list[float]:
    return [float(centers(shot)[:, 0].mean()) for shot in shots]


# Whom to follow


def test_camera_follows_the_speaker_and_cuts_on_change() -> None:
    left, right = track(0, 400, spoken((0, 5))), track(1, 1500, spoken((5, 10)))
    shots = Camera(video(), 1080, 1920).crop_shots(TEN, [left, right])
    assert looked_at(shots) == pytest.approx([400, 1500], abs=40)
    assert 4.5 <= shots[1].span.start <= 5


def test_short_noise_does_not_switch_the_camera() -> None:
    targets = Attention().targets(TEN, [track(0, 400, spoken((0, 10))), track(1, 1500, spoken((4, 4.4)))])
    assert [target.track.id for target in targets if target.track] == [0]


def test_uncertain_speech_needs_longer_to_switch_the_camera() -> None:
    def turns(seconds: float) -> list[int]:
        other = (TIMES >= 3) & (3 + seconds > TIMES)
        people = [track(0, 400, np.where(other, 0.5, 0.9)), track(1, 1500, np.where(other, 0.7, 0.1))]
        return [target.track.id for target in Attention().targets(TEN, people) if target.track]

    assert turns(2) == [0]
    assert turns(4) == [0, 1, 0]


def test_each_target_has_a_minimum_duration() -> None:
    flicker = spoken(*((k, k + 0.5) for k in range(10)))
    targets = Attention(stay=1.2).targets(TEN, [track(0, 400, flicker), track(1, 1500, 0.85 - flicker)])
    assert all(target.span.duration >= Fraction(12, 10) for target in targets)


def test_last_speaker_is_kept_during_silence() -> None:
    targets = Attention().targets(TEN, [track(0, 400, 0.03, size=300), track(1, 1500, spoken((0, 4)))])
    assert [target.track.id for target in targets if target.track] == [1]


def test_largest_face_is_shown_without_speech() -> None:
    targets = Attention().targets(TEN, [track(0, 400, 0.0), track(1, 1500, 0.0, size=300)])
    assert [target.track.id for target in targets if target.track] == [1]


@pytest.mark.parametrize("seed", range(3))
def test_off_screen_voice_does_not_switch_the_camera(seed: int) -> None:
    """A narrator is heard: nobody's lips go with it, and what a detector says of them is noise."""
    chance = np.random.default_rng(seed)

    def noise() -> NDArray[np.float64]:
        return np.repeat(chance.uniform(0, 0.1, COUNT // 25), 25)

    silent = [track(0, 400, noise()), track(1, 1500, noise(), size=320)]
    assert len(Attention().targets(TEN, silent)) == 1
    spoke = [track(0, 400, np.where(TIMES < 2, 0.8, noise())), track(1, 1500, noise(), size=320)]
    assert [target.track.id for target in Attention().targets(TEN, spoke) if target.track] == [0]


def test_central_silent_face_is_shown_unless_another_is_much_larger() -> None:
    picture = Box(0, 0, 1920, 1080)
    aside, middle = track(0, 150, 0.01, size=220), track(1, 960, 0.01, size=200)
    assert [target.track.id for target in Attention().targets(TEN, [aside, middle], picture) if target.track] == [1]
    big = track(2, 150, 0.01, size=400)
    assert [target.track.id for target in Attention().targets(TEN, [big, middle], picture) if target.track] == [2]


def test_last_speaker_is_left_only_when_gone() -> None:
    spoke = track(0, 400, spoken((0, 2)))
    gone = Track(0, TEN, spoke.times[:120], spoke.boxes[:120], spoke.confidence[:120], spoke.speaking[:120])
    others = [track(1, 1000, 0.02), track(2, 1500, 0.02, size=300)]
    targets = Attention().targets(TEN, [gone, *others])
    assert [target.track.id for target in targets if target.track] == [0, 2]
    assert targets[1].span.start == pytest.approx(4.8, abs=0.1)


def test_camera_leaves_a_face_that_disappears() -> None:
    whole = track(0, 400, 0.6)
    gone = Track(0, TEN, whole.times[:100], whole.boxes[:100], whole.confidence[:100], whole.speaking[:100])
    targets = Attention().targets(TEN, [gone, track(1, 1500, 0.1)])
    assert [target.track.id for target in targets if target.track] == [0, 1]
    assert targets[1].span.start == pytest.approx(4, abs=0.1)


def test_tracks_without_scores_are_followed_by_size() -> None:
    both = (track(0, 400, 0), track(1, 900, 0, size=400))
    plain = [replace(one, speaking=np.empty(0, dtype=np.float32)) for one in both]
    assert [target.track.id for target in Attention().targets(TEN, plain) if target.track] == [1]


# Where the window is


def test_static_speaker_gets_a_static_window() -> None:
    sway = 500 + 20 * np.sin(TIMES * 3) + np.random.default_rng(1).normal(0, 3, COUNT)
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, [track(0, sway, 0.8)])
    assert len(shot.panels[0].keyframes) == 1


def test_walking_speaker_is_followed_smoothly() -> None:
    walk = np.interp(TIMES, [2, 7], [400, 1500]) + np.random.default_rng(1).normal(0, 6, COUNT)
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, [track(0, walk, 0.8)])
    path = centers(shot)[:, 0]
    assert np.abs(path - walk).max() < 200  # the face stays well inside the window of 607 pixels
    assert np.ptp(path[:25]) < 5
    assert np.ptp(path[-25:]) < 5
    assert np.abs(np.diff(path, n=2)).max() * 625 < 800
    assert np.all(np.diff(path) > -0.05)


def test_camera_pans_between_near_faces() -> None:
    near = [track(0, 800, spoken((0, 5)), size=240), track(1, 1150, spoken((5, 10)), size=240)]
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, near)
    path = centers(shot)[:, 0]
    assert path[50] < 900
    assert path[-10] > 1000


def test_window_holds_two_faces_rather_than_pan_between_them() -> None:
    near = [track(0, 800, spoken((0, 5))), track(1, 1100, spoken((5, 10)))]
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, near)
    assert np.ptp(centers(shot)[:, 0]) == 0
    (window,) = {shot.panels[0].window(Fraction(k)) for k in range(10)}
    assert window.x1 < 700
    assert window.x2 > 1200


def test_camera_zooms_in_on_small_faces_up_to_a_limit() -> None:
    camera = Camera(video(), 1080, 1920)
    (far,) = camera.crop_shots(TEN, [track(0, 900, 0.8, size=60)])
    (near,) = camera.crop_shots(TEN, [track(0, 900, 0.8, size=300)])
    window = far.panels[0].keyframes[0].box
    assert window.height == pytest.approx(1920 / 2.5)
    assert near.panels[0].keyframes[0].box.height == pytest.approx(1080)
    assert window.y1 + 0.3 * window.height < 400 < window.y1 + 0.5 * window.height


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
def test_headroom_is_kept_for_large_faces(share: float) -> None:
    still = track(0, 900, 0.8, y=600, size=240)
    panel = Camera(video(), 1080, 960).follow(TEN, still, 240 / share)
    window = panel.window(Fraction(5))
    assert window.y1 <= 600 - 120 - 0.2 * 240
    assert window.y2 > 600 + 120


def test_center_is_shown_without_faces() -> None:
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, [])
    assert shot.panels[0].keyframes[0].box.center == pytest.approx((960, 540))


def test_face_wider_than_the_window_is_shown_whole_on_request() -> None:
    huge = [track(0, 960, 0.8, y=540, size=1000)]
    camera = Camera(video(), 1080, 1920)
    assert [shot.layout for shot in camera.crop_shots(TEN, huge, whole_if_broad=True)] == ["fit"]
    (cropped,) = camera.crop_shots(TEN, huge)
    assert centers(cropped)[:, 0] == pytest.approx(np.full(COUNT, 960), abs=5)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (320, 180), (1080, 2400), (805, 333), (2, 2)])
@pytest.mark.parametrize("out", [(1080, 1920), (1080, 1350), (1080, 1080), (1920, 1080)])
def test_whole_picture_keeps_its_aspect_ratio(size: tuple[int, int], out: tuple[int, int]) -> None:
    shot = Camera(video(*size), *out).whole(TEN)
    (panel,) = shot.panels
    x1, y1, x2, y2 = panel.into
    assert all(edge % 2 == 0 for edge in panel.into)
    assert 0 <= x1 < x2 <= out[0]
    assert 0 <= y1 < y2 <= out[1]
    assert x2 - x1 >= out[0] - 3 or y2 - y1 >= out[1] - 3
    box = panel.keyframes[0].box
    assert box.width / box.height == pytest.approx((x2 - x1) / (y2 - y1), rel=1e-9)
    assert box.width * box.height > 0.98 * size[0] * size[1]


def test_text_is_kept_in_view_where_it_fits_beside_the_face() -> None:
    still = [track(0, 900, 0.8)]
    caption = Box(820, 950, 1280, 1020)
    (shot,) = Camera(video(), 1080, 1080, writing=(caption,)).crop_shots(TEN, still)
    window = shot.panels[0].window(Fraction(5))
    assert window.x1 < caption.x1 < caption.x2 < window.x2
    assert len(shot.panels[0].keyframes) == 1
    far = Box(1500, 950, 1900, 1020)
    (shot,) = Camera(video(), 1080, 1920, writing=(far,)).crop_shots(TEN, still)
    assert centers(shot)[:, 0] == pytest.approx(np.full(COUNT, 900), abs=5)


@pytest.mark.parametrize("apart", [300.0, 330.0, 400.0])
def test_window_edges_cut_no_neighbor_where_a_shift_avoids_it(apart: float) -> None:
    sway = 10 * np.sin(TIMES * 2)
    row = [track(0, 960 - apart, 0.05), track(1, 960 + sway, 0.9), track(2, 960 + apart - sway, 0.05)]
    (shot,) = Camera(video(), 1080, 1920).crop_shots(TEN, row)
    windows = [shot.panels[0].window(Fraction(k, 25)) for k in range(COUNT)]
    cut = [
        any(one.boxes[k, 0] < edge < one.boxes[k, 2] for edge in (window.x1, window.x2) for one in row)
        for k, window in enumerate(windows)
    ]
    assert not any(cut)
    (centered,) = Camera(video(), 1080, 1920).crop_shots(TEN, row[1:2])
    assert np.ptp(centers(shot)[:, 0]) <= np.ptp(centers(centered)[:, 0]) + 20


def test_window_stays_in_its_half_of_a_split_screen() -> None:
    halves = {0: Box(0, 0, 960, 1080), 1: Box(960, 0, 1920, 1080)}
    people = [track(0, 800, spoken((0, 5))), track(1, 1090, spoken((5, 10)))]
    left, right = Camera(video(), 1080, 1920, panes=halves).crop_shots(TEN, people)
    assert left.panels[0].window(Fraction(2)).x2 <= 960
    assert right.panels[0].window(Fraction(7)).x1 >= 960


faces = st.lists(
    st.tuples(st.floats(-100, 2100), st.floats(-50, 1150), st.floats(20, 1400), st.floats(0, 1), st.floats(0, 400)),
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(
    faces=faces,
    size=st.sampled_from([(1920, 1080), (1080, 1920), (640, 480), (320, 180), (1080, 2400), (3840, 2160)]),
    out=st.sampled_from([(1080, 1920), (1080, 1350), (1080, 1080), (1920, 1080)]),
    span=st.tuples(st.integers(0, 400), st.integers(1, 600)),
    seed=st.integers(0, 1000),
)
def test_windows_stay_in_the_picture_with_a_fixed_aspect_ratio(
    faces: list[tuple[float, float, float, float, float]],
    size: tuple[int, int],
    out: tuple[int, int],
    span: tuple[int, int],
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    tracks = [
        track(k, x + sway * np.cumsum(random.normal(0, 0.2, COUNT)), random.uniform(0, max(p, 0.01), COUNT), y, high)
        for k, (x, y, high, p, sway) in enumerate(faces)
    ]
    within = Span(Fraction(span[0], 60), Fraction(span[0] + span[1], 60))
    camera = Camera(video(*size), *out)
    shots = camera.crop_shots(within, tracks)
    assert shots[0].span.start == within.start
    assert shots[-1].span.end == within.end
    assert all(a.span.end == b.span.start for a, b in pairwise(shots))
    for shot in shots:
        _check(shot, camera)


def _check(shot: CropShot, camera: Camera) -> None:
    (panel,) = shot.panels
    width, height = camera.video.width, camera.video.height
    for key in panel.keyframes:
        box = key.box
        assert shot.span.start <= key.time <= shot.span.end
        assert box.width / box.height == pytest.approx(camera.width / camera.height, rel=1e-9)
        assert -1e-6 <= box.x1 < box.x2 <= width + 1e-6
        assert -1e-6 <= box.y1 < box.y2 <= height + 1e-6
        assert camera.height / box.height <= max(camera.max_upscale, camera.height / camera.largest_height) + 1e-6
    assert all(a.time < b.time for a, b in pairwise(panel.keyframes))
    path = centers(shot) / panel.keyframes[0].box.width
    sides = np.array([1, camera.height / camera.width])  # limits are in the window's own width and height
    speed = np.abs(np.diff(path, axis=0)) * 25 / sides
    bend = np.abs(np.diff(path, n=2, axis=0)) * 625 / sides
    assert speed.max(initial=0) <= 0.6 * 1.01 + 0.01
    # Between the keyframes, where this samples, a linear path bends an eighth more than the spline they lie on.
    assert bend.max(initial=0) <= 1.2 * 1.13 + 0.02


# The path itself


def test_tube_that_fits_a_constant_gives_a_constant_path() -> None:
    middle = 500 + 40 * np.sin(np.arange(50))
    path = smooth(middle - 60, middle + 60, Limits(600, 1200))
    assert np.ptp(path) == 0


def test_step_is_limited_to_the_maximum_speed() -> None:
    middle = np.where(np.arange(60) < 30, 0.0, 2000.0)
    path = smooth(middle - 50, middle + 50, Limits(500, 1000))
    speed = np.diff(path) / float(STEP)
    assert speed.max() == pytest.approx(500, rel=0.02)
    assert np.abs(np.diff(speed)).max() / float(STEP) <= 1001
    assert path[0] == pytest.approx(0, abs=60)
    assert path[-1] == pytest.approx(2000, abs=60)


def test_spline_reproduces_a_straight_line() -> None:
    points = np.arange(0.0, 200.0, 10.0)
    times = np.array([0.4 + 0.075 * k for k in range(40)], dtype=np.float64)
    assert along(points, times) == pytest.approx(times / float(STEP) * 10)
    assert along(np.array([7.0]), np.array([0.0, 1.0])) == pytest.approx([7, 7])
