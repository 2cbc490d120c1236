from __future__ import annotations

import numpy as np
import pytest

from clipy.analysis.camera.uncut import Neighbor, Tube, uncut

SIDE = 600.0


def tube(middle: float, slack: float, count: int = 25) -> Tube:
    return Tube(np.full(count, middle - slack), np.full(count, middle + slack))


def cut_faces(found: Tube, neighbor: Neighbor) -> int:
    """Times at which a place that the tube allows has an edge inside the neighbor."""
    with np.errstate(invalid="ignore"):
        edges = [side + edge for side in (found.low, found.high) for edge in (-SIDE / 2, SIDE / 2)]
        return int(np.sum([(neighbor.left < edge) & (edge < neighbor.right) for edge in edges]))


def neighbor(left: float, right: float, count: int = 25) -> Neighbor:
    return Neighbor(np.full(count, left), np.full(count, right))


def test_window_shifts_away_from_a_neighbor_at_its_edge() -> None:
    # The window around 500 reaches to 800, through a face from 770 to 900.
    beside = neighbor(770, 900)
    found = uncut(tube(500, 60), tube(500, 150), SIDE, [beside])
    assert cut_faces(found, beside) == 0
    assert (found.high < 770 - SIDE / 2).all()
    assert (found.low <= found.high).all()


def test_window_shifts_to_hold_a_neighbor_that_is_mostly_inside() -> None:
    beside = neighbor(700, 820)
    found = uncut(tube(500, 60), tube(500, 150), SIDE, [beside])
    assert cut_faces(found, beside) == 0
    assert (found.low + SIDE / 2 > 820).all()


def test_nothing_changes_where_nobody_is_cut_or_nothing_helps() -> None:
    wanted = tube(500, 60)
    assert uncut(wanted, tube(500, 150), SIDE, [neighbor(1200, 1300)]) == wanted
    wide = uncut(wanted, tube(500, 150), SIDE, [neighbor(600, 1100)])
    assert (wide.low <= 500).all()
    assert (wide.high >= 500).all()


def test_window_does_not_move_for_a_neighbor_who_is_there_for_a_moment() -> None:
    seen = np.full(50, np.nan)
    seen[20:22] = 790.0
    found = uncut(tube(500, 60, 50), tube(500, 150, 50), SIDE, [Neighbor(seen, seen + 200)])
    assert found.low.max() <= found.high.min()


def test_a_small_face_is_not_worth_a_shift_that_cuts_a_large_one() -> None:
    large, small = neighbor(790, 990), Neighbor(np.full(25, 190.0), np.full(25, 230.0), weight=0.2)
    found = uncut(tube(500, 60), tube(500, 150), SIDE, [large, small])
    assert cut_faces(found, large) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_short_runs(count: int) -> None:
    found = uncut(tube(500, 60, count), tube(500, 150, count), SIDE, [neighbor(790, 900, count)])
    assert len(found.low) == len(found.high) == count
