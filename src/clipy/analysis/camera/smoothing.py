"""L1-optimal camera paths: static, panning or following, without shake, as a camera operator would move.

Grundmann, Kwatra, Essa, "Auto-directed video stabilization with robust L1 optimal camera paths", CVPR 2011: minimizing
the sum of absolute speeds, accelerations and jerks gives a path of constant, linear and parabolic parts. It runs inside
a tube around the target. The path is a cubic B-spline, whose speed and acceleration are bounded by those of its control
points; they are found by ADMM (Boyd et al. 2011), which needs only a small linear system.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STEP = Fraction(1, 5)  # seconds between control points

_SPEED, _BEND, _JERK = 1.0, 2.0, 4.0  # weights of the three sums
_LEAVING = 10.0  # weight of the distance outside the tube
_ROUNDS = 600
_STIFF = 30.0  # ADMM penalty: how strictly the split variables follow the path
_RELAXED = 1.6  # over-relaxation, the usual value


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest speed of the camera in pixels/s, and acceleration in pixels/s^2."""

    speed: float
    acceleration: float


def smooth(low: NDArray[np.float64], high: NDArray[np.float64], limits: Limits) -> NDArray[np.float64]:
    """Control points (n,), one per ``STEP`` seconds, of a path between ``low`` and ``high`` (n,) pixels.

    Where the target is too fast for the limits, the limits hold and the path leaves the tube. A tube that contains a
    constant gives an exactly constant path.
    """
    if low.max() <= high.min():
        middle = float(np.median((low + high) / 2))
        return np.full(len(low), min(max(middle, float(low.max())), float(high.min())))
    scale = max(1.0, float(np.median(high - low)))
    step = float(STEP)
    speed, bend = limits.speed * step / scale, limits.acceleration * step**2 / scale
    path, speeds = _solve(low / scale, high / scale, speed, bend)
    # The solver's speeds are exactly zero where the camera is static, so the path is their sum.
    still = np.concatenate([[0.0], np.cumsum(_bounded(speeds, bend))])
    return np.asarray((still + np.median(path - still)) * scale, dtype=np.float64)


def fitted(points: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Shift the path, and scale it down if necessary, to lie between two bounds; never faster than before."""
    extent = float(np.ptp(points))
    if extent > high - low:
        return np.asarray(low + (points - points.min()) * ((high - low) / extent), dtype=np.float64)
    return points + max(0.0, low - float(points.min())) - max(0.0, float(points.max()) - high)


def along(points: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate the uniform cubic B-spline at times (m,) in seconds since the first control point.

    It is extrapolated linearly, so that it starts and ends at the first and last control point.
    """
    begin, end = (points[0] - points[1], points[-1] - points[-2]) if len(points) > 1 else (0.0, 0.0)
    before, after = points[0] + begin * np.array([2, 1]), points[-1] + end * np.array([1, 2])
    padded = np.concatenate([before, points, after])
    place = np.clip(times / float(STEP), 0, len(points) - 1) + 1
    index = np.minimum(place.astype(int), len(points))
    t = place - index
    weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return np.asarray(sum(w * padded[index + k] for k, w in enumerate(weights)) / 6, dtype=np.float64)


def _solve(
    low: NDArray[np.float64], high: NDArray[np.float64], speed: float, bend: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The path in tube widths, and its speeds per step with exact bounds and zeros."""
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


def _bounded(speeds: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """Clamp each speed to within ``bend`` of the previous one, against rounding of the solver."""
    kept = speeds.copy()
    for index in range(1, len(kept)):
        kept[index] = min(max(kept[index], kept[index - 1] - bend), kept[index - 1] + bend)
    return kept


def _shrunk(values: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """The proximal operator of ``by * |x|``."""
    return np.sign(values) * np.maximum(np.abs(values) - by, 0)


def _toward(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], by: float
) -> NDArray[np.float64]:
    """The proximal operator of ``by`` times the distance to ``low .. high``."""
    inside = np.clip(values, low, high)
    return inside + _shrunk(values - inside, by)
