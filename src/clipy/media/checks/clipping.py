"""Clipping told from decoded samples: amplitudes pile up where the tops of the waves were cut off.

The density of a clean recording's amplitudes falls towards the loudest. Where waves were cut off, it rises again just
below the level of the cut, and still does after a lossy codec has rounded the flat tops, and wherever the sound was
turned down to afterwards. A limiter, which turns whole waves down, leaves no such hump.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS = 400  # of amplitude, evenly spaced on a logarithmic scale
_LOWEST = 1e-3
_HIGHEST = 4.0
_EDGES = np.geomspace(_LOWEST, _HIGHEST, _BINS + 1)
_SMOOTH = 5  # bins averaged: about a tenth of an amplitude
_BELOW = 16  # bins (0.72 of the amplitude) below a hump among which the valley lies
_TOP = 0.5  # of the loudest: humps are looked for above
_COUNTED = 2e-4  # share of the samples that a hump must hold
_STEADY = 0.6  # share of the samples above half of the loudest from which it is a steady tone, which has a hump itself
_LOUDEST = 1e-5  # share of the samples above what is taken for the loudest


class ClippingDetector:
    """Told every block of sound; ``hump`` is then how the density at the loudest hump compares with that below it.

    Under 0.85 for clean and for limited speech and music; from 1 on waves were cut off (by 6 dB about 1.1, by 12 dB
    over 2).
    """

    def __init__(self) -> None:
        self._counts: NDArray[np.int64] = np.zeros(_BINS, dtype=np.int64)
        self._samples = 0

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Listen to the next samples of one channel, float32 (n,)."""
        loud = np.abs(samples)
        self._samples += len(loud)
        self._counts += np.histogram(loud, _EDGES)[0]

    @property
    def hump(self) -> float:
        """0 in silence."""
        total = int(self._counts.sum())
        if not total:
            return 0.0
        above = np.cumsum(self._counts[::-1])[::-1] / self._samples
        loudest = int(np.max(np.nonzero(above >= _LOUDEST)[0], initial=0))
        first = int(np.searchsorted(_EDGES, _EDGES[loudest] * _TOP))
        if above[min(first, _BINS - 1)] > _STEADY:
            return 0.0
        density = np.convolve(self._counts / np.diff(_EDGES), np.ones(_SMOOTH) / _SMOOTH, mode="same")
        held = np.convolve(self._counts, np.ones(_SMOOTH), mode="same") / self._samples
        humps = [
            density[top] / valley
            for top in range(max(first, _BELOW), loudest + 1)
            if held[top] >= _COUNTED and (valley := density[top - _BELOW : top - _SMOOTH].min()) > 0
        ]
        return float(max(humps, default=0.0))
