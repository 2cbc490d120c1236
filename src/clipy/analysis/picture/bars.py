"""Black bar detection: letterbox, pillarbox, or both, so that no window shows them.

A bar is black in every frame of a shot, reaches from edge to edge, and ends at a straight line beyond which the picture
is lit. A dark scene has no such line. Logos and subtitles inside a bar are tolerated. A shot too dark to decide takes
the bars of the nearest decided shot, if it is black there too. Coloured and blurred bars count as picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clipy.types import Box

Gray = NDArray[np.uint8]

_BLACK = 16  # luma (full range) of black with coding noise, at most
_CLEAN = 0.05  # share of a bar's last lines that may be lit
_INSIDE = 0.3  # mean share of a bar's lines that logos and subtitles may light
_LIT = 0.5  # share of the picture's first lines that must be lit, with bars on both sides
_STRAIGHT = 0.9  # ... with a bar on one side only, which could be a dark sky or floor
_JUMP = 12  # mean luma by which the picture's first line must exceed the bar: a gradient is not a bar
_SMALLEST, _WIDEST = 0.012, 0.4  # of a bar, as a share of the picture's side
_ALIKE = 0.05  # largest difference of a pair of bars, as a share of the side
_TELLING = 0.2  # share of the picture that must be lit to decide whether there are bars


@dataclass
class MaxPicture:
    """The maximum of each pixel over the frames of a shot: dark pixels were always dark."""

    _seen: Gray | None = field(default=None)

    @property
    def picture(self) -> Gray:
        """(h, w); requires at least one frame."""
        if self._seen is None:
            raise AssertionError("a shot has at least one picture")
        return self._seen

    def see(self, gray: Gray) -> None:
        """Add one frame (h, w), full range luma; all of one size."""
        self._seen = gray.copy() if self._seen is None else np.maximum(self._seen, gray)


def inside(pictures: Sequence[Gray]) -> list[Box]:
    """The area inside the bars of each shot (given its ``MaxPicture``), in that picture's pixels.

    Lines that scaling mixes with a bar count as bar.
    """
    lit = [picture > _BLACK for picture in pictures]
    found = [_within(one) if seen.mean() >= _TELLING else None for one, seen in zip(pictures, lit, strict=True)]
    return [box if box is not None else _borrowed(index, lit[index], found) for index, box in enumerate(found)]


def _borrowed(index: int, lit: NDArray[np.bool_], found: Sequence[Box | None]) -> Box:
    """For an undecided shot: the bars of the nearest decided one, if this one is black there."""
    high, wide = lit.shape
    for near in sorted(range(len(found)), key=lambda other: abs(other - index)):
        box = found[near]
        if box is not None:
            rest = lit.copy()
            rest[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)] = False
            return box if rest.mean() <= _CLEAN * _INSIDE else Box(0, 0, wide, high)
    return Box(0, 0, wide, high)


def _within(picture: Gray) -> Box:
    """The area inside the bars; with bars on all sides, each pair is detected within the other."""
    high, wide = picture.shape
    first, last = _extent((picture > _BLACK).mean(axis=0))
    top, bottom = _pair(picture[:, first:last])
    left, right = _pair(picture[top : high - bottom].T)
    return Box(left, top, wide - right, high - bottom)


def _extent(shares: NDArray[np.float64]) -> tuple[int, int]:
    """The range from the first to the last clearly lit line."""
    lines = np.flatnonzero(shares > _CLEAN)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, len(shares))


def _pair(lines: Gray) -> tuple[int, int]:
    """Thickness in lines of the bars at both ends."""
    begin, end = _bar(lines, _LIT), _bar(lines[::-1], _LIT)
    if abs(begin - end) <= _ALIKE * len(lines):
        return begin, end
    return _bar(lines, _STRAIGHT), _bar(lines[::-1], _STRAIGHT)


def _bar(lines: Gray, lit: float) -> int:
    """Thickness in lines of the widest bar at the start, including one mixed line; 0 without a bar."""
    count, shares, levels = len(lines), (lines > _BLACK).mean(axis=1), lines.mean(axis=1)
    for edge in range(int(_WIDEST * count), max(2, int(_SMALLEST * count)) - 1, -1):
        before, after = shares[edge - 2 : edge], shares[edge + 1 : edge + 3]
        dark = before.max() <= _CLEAN and shares[:edge].mean() <= _INSIDE
        if dark and after.min() >= lit and levels[edge + 1] - levels[edge - 1] >= _JUMP:
            return edge + (2 if shares[edge] >= lit else 1)
    return 0
