"""A camera path that stands still, pans or follows, and never shakes: L1-optimal, as a camera operator would move.

Grundmann, Kwatra, Essa, "Auto-directed video stabilization with robust L1 optimal camera paths", CVPR 2011: the sum of
absolute speeds, accelerations and jerks is least, so that the path is made of still, straight and evenly bent parts.
It runs inside a tube around what is followed. The path is a cubic B-spline, whose speed and acceleration are bounded by
those of its control points; they are found by ADMM (Boyd et al. 2011), which needs only a small linear system.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 0.2  # seconds between control points

_SPEED, _BEND, _JERK = 1.0, 2.0, 4.0  # weights of the three sums
_LEAVING = 10.0  # weight of the distance by which the path leaves its tube
_ROUNDS = 600
_STIFF = 30.0  # ADMM's penalty: how strictly the split variables follow the path
_RELAXED = 1.6  # over-relaxation, the usual value


@dataclass(frozen=True, slots=True)
class Limits:
    """The fastest the camera may move, in pixels a second, and how quickly it may change that, in pixels/s^2."""

    speed: float
    acceleration: float


def smooth(low: NDArray[np.float64], high: NDArray[np.float64], limits: Limits) -> NDArray[np.float64]:
    """Control points (n,), one each ``STEP`` seconds, of a path that stays between ``low`` and ``high`` (n,) pixels.

    Where what is followed is too quick for the limits, the path leaves the tube and the limits hold. A tube that a
    still camera can stay in gives an exactly still one.
    """
    if low.max() <= high.min():
        middle = float(np.median((low + high) / 2))
        return np.full(len(low), min(max(middle, float(low.max())), float(high.min())))
    scale = max(1.0, float(np.median(high - low)))
    speed, bend = limits.speed * STEP / scale, limits.acceleration * STEP**2 / scale
    path, speeds = _solve(low / scale, high / scale, speed, bend)
    # The solver's own speeds are exactly zero where the camera stands: the path is made of them.
    still = np.concatenate([[0.0], np.cumsum(speeds)])
    return np.asarray((still + np.median(path - still)) * scale, dtype=np.float64)


def along(points: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The path at times (m,) in seconds since the first control point: a uniform cubic B-spline."""
    padded = np.concatenate([[points[0]] * 2, points, [points[-1]] * 2])
    place = np.clip(times / STEP, 0, len(points) - 1) + 1
    index = np.minimum(place.astype(int), len(points))
    t = place - index
    weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return np.asarray(sum(w * padded[index + k] for k, w in enumerate(weights)) / 6, dtype=np.float64)


def _solve(
    low: NDArray[np.float64], high: NDArray[np.float64], speed: float, bend: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The path in tube widths, and its speeds a step with the bounds and the zeros exact."""
    count = len(low)
    first = np.diff(np.eye(count), axis=0)
    blocks = [np.eye(count), first, np.diff(first, axis=0), np.diff(first, n=2, axis=0)]
    rows = np.concatenate(blocks)
    ends = np.cumsum([len(block) for block in blocks])[:-1]
    solve = np.linalg.inv(rows.T @ rows) @ rows.T
    path = (low + high) / 2
    split = rows @ path
    dual = np.zeros_like(split)
    for _ in range(_ROUNDS):
        path = solve @ (split - dual)
        ahead = _RELAXED * (rows @ path) + (1 - _RELAXED) * split + dual
        place, move, turn, jerk = np.split(ahead, ends)
        split = np.concatenate(
            [
                _toward(place, low, high, _LEAVING / _STIFF),
                np.clip(_shrunk(move, _SPEED / _STIFF), -speed, speed),
                np.clip(_shrunk(turn, _BEND / _STIFF), -bend, bend),
                _shrunk(jerk, _JERK / _STIFF),
            ]
        )
        dual = ahead - split
    return path, np.split(split, ends)[1]


def _shrunk(values: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """The proximal operator of ``by * |x|``."""
    return np.sign(values) * np.maximum(np.abs(values) - by, 0)


def _toward(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], by: float
) -> NDArray[np.float64]:
    """The proximal operator of ``by`` times the distance to ``low .. high``."""
    inside = np.clip(values, low, high)
    return inside + _shrunk(values - inside, by)
