"""Clipping detection: amplitudes pile up where the peaks of waves were cut off.

The density of a clean recording's amplitudes falls towards the loudest. After clipping it rises again just below the
clipping level, and still does after a lossy codec has rounded the flat tops, and at any later gain. A limiter, which
attenuates whole waves, leaves no such hump.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS = 400  # of amplitude, evenly spaced on a logarithmic scale
_LOWEST = 1e-3
_HIGHEST = 4.0
_EDGES = np.geomspace(_LOWEST, _HIGHEST, _BINS + 1)
_SMOOTHING = 5  # bins: about a tenth of an amplitude
_VALLEY_RANGE = 16  # bins (0.72 of the amplitude) below a hump in which the valley is searched
_MIN_PEAK = 0.5  # of the loudest amplitude, above which humps are searched
_MIN_SHARE = 2e-4  # of the samples in a hump
_STEADY_TONE = 0.6  # share of samples above half the loudest; steady tones have a hump of their own
_PEAK_SHARE = 1e-5  # of the samples above the loudest amplitude, to ignore outliers


class ClippingDetector:
    """Accumulates blocks of sound; ``clipping`` is the ratio of the density at the loudest hump to the valley below.

    Below 0.85 for clean and for limited speech and music; from 1 on the sound is clipped (by 6 dB about 1.1, by 12 dB
    over 2).
    """

    def __init__(self) -> None:
        self._counts: NDArray[np.int64] = np.zeros(_BINS, dtype=np.int64)
        self._samples = 0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples of one channel, float32 (n,)."""
        loud = np.abs(samples)
        self._samples += len(loud)
        self._counts += np.histogram(loud, _EDGES)[0]

    @property
    def clipping(self) -> float:
        """The ratio described above; 0 in silence."""
        total = int(self._counts.sum())
        if not total:
            return 0.0
        above = np.cumsum(self._counts[::-1])[::-1] / self._samples
        loudest = int(np.max(np.nonzero(above >= _PEAK_SHARE)[0], initial=0))
        first = int(np.searchsorted(_EDGES, _EDGES[loudest] * _MIN_PEAK))
        if above[min(first, _BINS - 1)] > _STEADY_TONE:
            return 0.0
        density = np.convolve(self._counts / np.diff(_EDGES), np.ones(_SMOOTHING) / _SMOOTHING, mode="same")
        held = np.convolve(self._counts, np.ones(_SMOOTHING), mode="same") / self._samples
        humps = [
            density[top] / valley
            for top in range(max(first, _VALLEY_RANGE), loudest + 1)
            if held[top] >= _MIN_SHARE and (valley := density[top - _VALLEY_RANGE : top - _SMOOTHING].min()) > 0
        ]
        return float(max(humps, default=0.0))
