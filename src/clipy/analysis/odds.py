"""Odds of speaking: as one voice is heard at a time, the faces on screen compete for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST = 1e-9  # total odds: a share of nothing is nothing


def log_odds(probability: NDArray[np.floating], bound: float = 1e-6) -> Floats:
    """The logarithm of the odds of probabilities, which are kept ``bound`` away from 0 and 1."""
    kept = np.clip(np.asarray(probability, dtype=np.float64), bound, 1 - bound)
    return np.asarray(np.log(kept / (1 - kept)))


def shares(
    odds: Sequence[Floats], nobody: float | Floats = 0.0, places: Sequence[NDArray[np.int64]] | None = None
) -> list[Floats]:
    """The probability that each face is the one that speaks: its odds as a share of those of all that are on screen.

    ``odds`` are those of each face for itself, 0 where it is absent; or only at its own ``places`` on a common grid of
    times. ``nobody``: the odds that the voice is none of theirs, for all times or at each.
    """
    at = [np.arange(len(own)) for own in odds] if places is None else places
    count = max((int(own.max()) + 1 for own in at if len(own)), default=0)
    total = np.full(count, nobody) if np.ndim(nobody) == 0 else np.array(nobody, dtype=np.float64)
    for own, where in zip(odds, at, strict=True):
        total[where] += own
    return [np.asarray(own / np.maximum(total[where], _LEAST)) for own, where in zip(odds, at, strict=True)]
