"""The mood of a clip: energy of the speech, valence of its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.intensity import Intensity, intensity
from clipy.analysis.audio.songs import Mood
from clipy.analysis.meaning.sentiment import sentiment
from clipy.media.read import sound
from clipy.types import Edit, Span, Video, Word

_RATE = 16_000
_FRAME, _HOP = 640, 320  # samples: 40 ms, each 20 ms
_LOWEST, _HIGHEST = 65.0, 400.0  # Hz of a voice
_PERIODIC = 0.5  # normalised autocorrelation at which a frame is voiced
_PAUSE = 1  # seconds between two words that still count as talking
# Calm and lively values, measured on read and on excited speech.
_WORDS_A_SECOND, _SEMITONES, _DECIBELS = (1.8, 3.8), (1.8, 4.5), (4.0, 9.0)
_NEUTRAL = 0.5


def mood_of(video: Video, edit: Edit) -> Mood:
    """Energy from rate, melody and dynamics of the speech; valence from its words, neutral where unknown."""
    span = edit.highlight.span
    score = sentiment((word.text for word in edit.words), edit.language)
    valence = _NEUTRAL if score is None else 0.5 + 0.5 * score
    if not video.audio:
        return Mood(round(valence, 4), _NEUTRAL)
    levels = intensity(video, span)
    dynamics = _share(_dynamics(levels, edit.words), *_DECIBELS)
    if not edit.words:
        return Mood(round(valence, 4), round(0.25 + 0.5 * dynamics, 4))
    melody = _share(_melody(video, span), *_SEMITONES)
    energy = 0.45 * _share(_rate(edit.words), *_WORDS_A_SECOND) + 0.3 * melody + 0.25 * dynamics
    return Mood(round(valence, 4), round(energy, 4))


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _rate(words: Sequence[Word]) -> float:
    """Words per second of speech."""
    talking = sum(
        float(min(after.start - word.start, word.end - word.start + _PAUSE))
        for word, after in zip(words, [*words[1:], words[-1]], strict=True)
        if after.start > word.start
    ) + float(words[-1].end - words[-1].start)
    return len(words) / max(talking, 0.5)


def _dynamics(measured: Intensity, words: Sequence[Word]) -> float:
    """Difference in dB of the 95th percentile and median level, during words or, without any, throughout."""
    levels = np.concatenate([measured.within(word.span) for word in words]) if words else measured.decibels
    return float(np.percentile(levels, 95) - np.median(levels))


def _melody(video: Video, span: Span) -> float:
    """Standard deviation of the pitch, in semitones."""
    pitches = np.concatenate([np.zeros(0, np.float32), *(_pitch(frames) for frames in _frames(video, span))])
    if len(pitches) < 10:
        return 0.0
    tones = 12 * np.log2(pitches)
    middle = np.median(tones)
    return float(np.std(tones[np.abs(tones - middle) < 10]))  # beyond that it is an octave error


def _frames(video: Video, span: Span) -> Iterator[NDArray[np.float32]]:
    """Yield frames (n, 640) of the sound, a few seconds at a time."""
    rest = np.zeros(0, dtype=np.float32)
    for block in sound(video, span, rate=_RATE):
        rest = np.concatenate([rest, block[0]])
        if len(rest) >= 4 * _RATE:
            frames = np.lib.stride_tricks.sliding_window_view(rest, _FRAME)[::_HOP]
            yield frames
            rest = rest[len(frames) * _HOP :]
    if len(rest) >= _FRAME:
        yield np.lib.stride_tricks.sliding_window_view(rest, _FRAME)[::_HOP]


def _pitch(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pitch in Hz of each voiced frame: the highest peak of its autocorrelation."""
    frames = frames - frames.mean(axis=1, keepdims=True)
    size = 2 * _FRAME
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, size, axis=1)) ** 2, axis=1)[:, :_FRAME]
    overlap = 1 - np.arange(_FRAME) / _FRAME
    first, last = int(_RATE / _HIGHEST), int(_RATE / _LOWEST)
    energy = np.maximum(correlation[:, :1], 1e-6)
    peaks = (correlation / energy / overlap)[:, first : last + 1]
    best = np.argmax(peaks, axis=1)
    loud = energy[:, 0] > 0.05 * np.median(energy) + 1e-3
    voiced = (peaks[np.arange(len(best)), best] > _PERIODIC) & loud
    return np.asarray(_RATE / (first + best[voiced]), dtype=np.float32)
