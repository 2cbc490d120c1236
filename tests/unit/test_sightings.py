from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from clipy.analysis.faces.sightings import Detection, Moment, Picture, Search, overlap, with_looks
from clipy.media.probe import probe
from clipy.types import Box, Video
from tests.media import make_video

FIFTH = Fraction(1, 5)


class Faces:
    """A detector of pictures that say themselves, in their first pixels, where their faces are."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        self.batches.append(len(pictures))
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
    """The times at which pictures with faces at these places were searched, every so manieth a key one; the batches."""
    faces = Faces()
    search = Search(faces, video, batch)
    for index, row in enumerate(places):
        picture = np.zeros((video.height, video.width, 3), dtype=np.uint8)
        picture[0, : len(row), 0] = row
        is_key = index % stride == 0 or index == len(places) - 1
        search.add(Moment(index * FIFTH, is_key), picture)
    return [sighting.time for sighting in search.sightings()], faces.batches


def test_where_faces_stay_only_key_pictures_are_searched(video: Video) -> None:
    times, _ = searched(video, [[100, 180]] * 10)
    assert times == [0, 3 * FIFTH, 6 * FIFTH, 9 * FIFTH]
    assert searched(video, [[]] * 10)[0] == times  # nobody comes either


def test_a_face_is_seen_with_the_colours_of_face_and_clothes() -> None:
    picture = np.zeros((200, 300, 3), dtype=np.uint8)
    picture[40:80] = 210, 160, 140
    picture[88:128] = 20, 40, 90
    faces = [Detection(Box(100, 40, 140, 80), 0.9), Detection(Box(10, 60, 50, 190), 0.9)]
    ((whole, low),) = with_looks([picture], [faces])
    assert list(whole.look) == [210, 160, 140, 20, 40, 90]
    assert whole.scaled(2, 2).look == whole.look
    assert len(low.look) == 3  # its clothes are below the picture


@pytest.mark.parametrize(
    "after", [[], [100, 200], [140]], ids=["the face goes", "another one comes", "the face moves away"]
)
def test_where_faces_change_the_pictures_around_it_are_searched(video: Video, after: list[int]) -> None:
    times, _ = searched(video, [[100]] * 5 + [after] * 5)
    assert times == [index * FIFTH for index in (0, 3, 4, 5, 6, 9)]
    times, _ = searched(video, [[100]] * 8 + [after] * 9, stride=8)
    assert times == [index * FIFTH for index in (0, 4, 6, 7, 8, 16)]


def test_while_faces_move_every_picture_is_searched(video: Video) -> None:
    times, _ = searched(video, [[100 + 30 * index] for index in range(5)], stride=4)
    assert times == [index * FIFTH for index in range(5)]


@pytest.mark.parametrize("batch", [1, 2, 3, 8])
def test_batches_change_no_result(video: Video, batch: int) -> None:
    places = [[100]] * 5 + [[150]] * 8 + [[]] * 4
    times, batches = searched(video, places, batch)
    assert times == searched(video, places)[0]
    assert max(batches) <= batch


def test_overlap_is_intersection_over_union() -> None:
    box = Box(0, 0, 10, 10)
    assert overlap(box, box) == 1
    assert overlap(box, Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap(box, Box(10, 0, 20, 10)) == 0
