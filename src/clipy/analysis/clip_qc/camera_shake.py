"""What the motion of a whole picture tells: whether it shakes, and whether it flashes too often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clipy.arrays import true_runs
from clipy.types import Seconds, Span, seconds

_TREMBLE = 0.125  # seconds within which a motion that turns back is a shake, not a pan
_WINDOW = 1.0  # seconds over which shaking is averaged
_KNOWN = 0.5  # share of a window's pictures whose motion must be known


def shakes(times: NDArray[np.float64], shifts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Amplitude of camera shake around each time, as a share of the picture's width, (n,); NaN where it is unknown.

    A shake turns back at once: its shift now and a moment later point in opposite ways, so that their product is
    negative, while those of a pan or of a camera that drifts point the same way. The root of the most negative mean
    product over shifts up to 1/8 s apart is the amplitude: of random jumps their standard deviation, whatever the
    picture's subject does, and however fast the camera pans.
    """
    step = float(np.median(np.diff(times))) if len(times) > 1 else _WINDOW
    width = max(3, round(_WINDOW / step))
    known = np.asarray(~np.isnan(shifts).any(axis=1))
    moved = np.where(known[:, None], shifts, 0).astype(np.float64)
    worst = np.zeros(len(times))
    for lag in range(1, max(2, round(_TREMBLE / step) + 1)):
        both = (known[lag:] & known[:-lag]).astype(np.float64)
        product = np.asarray((moved[lag:] * moved[:-lag]).sum(axis=1) * both)
        counts = _summed(both, width, len(times))
        mean = np.divide(_summed(product, width, len(times)), counts, out=np.zeros(len(times)), where=counts > 0)
        worst = np.minimum(worst, mean)
    enough = _summed(known.astype(np.float64), width, len(times)) >= _KNOWN * min(width, len(times))
    return np.where(enough, np.sqrt(-worst), np.nan)


def _summed(values: NDArray[np.float64], width: int, count: int) -> NDArray[np.float64]:
    """Sums over ``width`` values around each of ``count`` places."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(count)
    low = np.clip(at - width // 2, 0, len(values))
    high = np.clip(at + (width + 1) // 2, 0, len(values))
    return np.asarray(total[high] - total[low])


def stretches_above(times: NDArray[np.float64], values: NDArray[np.float64], limit: float) -> list[Span]:
    """The stretches of time in which values exceed a limit; NaN does not."""
    last = len(times) - 1
    return [
        Span(seconds(float(times[begin])), seconds(float(times[min(end, last)])))
        for begin, end in true_runs(np.nan_to_num(values, nan=-np.inf) > limit)
    ]


def too_many_flashes(changes: tuple[Seconds, ...], most: int) -> Span | None:
    """The first second that holds more than ``most`` flashes, each a pair of opposite changes; None when none does."""
    needed = 2 * most + 1  # changes that begin one flash more
    for first, last in zip(changes, changes[needed - 1 :], strict=False):
        if last - first <= 1:
            return Span(first, last)
    return None
