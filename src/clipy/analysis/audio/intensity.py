"""RMS levels of a span every 10 ms: fine enough to cut between two words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.levels import streamed_levels
from clipy.media.read import sound
from clipy.types import Seconds, Span, Video

STEP = Fraction(1, 100)  # seconds between two levels
FLOOR = -90.0  # dBFS taken for digital silence
_RATE = 16_000  # Hz
_HOP = int(_RATE * STEP)


@dataclass(frozen=True, slots=True, eq=False)
class Intensity:
    """RMS levels in dBFS from ``start`` (source time) on, float32 (n,), one per 10 ms."""

    start: Seconds
    decibels: NDArray[np.float32]

    def within(self, span: Span) -> NDArray[np.float32]:
        """The levels in a span of the source; at least one."""
        first, last = self._indices(span)
        return self.decibels[first:last]

    def quietest(self, span: Span) -> Seconds:
        """The quietest moment in a span; the most central of equally quiet ones."""
        first, last = self._indices(span)
        levels = self.decibels[first:last]
        lowest = np.flatnonzero(levels <= levels.min() + 0.5)
        middle = (last - first - 1) / 2
        best = int(lowest[np.argmin(np.abs(lowest - middle))])
        time = self.start + (first + best + Fraction(1, 2)) * STEP
        return min(max(time, span.start), span.end)

    def _indices(self, span: Span) -> tuple[int, int]:
        last = len(self.decibels)
        first = min(max(0, int((span.start - self.start) / STEP)), last - 1)
        return first, min(last, max(first + 1, int((span.end - self.start) / STEP)))


def intensity(video: Video, span: Span) -> Intensity:
    """Measure a span of the speech mix; silence where there is no sound. Levels are means over two channels.

    A mono downmix by FFmpeg would be 3 dB louder where both channels are equal.
    """
    count = max(1, int(span.duration / STEP))
    decibels = np.full(count, FLOOR, dtype=np.float32)
    if not video.audio:
        return Intensity(span.start, decibels)
    done = 0
    for measured in streamed_levels(sound(video, span, rate=_RATE, channels=2), _HOP, FLOOR):
        decibels[done : done + len(measured)] = measured[: count - done]
        done = min(count, done + len(measured))
    return Intensity(span.start, decibels)
