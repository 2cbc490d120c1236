from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from clipy.analysis.faces.tracking.detections import Detection, Picture
from clipy.analysis.faces.tracking.regions import around, whole, within
from clipy.types import Box

PICTURE = np.zeros((360, 640, 3), dtype=np.uint8)


def bright(pictures: Sequence[Picture]) -> list[list[Detection]]:
    """A detector that takes the bright part of a picture for a face, as far as the picture shows it."""
    found = []
    for picture in pictures:
        rows, columns = np.nonzero(picture[..., 0])
        box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None
        if box is not None and columns.min() == 0:  # as a network does, it guesses what it cannot see
            box = Box(-5, box.y1, box.x2, box.y2)
        found.append([] if box is None else [Detection(box, 0.9, ((box.x1, box.y1),))])
    return found


def with_face(x: int, y: int, side: int = 30) -> Picture:
    picture = PICTURE.copy()
    picture[y : y + side, x : x + side] = 200
    return picture


def test_distant_faces_get_separate_regions_on_the_network_grid() -> None:
    left, right = around([Box(100, 100, 130, 140), Box(500, 100, 530, 140)], PICTURE)
    assert left == (64, 64, 160, 192)
    assert right[0] > left[2]
    assert all(edge % 32 == 0 for edge in (*left, *right))


def test_overlapping_regions_are_merged() -> None:
    assert around([Box(100, 100, 130, 140), Box(150, 110, 190, 150)], PICTURE) == [(64, 64, 224, 192)]
    chain = [Box(100, 100, 130, 140), Box(300, 100, 330, 140), Box(180, 60, 250, 170)]
    assert len(around(chain, PICTURE)) == 1


def test_large_faces_take_the_whole_picture_and_none_take_nothing() -> None:
    assert around([Box(150, 40, 450, 340)], PICTURE) == whole(PICTURE) == [(0, 0, 640, 360)]
    assert around([], PICTURE) == []


def test_region_is_clipped_at_the_edge() -> None:
    assert around([Box(600, 320, 650, 365)], PICTURE) == [(544, 288, 640, 360)]


def test_faces_of_a_region_are_in_picture_coordinates() -> None:
    pictures = [with_face(100, 100), with_face(500, 200)]
    regions = [around([Box(100, 100, 130, 130)], PICTURE), around([Box(500, 200, 530, 230)], PICTURE)]
    first, second = within(pictures, regions, bright, 8)
    assert [face.box for face in first] == [Box(100, 100, 130, 130)]
    assert [face.box for face in second] == [Box(500, 200, 530, 230)]
    assert second[0].landmarks == ((500, 200),)


def test_face_cut_by_a_region_is_dropped_except_at_the_picture_edge() -> None:
    assert within([with_face(150, 100)], [[(160, 64, 320, 192)]], bright, 8) == [[]]
    ((face,),) = within([with_face(0, 100)], [[(0, 64, 160, 192)]], bright, 8)
    assert face.box.x1 == -5


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_detector_gets_batches_of_equal_regions(batch: int) -> None:
    sizes: list[set[tuple[int, ...]]] = []

    def detect(cut: Sequence[Picture]) -> list[list[Detection]]:
        assert len(cut) <= batch
        sizes.append({picture.shape for picture in cut})
        return bright(cut)

    pictures = [with_face(96 + 64 * index, 100) for index in range(5)]
    regions = [around([Box(96 + 64 * index, 100, 126 + 64 * index, 130)], PICTURE) for index in range(4)]
    found = within(pictures, [*regions, whole(PICTURE)], detect, batch)
    assert [face.box.x1 for faces in found for face in faces] == [96, 160, 224, 288, 352]
    assert all(len(some) == 1 for some in sizes)
