"""Places of the window whose edges cut nobody's face: within reach of the followed face, beside its neighbors or
around them.

A window that holds the followed face can often stand a little further to one side, so that the neighbor is out of the
picture, or to the other, so that both are in it. Which of these is decided for a whole run by dynamic programming: a
cut is worth avoiding, but not by moving to and fro.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.camera.smoothing import STEP

Path = NDArray[np.float64]  # (n,)

_MARGIN = 0.08  # widths of a face that are kept free on either side of it: hair, ears, and how exact boxes are
_MOVE = 3.0  # seconds of a cut that moving by a side of the window is worth
_OFF = 0.2  # ... and that a second at one side further than wanted from where the window should be is worth
_CELLS = 40  # places of the window's middle that are compared, for a side of the window


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Another face at each time: its left and right side (n,), NaN where it is absent; how much a cut of it matters."""

    left: Path
    right: Path
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Tube:
    """Where the window's middle may be at each time: from ``low`` to ``high``, (n,) each."""

    low: Path
    high: Path


def uncut(wanted: Tube, reach: Tube, side: float, neighbors: Sequence[Neighbor]) -> Tube:
    """The tube in which a window of width ``side`` cuts no neighbor, as far as that is worth it.

    ``wanted``: where it would be if nobody else were there; ``reach``: where it still holds the followed face.
    """
    forbidden = _forbidden(side, neighbors)
    if not any(bool(((low < wanted.high) & (high > wanted.low)).any()) for low, high, _ in forbidden):
        return wanted
    places = np.arange(float(reach.low.min()), float(reach.high.max()) + side / _CELLS, side / _CELLS)
    path = _cheapest(_costs(places, wanted, reach, side, forbidden), _MOVE / _CELLS)
    middle = np.clip(places[path], reach.low, reach.high)
    low, high = np.minimum(wanted.low, middle), np.maximum(wanted.high, middle)
    for first, last, _ in forbidden:
        with np.errstate(invalid="ignore"):
            low = np.where((last <= middle) & (last > low), last, low)
            high = np.where((first >= middle) & (first < high), first, high)
    return Tube(low, high)


def _forbidden(side: float, neighbors: Sequence[Neighbor]) -> list[tuple[Path, Path, float]]:
    """Between which middles of a window an edge is inside a neighbor's face, at each time; and what that weighs."""
    return [
        (one.left - more + edge, one.right + more + edge, one.weight)
        for one in neighbors
        for more in (_MARGIN * (one.right - one.left),)
        for edge in (-side / 2, side / 2)
    ]


def _costs(
    places: Path, wanted: Tube, reach: Tube, side: float, forbidden: Sequence[tuple[Path, Path, float]]
) -> NDArray[np.float64]:
    """(n, places): seconds of cut that a window at each place is worth at each time."""
    step, at = float(STEP), places[None, :]
    off = np.maximum(0, np.maximum(wanted.low[:, None] - at, at - wanted.high[:, None]))
    lost = np.maximum(0, np.maximum(reach.low[:, None] - at, at - reach.high[:, None]))
    costs = step * (_OFF * off + 100 * lost) / side
    for low, high, weight in forbidden:
        costs += step * weight * ((at > low[:, None]) & (at < high[:, None]))
    return np.asarray(costs)


def _cheapest(costs: NDArray[np.float64], move: float) -> NDArray[np.int64]:
    """The cheapest path through (n, places); moving by one place costs ``move``. Viterbi."""
    number = np.arange(costs.shape[1])
    moving = move * np.abs(number[:, None] - number[None, :])
    value = costs[0]
    came_from = []
    for cost in costs[1:]:
        total = value[:, None] + moving
        came_from.append(total.argmin(axis=0))
        value = total.min(axis=0) + cost
    path = [int(value.argmin())]
    for best in reversed(came_from):
        path.append(int(best[path[-1]]))
    return np.array(path[::-1], dtype=np.int64)
