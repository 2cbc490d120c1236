"""Speaker embeddings of 192 numbers: the network CAM++.

H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking" (2023);
trained on Chinese and English.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.mel import mel_edges, to_mel, triangular_filters
from clipy.models import inference

Floats = NDArray[np.float32]

RATE = 16_000
SHORTEST = RATE // 2  # samples that an embedding needs at least
_WINDOW, _HOP, _FFT, _BANDS = 400, 160, 512, 80


class SpeakerEmbedding:
    """The network; see ``of``."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        (self._network,) = inference.load(["campplus"], path, device, "speaker embedding")

    def of(self, sound: Floats) -> Floats:
        """Embed the voice in mono sound (n,) at 16 kHz: a unit vector, float32 (192,), close for the same person."""
        bands = _bands(sound)
        voice = self._network(bands=(bands - bands.mean(axis=0))[None])[0]
        return np.asarray(voice / np.linalg.norm(voice), dtype=np.float32)


def _bands(sound: Floats) -> Floats:
    """(frames, 80) log mel energies as Kaldi computes them."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shape = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))) ** 0.85
    power = np.abs(np.fft.rfft((frames - np.float32(0.97) * before) * shape.astype(np.float32), _FFT, axis=1)) ** 2
    return np.asarray(np.log(np.maximum(power @ _filters(), np.finfo(np.float32).eps)), dtype=np.float32)


@cache
def _filters() -> Floats:
    """(bins, bands) triangular filters from 20 Hz to 8 kHz, linear in mel."""
    bins = to_mel(np.fft.rfftfreq(_FFT, 1 / RATE))
    return triangular_filters(bins, to_mel(mel_edges(20, RATE / 2, _BANDS))).astype(np.float32)
