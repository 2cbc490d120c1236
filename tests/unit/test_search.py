from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from clipy.analysis.faces.tracking.detections import Detection, Picture, with_mean_colors
from clipy.analysis.faces.tracking.regions import Region
from clipy.analysis.faces.tracking.search import Moment, Search, moments
from clipy.geometry import iou
from clipy.media.probe import probe
from clipy.types import Box, Span, Video, seconds
from fixtures.media import make_video

FIFTH = Fraction(1, 5)
Regions = list[Region]


class Faces:
    """A detector of pictures that say themselves, in their first pixels, where their faces are."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.parts: list[list[Region]] = []

    def __call__(self, pictures: Sequence[Picture], parts: Sequence[Sequence[Region]]) -> list[list[Detection]]:
        self.batches.append(len(pictures))
        self.parts += [list(regions) for regions in parts]
        return [
            [Detection(Box(float(x), 10, float(x) + 40, 60), 0.9) for x in picture[0, :, 0] if x]
            for picture in pictures
        ]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("video") / "a.mp4", seconds=0.2))


def searched(
    video: Video, places: Sequence[Sequence[int]], batch: int = 8, stride: int = 3
) -> tuple[list[Fraction], list[int]]:
    """The times at which pictures with faces at these places were searched, every Nth a key one; the batches."""
    faces = Faces()
    search = Search(faces, video, batch)
    for index, row in enumerate(places):
        picture = np.zeros((video.height, video.width, 3), dtype=np.uint8)
        picture[0, : len(row), 0] = row
        is_key = index % stride == 0 or index == len(places) - 1
        search.add(Moment(index * FIFTH, is_key), picture)
    return [frame.time for frame in search.frames()], faces.batches


def test_stable_faces_are_detected_at_key_frames_only(video: Video) -> None:
    times, _ = searched(video, [[100, 180]] * 10)
    assert times == [0, 3 * FIFTH, 6 * FIFTH, 9 * FIFTH]
    assert searched(video, [[]] * 10)[0] == times  # nobody comes either


def parts_searched(video: Video, places: Sequence[int], moments: Sequence[Moment]) -> tuple[list[int], list[Regions]]:
    """Which of some pictures with a face at these places (0: none) were searched, and which parts of each, in turn."""
    faces = Faces()
    search = Search(faces, video, 8)
    for moment, place in zip(moments, places, strict=True):
        picture = np.zeros((video.height, video.width, 3), dtype=np.uint8)
        picture[0, 0, 0] = place
        search.add(moment, picture)
    return [int(frame.time / FIFTH) for frame in search.frames()], faces.parts


def row(marks: str) -> list[Moment]:
    """Moments from letters: K key, d due, - neither; a new shot begins after each space."""
    shots = [(number, mark) for number, shot in enumerate(marks.split()) for mark in shot]
    return [Moment(index * FIFTH, mark == "K", mark == "d", shot) for index, (shot, mark) in enumerate(shots)]


def test_frames_between_key_frames_are_searched_around_known_faces(video: Video) -> None:
    all_of_it = [(0, 0, video.width, video.height)]
    assert parts_searched(video, [100, 100, 110], row("KdK")) == ([0, 1, 2], [all_of_it, all_of_it, [(64, 0, 192, 96)]])
    assert parts_searched(video, [100, 150, 200], row("KdK"))[1][2] == all_of_it  # it may be anywhere between
    assert parts_searched(video, [0, 0, 0], row("KdK")) == ([0, 2], [all_of_it, all_of_it])  # there is nobody


def test_shot_ends_are_searched_around_known_faces(video: Video) -> None:
    all_of_it, around = [(0, 0, video.width, video.height)], [(64, 0, 192, 96)]
    found, parts = parts_searched(video, [200, 200, 100, 100, 100], row("Kd d-K"))
    assert found == [0, 1, 2, 4]
    assert parts[2:] == [[(160, 0, 288, 96)], around]
    found, parts = parts_searched(video, [0, 100, 100], row("K Kd"))
    assert parts == [all_of_it, all_of_it, around]
    found, parts = parts_searched(video, [100, 0, 100], row("K Kd"))
    assert parts == [all_of_it] * 3  # nobody in the one picture of the shot that was searched whole: once more


def test_lost_face_triggers_a_full_search(video: Video) -> None:
    all_of_it, around = [(0, 0, video.width, video.height)], [(64, 0, 192, 96)]
    assert parts_searched(video, [100, 0, 100], row("KdK"))[1] == [all_of_it, all_of_it, around, all_of_it]
    assert parts_searched(video, [100, 160], row("Kd"))[1] == [all_of_it, around, all_of_it]


@pytest.mark.parametrize("length", [0.04, 0.4, 1.0, 2.5, 7.0])
@pytest.mark.parametrize("stride", [1, 3])
def test_detection_covers_the_whole_shot(video: Video, length: float, stride: int) -> None:
    shot = Span(Fraction(3), Fraction(3) + seconds(length))
    found = moments(7, shot, video, rate=5, stride=stride)
    due = [moment.time for moment in found if moment.is_due]
    keys = [moment.time for moment in found if moment.is_key]
    assert (due[0], due[-1]) == (shot.start, shot.end - 1 / video.frame_rate)
    assert set(keys) <= set(due)
    assert all(after - before <= stride * FIFTH for before, after in pairwise(due))
    assert all(after - before <= 5 * stride * FIFTH for before, after in pairwise([shot.start, *keys, shot.end]))
    assert len(keys) == max(1, -(-(len(due) - 1) // 4))
    assert {moment.shot for moment in found} == {7}


def test_detection_has_colours_of_face_and_clothes() -> None:
    picture = np.zeros((200, 300, 3), dtype=np.uint8)
    picture[40:80] = 210, 160, 140
    picture[88:128] = 20, 40, 90
    faces = [Detection(Box(100, 40, 140, 80), 0.9), Detection(Box(10, 60, 50, 190), 0.9)]
    ((whole, low),) = with_mean_colors([picture], [faces])
    assert list(whole.mean_color) == [210, 160, 140, 20, 40, 90]
    assert whole.scaled(2, 2).mean_color == whole.mean_color
    assert len(low.mean_color) == 3  # its clothes are below the picture


@pytest.mark.parametrize(
    "after", [[], [100, 200], [140]], ids=["the face goes", "another one comes", "the face moves away"]
)
def test_frames_around_a_change_are_searched(video: Video, after: list[int]) -> None:
    times, _ = searched(video, [[100]] * 5 + [after] * 5)
    assert times == [index * FIFTH for index in (0, 3, 4, 5, 6, 9)]
    times, _ = searched(video, [[100]] * 8 + [after] * 9, stride=8)
    assert times == [index * FIFTH for index in (0, 4, 6, 7, 8, 16)]


def test_moving_faces_are_detected_in_every_frame(video: Video) -> None:
    times, _ = searched(video, [[100 + 30 * index] for index in range(5)], stride=4)
    assert times == [index * FIFTH for index in range(5)]


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
def test_batch_size_does_not_change_results(video: Video, batch: int) -> None:
    places = [[100]] * 5 + [[150]] * 8 + [[]] * 4
    times, batches = searched(video, places, batch)
    assert times == searched(video, places)[0]
    assert max(batches) <= batch


def test_overlap_is_intersection_over_union() -> None:
    box = Box(0, 0, 10, 10)
    assert iou(box, box) == 1
    assert iou(box, Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou(box, Box(10, 0, 20, 10)) == 0
