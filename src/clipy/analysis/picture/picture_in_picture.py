"""Picture-in-picture: a streamer's camera over a game, square or round, the tiles of a call or split screen.

The border between two recordings is a line exactly along the pixel grid, one pixel wide and static over a shot. Edges
in a scene, such as a door frame, are tilted, soft or move with the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.picture.discs import disc
from clipy.analysis.picture.tiles import Stills, tiles
from clipy.arrays import true_runs
from clipy.types import Box

Gray = NDArray[np.uint8]

_STEP = 6.0  # difference in luma across a border, averaged over a shot
_SHARP = 2.5  # times the difference some pixels to either side of it
_BESIDE = 5  # pixels to that side
_WHOLE = 0.8  # share of a border's length that must be an edge
_BEYOND = 0.5  # ... and of the line beyond the pane, at most
_ROOM = 0.05  # face heights between a face and its border, at least
_FEWEST, _STILL = 3, 1.5  # frames that tell, and mean deviation in luma over them up to which a part is still
_NEAREST = 4  # candidate lines on each side of a face


@dataclass(frozen=True, slots=True)
class _Edges:
    """Mean differences of neighbouring pixels over a shot, and where they are those of a border."""

    across: NDArray[np.floating]
    down: NDArray[np.floating]
    upright: NDArray[np.bool_]
    level: NDArray[np.bool_]


@dataclass
class Borders:
    """Sums over the frames (h, w) of a shot: luma, its square, and differences of neighbouring pixels."""

    across: NDArray[np.float32] | None = field(default=None)
    down: NDArray[np.float32] | None = field(default=None)
    luma: NDArray[np.float32] | None = field(default=None)
    squared: NDArray[np.float32] | None = field(default=None)
    count: int = 0
    _edges: _Edges | None = field(default=None, repr=False)  # of all frames so far, for every face that is asked about

    def see(self, gray: Gray) -> None:
        """Add one frame (h, w); all of one size."""
        values = gray.astype(np.float32)
        seen = (np.abs(np.diff(values, axis=1)), np.abs(np.diff(values, axis=0)), values, values**2)
        known = (self.across, self.down, self.luma, self.squared)
        self.across, self.down, self.luma, self.squared = (
            new if old is None else old + new for old, new in zip(known, seen, strict=True)
        )
        self.count += 1
        self._edges = None

    def tiles(self) -> list[Box]:
        """The tiles of a gallery, in the frames' pixels; empty where the picture is not divided."""
        edges = self._measured()
        seen = self._statistics()
        return [] if edges is None or seen is None else tiles(Stills(*seen, edges.upright, edges.level))

    def is_still(self, part: Box) -> bool:
        """Whether nothing moved in a part of the frames; never of fewer than three."""
        seen = self._statistics()
        if seen is None or self.count < _FEWEST:
            return False
        high, wide = seen[1].shape
        inner = seen[1][_range(part.y1, part.y2, high), _range(part.x1, part.x2, wide)]
        return bool(inner.size) and float(inner.mean()) <= _STILL

    def disc(self, face: Box) -> Box | None:
        """The square around the round picture-in-picture of a face, in the frames' pixels; None without one."""
        edges = self._measured()
        return None if edges is None else disc(edges.across, edges.down, face)

    def pane(self, face: Box) -> Box | None:
        """The pane that contains a face, in the frames' pixels; None without one."""
        edges = self._measured()
        if edges is None:
            return None
        upright, level = edges.upright, edges.level
        high, wide = upright.shape[0], level.shape[1]
        room = _ROOM * face.height
        beside = upright[_range(face.y1, face.y2, high)].mean(axis=0)
        above = level[:, _range(face.x1, face.x2, wide)].mean(axis=1)
        lefts, rights = _candidates(beside, face.x1 - room, face.x2 + room, wide)
        tops, bottoms = _candidates(above, face.y1 - room, face.y2 + room, high)
        panes = [Box(x1, y1, x2, y2) for x1, y1, x2, y2 in product(lefts, tops, rights, bottoms)]
        panes.sort(key=lambda pane: pane.width * pane.height)
        closed = [pane for pane in panes if _closed(pane, upright, level)]
        # Lines inside a pane, of shelves or tiles behind the person, are fainter than its border.
        return max(closed, key=lambda pane: _drawn(pane, edges.across, edges.down), default=None)

    def _statistics(self) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Mean and standard deviation of luma over the frames; None without any."""
        if self.luma is None or self.squared is None:
            return None
        mean = self.luma / self.count
        deviation = np.sqrt(np.maximum(0, self.squared / self.count - mean**2))
        return mean.astype(np.float32), deviation.astype(np.float32)

    def _measured(self) -> _Edges | None:
        if self._edges is None and self.across is not None and self.down is not None:
            across, down = self.across / self.count, self.down / self.count
            self._edges = _Edges(across, down, _lines(across), _lines(down.T).T)
        return self._edges


def _lines(steps: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where columns differ as at a border, with a tolerance of one column."""
    beside = np.pad(steps, ((0, 0), (_BESIDE, _BESIDE)), mode="reflect")
    around = np.maximum(beside[:, : steps.shape[1]], beside[:, -steps.shape[1] :])
    sharp = np.pad((steps >= _STEP) & (steps >= _SHARP * around), ((0, 0), (1, 1)))
    return np.asarray(sharp[:, :-2] | sharp[:, 1:-1] | sharp[:, 2:])


def _range(first: float, last: float, length: int) -> slice:
    return slice(max(0, int(first)), max(1, min(length, int(last))))


def _candidates(seen: NDArray[np.floating], before: float, after: float, length: int) -> tuple[list[int], list[int]]:
    """The nearest borders on both sides of a face, at their sides towards it, and the picture's edges."""
    borders = [(first + 1, last) for first, last in true_runs(seen >= _WHOLE)]
    low = [last for _, last in borders if last <= before]
    high = [first for first, _ in borders if first >= after]
    return [0, *low[-_NEAREST:]], [*high[:_NEAREST], length]


def _closed(pane: Box, upright: NDArray[np.bool_], level: NDArray[np.bool_]) -> bool:
    """Whether every side, except at the picture's edge, is a complete border that ends at the corners."""
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


def _drawn(pane: Box, across: NDArray[np.floating], down: NDArray[np.floating]) -> tuple[int, float]:
    """The number of sides that are not the picture's edge, and the mean difference in luma along the faintest."""
    high, wide = across.shape[0], down.shape[1]
    left, top, right, bottom = int(pane.x1), int(pane.y1), int(pane.x2), int(pane.y2)
    columns = [across[top:bottom, max(0, at - 2) : at + 1].max(axis=1) for at in (left, right) if 0 < at < wide]
    rows = [down[max(0, at - 2) : at + 1, left:right].max(axis=0) for at in (top, bottom) if 0 < at < high]
    sides = [float(side.mean()) for side in (*columns, *rows)]
    return len(sides), min(sides)
