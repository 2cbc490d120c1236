"""The mel scale: filterbanks, and cepstra of log mel energies.

S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition" (1980).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = 13
_LIFTER = 22
_MEL, _CORNER = 1127.0, 700.0  # the usual constants (HTK's)

Floats = NDArray[np.float64]


def to_mel(frequency: NDArray[np.floating]) -> Floats:
    """Convert Hz to mel."""
    return np.asarray(_MEL * np.log(1 + frequency / _CORNER), dtype=np.float64)


def mel_edges(low: float, high: float, bands: int) -> Floats:
    """Corner frequencies in Hz, (bands + 2,), of overlapping bands evenly spaced on the mel scale."""
    first, last = to_mel(np.array([low, high])).tolist()
    edges = np.linspace(first, last, bands + 2)
    return np.asarray(_CORNER * (np.exp(edges / _MEL) - 1))


def triangular_filters(places: NDArray[np.floating], edges: Floats) -> Floats:
    """Weights (places, bands) of triangular filters with a peak of 1, each spanning three edges.

    ``places`` (the bins of a spectrum) and ``edges`` are in the same unit.
    """
    at, low, middle, high = places[:, None], edges[:-2], edges[1:-1], edges[2:]
    return np.asarray(np.maximum(0, np.minimum((at - low) / (middle - low), (high - at) / (high - middle))))


@cache
def cepstral_transform(bands: int) -> Floats:
    """(bands, 13): the orthonormal DCT-II with a lifter of 22, to multiply log energies with."""
    band, order = np.arange(bands)[:, None] + 0.5, np.arange(COEFFICIENTS)
    cosine = np.sqrt(2 / bands) * np.cos(np.pi * band * order / bands)
    cosine[:, 0] /= np.sqrt(2)
    return np.asarray(cosine * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER)), dtype=np.float64)
