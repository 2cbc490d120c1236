"""Mel cepstra as the active-speaker networks were trained on: those of the package python_speech_features 0.6.

26 bands from 0 to 8 kHz, 13 coefficients, lifter 22, no window, 100 frames per second; the first coefficient is the log
of the frame's energy. Samples count in steps of 16 bits, so that this energy is what the networks know.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.mel import cepstral_transform, mel_edges, triangular_filters

RATE = 16_000
HOP = 160
_WINDOW, _FFT = 400, 512
_BANDS = 26
_EMPHASIS = 0.97
_BLOCK = 4096  # frames worked on at once

Floats = NDArray[np.float64]


def mfcc(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cepstra of mono sound (n,) at 16 kHz in -1..1: float32 (frames, 13). The last frame is filled with silence."""
    whole = np.clip(np.round(np.asarray(samples, dtype=np.float64) * 32768), -32768, 32767)
    emphasised = np.append(whole[:1], whole[1:] - _EMPHASIS * whole[:-1])
    count = 1 + max(0, -(-(len(emphasised) - _WINDOW) // HOP))
    padded = np.pad(emphasised, (0, (count - 1) * HOP + _WINDOW - len(emphasised)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    blocks = [_cepstra(frames[at : at + _BLOCK]) for at in range(0, count, _BLOCK)]
    return np.concatenate(blocks).astype(np.float32)


def _cepstra(frames: Floats) -> Floats:
    power = np.abs(np.fft.rfft(frames, _FFT, axis=1)) ** 2 / _FFT
    cepstra = np.log(_above_zero(power @ _filters())) @ cepstral_transform(_BANDS)
    cepstra[:, 0] = np.log(_above_zero(power.sum(axis=1)))
    return cepstra


def _above_zero(values: Floats) -> Floats:
    return np.where(values == 0, np.finfo(np.float64).eps, values)


@cache
def _filters() -> Floats:
    """(bins, bands): triangles with their corners on bins, counted as that package does."""
    edges = np.floor((_FFT + 1) * mel_edges(0, RATE / 2, _BANDS) / RATE)
    return triangular_filters(np.arange(_FFT // 2 + 1.0), edges)
