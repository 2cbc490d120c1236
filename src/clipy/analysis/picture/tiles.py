"""The tiles of a gallery, as in a video call: several people side by side in separate rectangles.

The picture is divided by a recursive X-Y cut, as in document analysis (Nagy and Seth 1984): along gutters, static
strips of one colour, or borders, lines sharper than any lens draws, that run through the whole rectangle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.arrays import true_runs
from clipy.types import Box

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_EVEN = 5.0  # largest deviation in luma of a gutter's pixels from its median
_STILL = 4.0  # standard deviation of their luma over time
_ALONG = 0.9  # share of a line that must be gutter
_EDGED = 0.4  # ... and along which at least one side of a gutter must be a sharp edge
_BORDER = 0.9  # share of a line that must be a sharp edge where there is no gutter
_THICKEST = 0.12  # share of the picture's side of the thickest gutter between two tiles
_SMALLEST = 0.12  # ... and of a tile
_FRAME = 6  # pixels of the thickest frame around a tile


@dataclass(frozen=True, slots=True)
class Stills:
    """Statistics of a shot's frames (h, w).

    ``mean`` and ``deviation`` of luma over time; ``upright`` (h, w - 1) and ``level`` (h - 1, w) say where two
    neighbouring pixels differ as at a border.
    """

    mean: Floats
    deviation: Floats
    upright: Mask
    level: Mask


def tiles(stills: Stills) -> list[Box]:
    """The tiles of a gallery in the frames' pixels; empty where the picture is not divided."""
    high, wide = stills.mean.shape
    least = (_SMALLEST * high, _SMALLEST * wide)
    leaves = list(_leaves(stills, (0, 0, high, wide), least))
    return [Box(left, top, right, bottom) for top, left, bottom, right in leaves] if len(leaves) > 1 else []


Rectangle = tuple[int, int, int, int]  # top, left, bottom, right


def _leaves(stills: Stills, whole: Rectangle, least: tuple[float, float]) -> Iterator[Rectangle]:
    whole = _trimmed(stills, whole)
    top, left, bottom, right = whole
    if bottom - top < least[0] or right - left < least[1]:
        return
    rows = _cuts(stills, whole, across=True, least=least[0])
    columns = _cuts(stills, whole, across=False, least=least[1]) if not rows else []
    if not rows and not columns:
        yield whole
        return
    edges = [top if rows else left, *(edge for cut in rows or columns for edge in cut), bottom if rows else right]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        part = (first, left, last, right) if rows else (top, first, bottom, last)
        yield from _leaves(stills, part, least)


def _cuts(stills: Stills, whole: Rectangle, *, across: bool, least: float) -> list[tuple[int, int]]:
    """Strips (first line, line after) to cut a rectangle along, in order; a border is an empty strip."""
    gutter, edge = _lines(stills, whole, across=across)
    length = len(gutter)
    thickest = _THICKEST * (stills.mean.shape[0] if across else stills.mean.shape[1])
    found: list[tuple[int, int]] = []
    for first, last in true_runs(gutter):
        beside = max(edge[max(0, at - 2) : at + 2].max(initial=0) for at in (first, last))
        if last - first <= thickest and beside >= _EDGED:
            found.append((first, last))
    found += [(at + 1, at + 1) for at in np.flatnonzero(edge >= _BORDER).tolist()]
    offset = whole[0] if across else whole[1]
    kept: list[tuple[int, int]] = []
    before = 0
    for first, last in _merged(found):
        if first - before >= least and length - last >= least:
            kept.append((first + offset, last + offset))
            before = last
    return kept


def _merged(strips: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge strips that nearly meet: a gutter and the frames of the tiles next to it."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(strips):
        if merged and first - merged[-1][1] <= _FRAME:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def _lines(stills: Stills, whole: Rectangle, *, across: bool) -> tuple[Mask, Floats]:
    """For each row (or column) of a rectangle: is it gutter, and which share of the line below is an edge."""
    top, left, bottom, right = whole
    mean, deviation = (values[top:bottom, left:right] for values in (stills.mean, stills.deviation))
    edges = stills.level[top : bottom - 1, left:right] if across else stills.upright[top:bottom, left : right - 1].T
    if not across:
        mean, deviation = mean.T, deviation.T
    even = np.abs(mean - np.median(mean, axis=1, keepdims=True)) <= _EVEN
    gutter = (even & (deviation <= _STILL)).mean(axis=1) >= _ALONG
    return gutter, edges.mean(axis=1, dtype=np.float32)


def _trimmed(stills: Stills, whole: Rectangle) -> Rectangle:
    """Trim gutters from the sides."""
    top, left, bottom, right = whole
    for across in (True, False):
        gutter, _ = _lines(stills, (top, left, bottom, right), across=across)
        kept = np.flatnonzero(~gutter)
        if not len(kept):
            return top, left, top, left
        if across:
            top, bottom = top + int(kept[0]), top + int(kept[-1]) + 1
        else:
            left, right = left + int(kept[0]), left + int(kept[-1]) + 1
    return top, left, bottom, right
