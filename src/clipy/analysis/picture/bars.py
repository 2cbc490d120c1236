"""Black bars around a picture: letterbox, pillarbox, or both, so that no window shows them.

A bar is black in every picture of a shot, reaches from edge to edge, and ends at one straight line beyond which the
picture is lit. That tells it from a dark scene, whose darkness ends nowhere in particular. A logo or subtitles inside a
bar do not hide it. Where a shot is too dark to tell, the bars of the nearest shot that tells count, if they are black
there too. Bars of another colour than black, and blurred ones, are part of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clipy.types import Box

Gray = NDArray[np.uint8]

_BLACK = 16  # luma (full range) up to which coding noise on black reaches
_CLEAN = 0.05  # share of a line beside the picture that may be lit in a bar
_INSIDE = 0.3  # mean share of a bar's lines that logos and subtitles may light
_LIT = 0.5  # share of the picture's first lines that is lit at the edge of bars on both sides
_STRAIGHT = 0.9  # ... of a bar on one side only, which a dark sky or floor could be
_JUMP = 12  # mean luma by which the picture's first line is brighter than the bar: darkness that fades is none
_SMALLEST, _WIDEST = 0.012, 0.4  # of a bar, as a share of the picture's side
_ALIKE = 0.05  # two bars that differ by less than this share of the side are a pair
_TELLING = 0.2  # share of the picture that must be lit for a shot to tell whether there are bars


@dataclass
class MaxPicture:
    """The brightest that each pixel of a shot's pictures has been: what is dark in it was always dark."""

    _seen: Gray | None = field(default=None)

    @property
    def picture(self) -> Gray:
        """(h, w); asked for after at least one picture was seen."""
        if self._seen is None:
            raise AssertionError("a shot has at least one picture")
        return self._seen

    def see(self, gray: Gray) -> None:
        """Add one picture (h, w), full range luma; all of one size."""
        self._seen = gray.copy() if self._seen is None else np.maximum(self._seen, gray)


def inside(pictures: Sequence[Gray]) -> list[Box]:
    """What lies within the bars of each of some shots (their ``MaxPicture``), in order, in those pictures' pixels.

    Lines that are partly bar, as scaling makes them, are left out with the bar.
    """
    lit = [picture > _BLACK for picture in pictures]
    found = [_within(one) if seen.mean() >= _TELLING else None for one, seen in zip(pictures, lit, strict=True)]
    return [box if box is not None else _borrowed(index, lit[index], found) for index, box in enumerate(found)]


def _borrowed(index: int, lit: NDArray[np.bool_], found: Sequence[Box | None]) -> Box:
    """For a shot too dark to tell: the bars of the nearest one that tells, if this one is black there."""
    high, wide = lit.shape
    for near in sorted(range(len(found)), key=lambda other: abs(other - index)):
        box = found[near]
        if box is not None:
            rest = lit.copy()
            rest[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)] = False
            return box if rest.mean() <= _CLEAN * _INSIDE else Box(0, 0, wide, high)
    return Box(0, 0, wide, high)


def _within(picture: Gray) -> Box:
    """The picture inside its bars; where there are bars on all sides each pair is judged within the other."""
    high, wide = picture.shape
    first, last = _extent((picture > _BLACK).mean(axis=0))
    top, bottom = _pair(picture[:, first:last])
    left, right = _pair(picture[top : high - bottom].T)
    return Box(left, top, wide - right, high - bottom)


def _extent(shares: NDArray[np.float64]) -> tuple[int, int]:
    """From the first to the last line that is lit to speak of."""
    lines = np.flatnonzero(shares > _CLEAN)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, len(shares))


def _pair(lines: Gray) -> tuple[int, int]:
    """How many lines at the beginning and at the end are bars."""
    begin, end = _bar(lines, _LIT), _bar(lines[::-1], _LIT)
    if abs(begin - end) <= _ALIKE * len(lines):
        return begin, end
    return _bar(lines, _STRAIGHT), _bar(lines[::-1], _STRAIGHT)


def _bar(lines: Gray, lit: float) -> int:
    """The widest bar at the beginning, one partly black line included; 0 without."""
    count, shares, levels = len(lines), (lines > _BLACK).mean(axis=1), lines.mean(axis=1)
    for edge in range(int(_WIDEST * count), max(2, int(_SMALLEST * count)) - 1, -1):
        before, after = shares[edge - 2 : edge], shares[edge + 1 : edge + 3]
        dark = before.max() <= _CLEAN and shares[:edge].mean() <= _INSIDE
        if dark and after.min() >= lit and levels[edge + 1] - levels[edge - 1] >= _JUMP:
            return edge + (2 if shares[edge] >= lit else 1)
    return 0
