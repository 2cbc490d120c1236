"""The features of CMU Sphinx's acoustic models: MFCCs with deltas and delta-deltas.

S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition" (1980), with the
settings in the model's ``feat.params``: 25 bands from 130 Hz to 6.8 kHz, 13 coefficients, lifter 22, 100 a second.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.mel import cepstral_transform, mel_edges, triangular_filters
from clipy.analysis.audio.speech import RATE

HOP = RATE // 100  # samples between two frames
_WINDOW = 410  # samples of a frame
_FFT = 512
_BANDS = 25
_LOWEST, _HIGHEST = 130.0, 6800.0
_EMPHASIS = 0.97
_FLOOR = 1e-10
CENTRE = _WINDOW / 2 / RATE  # seconds from a frame's first sample to its middle

Floats = NDArray[np.float32]


def features(samples: Floats) -> Floats:
    """Frames of a mono sound (n,) at 16 kHz: float32 (frames, 3, 13), one each ``HOP`` samples, the first at 0.

    Each frame holds the cepstrum without the sound's mean, its first and its second difference.
    """
    cepstra = _cepstra(samples)
    cepstra -= cepstra.mean(axis=0)
    padded = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")
    count = len(cepstra)
    first = padded[5 : 5 + count] - padded[1 : 1 + count]
    second = padded[6 : 6 + count] - padded[2 : 2 + count] - padded[4 : 4 + count] + padded[:count]
    return np.stack([cepstra, first, second], axis=1)


def _cepstra(samples: Floats) -> Floats:
    emphasised = np.append(samples[:1], samples[1:] - np.float32(_EMPHASIS) * samples[:-1])
    padded = np.pad(emphasised, (0, max(0, _WINDOW - len(emphasised))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hamming(_WINDOW).astype(np.float32), _FFT, axis=1)) ** 2
    return np.asarray(np.log(power @ _filters() + _FLOOR) @ cepstral_transform(_BANDS), dtype=np.float32)


@cache
def _filters() -> Floats:
    """(bins, bands) triangular filters of equal area, with corners on bins."""
    width = RATE / _FFT
    edges = np.round(mel_edges(_LOWEST, _HIGHEST, _BANDS) / width) * width
    triangles = triangular_filters(np.fft.rfftfreq(_FFT, 1 / RATE), edges)
    return np.asarray(triangles / (edges[2:] - edges[:-2]), dtype=np.float32)
