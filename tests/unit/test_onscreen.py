from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from clipy.analysis.camera.onscreen import mapped, on_output, shot_at
from clipy.analysis.camera.unseen_speaker import unseen_speech
from clipy.analysis.faces.tracking.face_parts import eyes, mouth
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Track


def track(box: tuple[float, float, float, float], start: float = 10, seconds: float = 4, number: int = 0) -> Track:
    times = np.arange(round(seconds * 25)) / 25 + start
    boxes = np.repeat(np.array([box], np.float32), len(times), axis=0)
    ones = np.ones(len(times), np.float32)
    return Track(number, Span(Fraction(10), Fraction(14)), times, boxes, ones, ones * np.float32(0.5))


def edit(*shots: CropShot, keep: tuple[Span, ...] = (Span(Fraction(10), Fraction(14)),)) -> Edit:
    return Edit(Highlight(Span(Fraction(10), Fraction(14))), CropPath(1080, 1920, shots), keep)


def panel(box: Box, into: tuple[int, int, int, int] = (0, 0, 1080, 1920)) -> Panel:
    return Panel((Keyframe(Fraction(10), box),), into)


WHOLE = Span(Fraction(10), Fraction(14))


def test_a_window_maps_onto_its_rectangle() -> None:
    window, into = Box(100, 0, 640, 960), (0, 960, 1080, 1920)
    assert on_output(window, window, into) == Box(0, 960, 1080, 1920)
    assert on_output(Box(370, 480, 505, 720), window, into) == Box(540, 1440, 810, 1680)


def test_faces_are_mapped_through_the_active_window_in_clip_time() -> None:
    follows = Panel(
        (Keyframe(Fraction(10), Box(0, 0, 540, 960)), Keyframe(Fraction(12), Box(200, 0, 740, 960))), (0, 0, 1080, 1920)
    )
    faces = mapped([track((300, 200, 400, 320))], edit(CropShot(WHOLE, "single", (follows,))))
    assert [face.time for face in faces] == [Fraction(n, 5) for n in range(20)]
    assert faces[0].box == Box(600, 400, 800, 640)
    assert faces[5].box.x1 == pytest.approx(400)  # the camera has moved by 100 pixels of the source
    assert faces[-1].box.x1 == pytest.approx(200)
    assert faces[0].speaking == pytest.approx(0.5)


def test_face_outside_the_window_is_not_on_screen() -> None:
    shots = edit(CropShot(WHOLE, "single", (panel(Box(0, 0, 540, 960)),)))
    assert mapped([track((700, 200, 800, 320))], shots) == []
    assert len(mapped([track((500, 200, 580, 320))], shots)) == 20  # half of it is


def test_every_panel_shows_its_own_face() -> None:
    upper, lower = panel(Box(0, 0, 500, 440), (0, 0, 1080, 960)), panel(Box(500, 0, 1000, 440), (0, 960, 1080, 1920))
    faces = mapped(
        [track((200, 100, 300, 200)), track((700, 100, 800, 200), number=1)],
        edit(CropShot(WHOLE, "stack", (upper, lower))),
    )
    assert {face.track for face in faces if face.box.y2 < 960} == {0}
    assert {face.track for face in faces if face.box.y1 > 960} == {1}


def test_removed_spans_have_no_faces() -> None:
    keep = (Span(Fraction(10), Fraction(11)), Span(Fraction(13), Fraction(14)))
    faces = mapped(
        [track((200, 200, 300, 320))], edit(CropShot(WHOLE, "single", (panel(Box(0, 0, 540, 960)),)), keep=keep)
    )
    assert [float(face.time) for face in faces] == pytest.approx([n / 5 for n in range(10)])


def test_the_mouth_is_below_the_eyes_and_both_are_inside_the_face() -> None:
    (face, *_) = mapped([track((200, 200, 300, 320))], edit(CropShot(WHOLE, "single", (panel(Box(0, 0, 540, 960)),))))
    assert face.box.y1 < eyes(face.box).y1 < eyes(face.box).y2 < mouth(face.box).y1 < mouth(face.box).y2 < face.box.y2


def test_nothing_is_on_screen_outside_all_shots() -> None:
    assert shot_at((CropShot(WHOLE, "single", (panel(Box(0, 0, 540, 960)),)),), Fraction(14)) is None


LEFT, RIGHT = Box(0, 0, 540, 960), Box(540, 0, 1080, 960)


def conversation() -> list[Track]:
    """The left face speaks for two seconds, with a pause of 0.4 s, then the right one for two."""
    left, right = track((200, 100, 300, 200)), track((700, 100, 800, 200), number=1)
    seconds_in = left.times - 10
    first = (seconds_in < 2) & ~((seconds_in > 0.8) & (seconds_in < 1.2))
    return [
        replace(left, speaking=np.where(first, 0.95, 0.05).astype(np.float32)),
        replace(right, speaking=np.where(seconds_in >= 2, 0.95, 0.05).astype(np.float32)),
    ]


def test_window_on_the_listener_makes_the_speaker_unseen() -> None:
    (span,) = unseen_speech(conversation(), edit(CropShot(WHOLE, "single", (panel(RIGHT),))))
    assert float(span.start) == 0
    assert float(span.end) == pytest.approx(2, abs=0.05)  # the pause between words included
    (span,) = unseen_speech(conversation(), edit(CropShot(WHOLE, "single", (panel(LEFT),))))
    assert (float(span.start), float(span.end)) == pytest.approx((2, 4), abs=0.05)


@pytest.mark.parametrize(("shown", "counts"), [(0.02, True), (0.2, False)])
def test_a_speaker_nobody_is_sure_of_counts_where_the_shown_face_surely_rests(shown: float, counts: bool) -> None:
    left, right = conversation()
    unsure = replace(left, speaking=np.full(len(left.times), 0.35, np.float32))
    resting = replace(right, speaking=np.full(len(right.times), shown, np.float32))
    assert bool(unseen_speech([unsure, resting], edit(CropShot(WHOLE, "single", (panel(RIGHT),))))) is counts


def test_unseen_speech_is_in_clip_time() -> None:
    keep = (Span(Fraction(11), Fraction(12)), Span(Fraction(13), Fraction(14)))
    (span,) = unseen_speech(conversation(), edit(CropShot(WHOLE, "single", (panel(LEFT),)), keep=keep))
    assert (float(span.start), float(span.end)) == pytest.approx((1, 2), abs=0.05)


def test_stacked_whole_and_following_windows_leave_nobody_unseen() -> None:
    upper, lower = panel(LEFT, (0, 0, 1080, 960)), panel(RIGHT, (0, 960, 1080, 1920))
    half = Fraction(12)
    follows = (
        CropShot(Span(WHOLE.start, half), "single", (panel(LEFT),)),
        CropShot(Span(half, WHOLE.end), "single", (panel(RIGHT),)),
    )
    for shots in ((CropShot(WHOLE, "stack", (upper, lower)),), (CropShot(WHOLE, "fit", (panel(LEFT),)),), follows):
        assert unseen_speech(conversation(), edit(*shots)) == []
