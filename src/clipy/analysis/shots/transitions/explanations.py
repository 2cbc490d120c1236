"""How the pictures between two shots come about: a blend of both, a dip to one colour, or one moving over the other.

Every explanation gives, for each picture in between, the progress in 0..1 from the first shot to the second, and how
much of the picture it leaves unexplained. Pictures are small: float32 (rows, columns, 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
Floats = NDArray[np.float64]

_UNIFORM = 12.0  # standard deviation, of 255, below which a picture is of one colour


@dataclass(frozen=True, slots=True)
class Explanation:
    """``progress`` and ``residual``: one value for each picture; a residual of 1 explains nothing."""

    kind: str
    progress: Floats
    residual: Floats


def blends(between: Pictures, before: Pictures, after: Pictures) -> Iterator[Explanation]:
    """A dissolve, a fade from or to one colour, and a dip through one: alpha by least squares."""
    change = float(np.abs(after - before).mean())
    yield Explanation("blend", *_blend(between, before, after, change))
    plain = int(between.std(axis=(1, 2)).mean(axis=1).argmin())
    colour = between[plain]
    if 0 < plain < len(between) - 1 and float(colour.std(axis=(0, 1)).mean()) <= _UNIFORM:
        out, lost = _blend(between[:plain], before, colour, change)
        into, left = _blend(between[plain:], colour, after, change)
        yield Explanation("dip", np.append(out / 2, 0.5 + into / 2), np.append(lost, left))


def moves(between: Pictures, before: Pictures, after: Pictures) -> Iterator[Explanation]:
    """The second picture comes in from one of four sides: both move, one of them does, or neither (a wipe)."""
    inner, old, new = (picture.mean(axis=-1) for picture in (between, before, after))
    change = float(np.abs(new - old).mean())
    for axis in (1, 0):
        for side in (1, -1):
            turned, first, second = (np.flip(p, axis - 2) if side < 0 else p for p in (inner, old, new))
            yield from _entries(turned, first, second, axis, change)


def _blend(between: Pictures, before: Pictures, after: Pictures, change: float) -> tuple[Floats, Floats]:
    direction = (after - before).ravel()
    alpha = (between - before).reshape(len(between), -1) @ direction / max(1e-6, float(direction @ direction))
    alpha = np.clip(alpha, 0, 1)
    blended = before + alpha[:, None, None, None] * (after - before)
    return alpha.astype(np.float64), _apart(between, blended) / change


def _entries(between: Pictures, old: Pictures, new: Pictures, axis: int, change: float) -> Iterator[Explanation]:
    """What comes in from the high end of an axis; pictures are grey (rows, columns)."""
    size = old.shape[axis]
    for kind, old_moves, new_moves in (
        ("push", True, True),
        ("cover", False, True),
        ("uncover", True, False),
        ("wipe", False, False),
    ):
        distance = np.empty((len(between), size + 1))
        for entered in range(size + 1):
            left = np.take(old, range(entered, size) if old_moves else range(size - entered), axis=axis)
            right = np.take(new, range(entered) if new_moves else range(size - entered, size), axis=axis)
            distance[:, entered] = _apart(between, np.concatenate([left, right], axis=axis))
        yield Explanation(kind, distance.argmin(axis=1) / size, distance.min(axis=1) / max(1e-6, change))


def _apart(pictures: Pictures, others: Pictures) -> Floats:
    apart = np.abs(pictures - others).reshape(len(pictures), -1).mean(axis=1)
    return np.asarray(apart, dtype=np.float64)
