"""How loud a video is over time: one level for each short block, made in one pass and bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clipy.context import Context
from clipy.media.read import sound
from clipy.types import Array, Span, Video

_RATE = 8_000  # samples a second: enough for a level
_BLOCK = 800  # samples: 0.1 s
_FLOOR = -70.0  # dBFS taken for silence


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """RMS level in dBFS, float32 (n,), one for each ``step`` seconds from 0 on; at least -70."""

    decibels: Array
    step: float = _BLOCK / _RATE

    def within(self, span: Span) -> Array:
        """The levels of a span; at least one."""
        first = min(int(span.start / self.step), max(0, len(self.decibels) - 1))
        return self.decibels[first : max(first + 1, int(span.end / self.step))]


def levels(video: Video, ctx: Context) -> Levels:
    """Measure the whole video; silence throughout when it has no sound."""
    count = max(1, round(float(video.duration) * _RATE / _BLOCK))
    decibels = np.full(count, _FLOOR, dtype=np.float32)
    if video.audio:
        rest = np.zeros(0, dtype=np.float32)
        done = 0
        for block in sound(video, video.span, rate=_RATE):
            samples = np.concatenate([rest, block[0]])
            whole = len(samples) // _BLOCK
            power = np.square(samples[: whole * _BLOCK].reshape(whole, _BLOCK)).mean(axis=1)
            measured = 10 * np.log10(np.maximum(power, 10 ** (_FLOOR / 10)))
            room = min(whole, count - done)
            decibels[done : done + room] = measured[:room]
            done += room
            rest = samples[whole * _BLOCK :]
            ctx.report("listening", done / count)
    return Levels(decibels)
