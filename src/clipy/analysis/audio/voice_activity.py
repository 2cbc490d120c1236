"""Speech probability and level at the times of the track grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio import speech
from clipy.analysis.audio.mel import mel_edges, triangular_filters
from clipy.analysis.audio.speech import Window
from clipy.media.read import sound
from clipy.types import TRACK_RATE, Span, Video

_HOP = speech.RATE // 100
_WINDOW = 400  # samples: 25 ms
_BANDS = 40
_FLOOR = 1e-6
_ALWAYS = 20  # percentile of a band's levels that is background noise

_EDGES = mel_edges(80, 7600, _BANDS)  # Hz
_VOICED = (_EDGES[1:-1] > 300) & (_EDGES[1:-1] < 3400)  # telephone bandwidth (ITU-T G.712)


@dataclass(frozen=True, slots=True)
class Voice:
    """Sound from ``first / 25`` s on, 25 times per second, float32 (n,): ``speech`` is the speech probability,
    ``level`` the mean log energy of 40 mel bands.
    """

    first: int
    speech: NDArray[np.float32]
    level: NDArray[np.float32]

    def at(self, times: NDArray[np.float64]) -> Voice:
        """Sample at other times of the grid, in seconds."""
        index = np.clip(np.round(times * float(TRACK_RATE)).astype(int) - self.first, 0, len(self.speech) - 1)
        return Voice(round(float(times[0]) * float(TRACK_RATE)), self.speech[index], self.level[index])


def voice(video: Video, span: Span) -> Voice:
    """Measure a span of the speech mix; silence where there is no sound."""
    first, last = int(span.start * TRACK_RATE), int(span.end * TRACK_RATE) + 2
    count = last - first
    if not video.audio:
        return Voice(first, *(np.zeros(count, dtype=np.float32) for _ in range(2)))
    samples = np.concatenate(list(sound(video, Span(first / TRACK_RATE, last / TRACK_RATE), rate=speech.RATE)), axis=1)[
        0
    ]
    return _at_grid(first, count, _log_mel(samples).mean(axis=1), speech.probabilities(samples))


def voice_over_noise(heard: Window) -> Voice:
    """The same for sound that is already decoded and scored; robust against background noise.

    ``level`` is how far the voice bands (300 to 3400 Hz) exceed the background noise of each band, on average.
    """
    first, last = int(heard.span.start * TRACK_RATE), int(heard.span.end * TRACK_RATE) + 2
    bands = _log_mel(heard.samples)[:, _VOICED]
    above = np.maximum(bands - np.percentile(bands, _ALWAYS, axis=0), 0)
    return _at_grid(first, last - first, above.mean(axis=1), heard.probabilities)


def _at_grid(first: int, count: int, level: NDArray[np.float32], probability: NDArray[np.float32]) -> Voice:
    """Resample levels at 100 per second and probabilities per 32 ms."""
    return Voice(first, _speech(probability, count), _pooled(level, np.arange(count) * (100 // int(TRACK_RATE))))


def _log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, bands) natural log of mel energies, 100 per second; the first is centred on the first sample."""
    half = _WINDOW // 2
    padded = np.pad(samples, (half, half + _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    filters = triangular_filters(np.fft.rfftfreq(_WINDOW, 1 / speech.RATE), _EDGES).astype(np.float32)
    window = np.hanning(_WINDOW).astype(np.float32)
    parts = [
        np.log(np.abs(np.fft.rfft(frames[at : at + 4096] * window, axis=1)) ** 2 @ filters + _FLOOR)
        for at in range(0, len(frames), 4096)
    ]
    return np.concatenate(parts).astype(np.float32)


def _pooled(values: NDArray[np.float32], at: NDArray[np.int64]) -> NDArray[np.float32]:
    """Mean of the five values around each index."""
    smooth = np.convolve(np.pad(values, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    return np.asarray(smooth[np.minimum(at, len(smooth) - 1)], dtype=np.float32)


def _speech(probability: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    middles = (np.arange(len(probability)) + 0.5) * speech.FRAME / speech.RATE
    return np.interp(np.arange(count) / float(TRACK_RATE), middles, probability).astype(np.float32)
