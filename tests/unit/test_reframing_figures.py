from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clipy.types import Box
from tests.unit.talk import track

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmark"))

from reframing.edges import cuts_followed, cuts_neighbor
from reframing.identities import identities

WINDOW = Box(400, 0, 1000, 1080)


def test_an_edge_in_the_followed_head_is_counted() -> None:
    assert not cuts_followed(WINDOW, [(600, 800)], 1920)
    assert cuts_followed(WINDOW, [(390, 590)], 1920)
    assert cuts_followed(WINDOW, [(850, 1050)], 1920)
    assert not cuts_followed(WINDOW, [], 1920)
    assert not cuts_followed(Box(0, 0, 600, 1080), [(-20, 180)], 1920)  # the picture's own edge


@pytest.mark.parametrize(
    ("neighbor", "cut"),
    [
        ((950, 1100), True),  # a shift to the left leaves it out
        ((850, 1020), True),  # one to the right takes it in
        ((1200, 1300), False),
        ((820, 980), False),
        ((320, 1100), False),  # nothing helps
    ],
)
def test_an_avoidable_edge_in_a_neighbor_is_counted(neighbor: tuple[float, float], cut: bool) -> None:
    assert cuts_neighbor(WINDOW, [(600, 800), neighbor], 1920) == cut


def test_identities_are_counted_for_labelled_people() -> None:
    left, right = (np.tile(np.array(box, dtype=np.float32), (50, 1)) for box in ((0, 0, 100, 100), (500, 0, 600, 100)))
    truth = {
        "frames": [
            {"time": second, "faces": [{"id": "a", "box": [0, 0, 100, 100]}, {"id": "b", "box": [500, 0, 600, 100]}]}
            for second in (0.2, 2.2)
        ]
    }
    tracks = [
        replace(track(n, start, [0.5] * 2, who), boxes=box)
        for n, (start, who, box) in enumerate([(0, 0, left), (2, 1, left), (0, 2, right), (2, 2, right)])
    ]
    assert identities(tracks, truth) == {"people": 2, "given": 3, "mixed": 0}
    one = [replace(each, identity=0) for each in tracks]
    assert identities(one, truth) == {"people": 2, "given": 2, "mixed": 1}
