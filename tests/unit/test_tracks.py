from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections
from clipy.analysis.faces.tracking.tracks import grid, link
from clipy.types import TRACK_RATE, Box, Shot, Span, seconds

FIVE = Fraction(1, 5)


def face(x: float, y: float = 100, size: float = 40, confidence: float = 0.9) -> Detection:
    return Detection(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2), confidence)


def shot(start: float, end: float) -> Shot:
    return Shot(Span(seconds(start), seconds(end)))


def walk(*faces: tuple[Detection, ...], start: Fraction = Fraction(0)) -> list[FrameDetections]:
    return [FrameDetections(start + index * FIVE, seen) for index, seen in enumerate(faces)]


def test_boxes_are_interpolated_on_a_regular_grid() -> None:
    (track,) = link([shot(0, 2)], walk(*((face(100 + 10 * k),) for k in range(10))))
    assert np.allclose(np.diff(track.times), 1 / float(TRACK_RATE))
    centers = (track.boxes[:, 0] + track.boxes[:, 2]) / 2
    inside = track.times <= 1.8
    assert centers[inside] == pytest.approx(100 + 50 * track.times[inside], abs=1e-3)
    assert track.times[-1] == pytest.approx(2 - 1 / 25)  # held to the end of the shot
    assert np.count_nonzero(track.confidence) == pytest.approx(10, abs=1)


def test_missed_detection_does_not_end_a_track() -> None:
    seen = [(face(100),)] * 4 + [()] * 3 + [(face(104),)] * 4
    (track,) = link([shot(0, 2.2)], walk(*seen))
    assert len(track.times) == 55


def test_sparse_detections_form_one_track() -> None:
    seldom = [FrameDetections(time, (face(100),)) for time in (Fraction(0), Fraction(6, 5), Fraction(12, 5))]
    (track,) = link([shot(0, 2.5)], seldom)
    assert len(track.times) == 63
    gone = [
        *seldom,
        FrameDetections(Fraction(13, 5), ()),
        *(FrameDetections(Fraction(k, 5), (face(100),)) for k in (18, 19, 20)),
    ]
    assert len(link([shot(0, 4.1)], gone)) == 2


def test_no_track_crosses_a_cut() -> None:
    tracks = link([shot(0, 1), shot(1, 2)], walk(*[(face(100),)] * 10))
    assert [track.shot for track in tracks] == [shot(0, 1).span, shot(1, 2).span]
    assert all(track.times.min() >= float(track.shot.start) for track in tracks)
    assert all(track.times.max() < float(track.shot.end) for track in tracks)
    assert [track.id for track in tracks] == [0, 1]


def test_short_track_is_dropped() -> None:
    seen = [(face(100), face(400))] + [(face(100),)] * 9
    assert len(link([shot(0, 2)], walk(*seen))) == 1


def test_weak_detection_continues_but_does_not_start_a_track() -> None:
    weak = [(face(100), face(400, confidence=0.4))] * 5
    assert len(link([shot(0, 1)], walk(*weak))) == 1
    fading = [(face(100),)] * 2 + [(face(100, confidence=0.4),)] * 3
    (track,) = link([shot(0, 1)], walk(*fading))
    assert track.times[-1] > 0.9


def test_crossing_faces_keep_their_tracks() -> None:
    steps = [(face(100 + 30 * k, 100, 60), face(400 - 30 * k, 150, 60)) for k in range(11)]
    tracks = link([shot(0, 2.2)], walk(*steps))
    assert len(tracks) == 2
    for track in tracks:
        x = (track.boxes[:, 0] + track.boxes[:, 2]) / 2
        assert abs(x[-1] - x[0]) > 250
        assert np.ptp((track.boxes[:, 1] + track.boxes[:, 3]) / 2) < 10


@pytest.mark.parametrize("looks", [((200.0,) * 6, (60.0,) * 6), ((180.0,) * 6, (180.0, 180, 180, 30, 30, 90))])
def test_meeting_faces_are_separated_by_appearance(looks: tuple[tuple[float, ...], ...]) -> None:
    there = [100, 130, 160, 190]

    def faces(place: float) -> tuple[Detection, ...]:
        return tuple(replace(face(x), mean_color=look) for x, look in zip((place, 410 - place), looks, strict=True))

    seen = [*(faces(place) for place in there), *(faces(place)[::-1] for place in there[-2::-1])]
    tracks = link([shot(0, 1.4)], walk(*seen))
    ends = [track.boxes[-1, 0] - track.boxes[0, 0] for track in tracks]
    assert ends == pytest.approx([0, 0], abs=1)


def test_largest_face_comes_first() -> None:
    tracks = link([shot(0, 1)], walk(*[(face(100, size=30), face(400, size=90))] * 5))
    assert tracks[0].boxes[0, 0] > 300


def test_shot_shorter_than_the_stride_still_has_its_face() -> None:
    (track,) = link([shot(0, 0.08)], [FrameDetections(Fraction(0), (face(100),))])
    assert len(track.times) == 2


def test_no_faces_no_tracks() -> None:
    assert link([shot(0, 1)], walk(*[()] * 5)) == []


def test_the_grid_lies_inside_the_span() -> None:
    times = grid(Span(Fraction(1, 3), Fraction(1)))
    assert times[0] == Fraction(9, 25)
    assert times[-1] == Fraction(24, 25)
    assert grid(Span(Fraction(1, 100), Fraction(2, 100))) == [Fraction(1, 100)]
