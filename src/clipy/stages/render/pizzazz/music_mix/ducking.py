"""Ducking: the gain of the music over time, down before speech and up again in pauses that are long enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_ATTACK, _LOOKAHEAD = 0.35, 0.05  # seconds to fade down, and to be down before the word
_HOLD, _RELEASE = 0.2, 0.7  # seconds to stay down after a word, and to fade up
_MIN_PAUSE = 1.6  # seconds; the music stays down in shorter pauses, else it would pump

GainPoint = tuple[float, float]  # seconds of clip time, dB


def gain_curve(words: Iterable[tuple[float, float]], speech_gain: float, pause_gain: float) -> tuple[GainPoint, ...]:
    """Gain over time, linear in dB between the points and constant beyond. ``words`` are (start, end) in seconds."""
    points: list[GainPoint] = []
    for start, end in _speech_segments(words):
        points += [(start - _LOOKAHEAD - _ATTACK, pause_gain), (start - _LOOKAHEAD, speech_gain)]
        points += [(end + _HOLD, speech_gain), (end + _HOLD + _RELEASE, pause_gain)]
    return tuple((round(time, 4), gain) for time, gain in points) or ((0.0, pause_gain),)


def _speech_segments(words: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    segments: list[tuple[float, float]] = []
    for start, end in sorted(words):
        if segments and start - segments[-1][1] < _MIN_PAUSE:
            segments[-1] = (segments[-1][0], max(segments[-1][1], end))
        else:
            segments.append((start, end))
    return segments


def gain_factors(points: Sequence[GainPoint], first: int, count: int, rate: int) -> NDArray[np.float32]:
    """The linear gain of ``count`` samples from sample ``first`` on, float32 (count,)."""
    times = (first + np.arange(count)) / rate
    decibels = np.interp(times, [time for time, _ in points], [gain for _, gain in points])
    return np.asarray(10 ** (decibels / 20), dtype=np.float32)


def fade_factors(first: int, count: int, total: int, fade_in: int, fade_out: int) -> NDArray[np.float32]:
    """Raised-cosine fades at both ends of ``total`` samples, for ``count`` samples from ``first`` on."""
    positions = first + np.arange(count) + 0.5
    progress = np.ones(count)
    if fade_in:
        progress = np.minimum(progress, positions / fade_in)
    if fade_out:
        progress = np.minimum(progress, (total - positions) / fade_out)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0, 1)), dtype=np.float32)
