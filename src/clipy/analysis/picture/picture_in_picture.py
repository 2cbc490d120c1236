"""Pictures inside the picture: the camera of a streamer over the game, the halves of a split screen.

The border between two recordings is something that no lens draws: a line exactly along the pixels, one pixel wide, at
the same place in every picture of a shot. A door frame is tilted, soft or moves with the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from clipy.types import Box

Gray = NDArray[np.uint8]

_STEP = 6.0  # luma by which the two sides of a border differ, on the mean over a shot
_SHARP = 2.5  # times the difference some pixels to either side of it
_BESIDE = 5  # pixels at which that is looked up
_WHOLE = 0.8  # share of a border's length that must be seen
_BEYOND = 0.5  # ... and the most that goes on where the pane ends
_ROOM = 0.05  # face heights between a face and its border, at least
_NEAREST = 6  # lines on each side of a face that may be its border; a border is up to three of them


@dataclass
class Borders:
    """The differences of neighbouring pixels of a shot's pictures (h, w), added up."""

    across: NDArray[np.float32] | None = field(default=None)
    down: NDArray[np.float32] | None = field(default=None)
    count: int = 0

    def see(self, gray: Gray) -> None:
        """Add one picture (h, w); all of one size."""
        values = gray.astype(np.float32)
        across, down = np.abs(np.diff(values, axis=1)), np.abs(np.diff(values, axis=0))
        self.across = across if self.across is None else self.across + across
        self.down = down if self.down is None else self.down + down
        self.count += 1

    def pane(self, face: Box) -> Box | None:
        """The pane that a face is in, in the pictures' pixels; None where the picture around it is one."""
        if self.across is None or self.down is None:
            return None
        high, wide = self.across.shape[0], self.down.shape[1]
        upright, level = _lines(self.across / self.count), _lines(self.down.T / self.count).T
        room = _ROOM * face.height
        beside = upright[_range(face.y1, face.y2, high)].mean(axis=0)
        above = level[:, _range(face.x1, face.x2, wide)].mean(axis=1)
        lefts, rights = _candidates(beside, face.x1 - room, face.x2 + room, wide)
        tops, bottoms = _candidates(above, face.y1 - room, face.y2 + room, high)
        panes = [Box(x1, y1, x2, y2) for x1, y1, x2, y2 in product(lefts, tops, rights, bottoms)]
        panes.sort(key=lambda pane: pane.width * pane.height)
        return next((pane for pane in panes if _closed(pane, upright, level)), None)


def _lines(steps: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where the difference between columns is that of a border; one column off counts as well."""
    beside = np.pad(steps, ((0, 0), (_BESIDE, _BESIDE)), mode="reflect")
    around = np.maximum(beside[:, : steps.shape[1]], beside[:, -steps.shape[1] :])
    sharp = np.pad((steps >= _STEP) & (steps >= _SHARP * around), ((0, 0), (1, 1)))
    return np.asarray(sharp[:, :-2] | sharp[:, 1:-1] | sharp[:, 2:])


def _range(first: float, last: float, length: int) -> slice:
    return slice(max(0, int(first)), max(1, min(length, int(last))))


def _candidates(seen: NDArray[np.floating], before: float, after: float, length: int) -> tuple[list[int], list[int]]:
    """The nearest borders on both sides of a face, and the edges of the picture."""
    lines = np.flatnonzero(seen >= _WHOLE) + 1
    low, high = lines[lines <= before].tolist(), lines[lines >= after].tolist()
    return [0, *low[-_NEAREST:]], [*high[:_NEAREST], length]


def _closed(pane: Box, upright: NDArray[np.bool_], level: NDArray[np.bool_]) -> bool:
    """Whether every side that is not the picture's own edge is drawn all along, and no farther than the corners."""
    high, wide = upright.shape[0], level.shape[1]
    left, top, right, bottom = int(pane.x1), int(pane.y1), int(pane.x2), int(pane.y2)
    inner = [(upright[:, column - 1], top, bottom) for column, edge in ((left, 0), (right, wide)) if column != edge] + [
        (level[row - 1], left, right) for row, edge in ((top, 0), (bottom, high)) if row != edge
    ]
    if not inner:
        return False
    for line, first, last in inner:
        beyond = np.concatenate([line[:first], line[last:]])
        if line[first:last].mean() < _WHOLE or (len(beyond) and beyond.mean() > _BEYOND):
            return False
    return True
