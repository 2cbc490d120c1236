"""From log energies in mel bands to mel cepstra: the step that every user of cepstra shares.

S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition" (1980).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

COEFFICIENTS = 13
_LIFTER = 22


@cache
def transform(bands: int) -> NDArray[np.float64]:
    """(bands, 13): the orthonormal discrete cosine transform and a lifter of 22, to multiply log energies with."""
    band, order = np.arange(bands)[:, None] + 0.5, np.arange(COEFFICIENTS)
    cosine = np.sqrt(2 / bands) * np.cos(np.pi * band * order / bands)
    cosine[:, 0] /= np.sqrt(2)
    return np.asarray(cosine * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER)), dtype=np.float64)
