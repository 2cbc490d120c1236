"""How loud a video is over time: one level for each short block, made in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.loudness import block_levels
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
        done = 0
        for measured in streamed_levels(sound(video, video.span, rate=_RATE), _BLOCK, _FLOOR):
            decibels[done : done + len(measured)] = measured[: count - done]
            done = min(count, done + len(measured))
            ctx.report("listening", done / count)
    return Levels(decibels)


def streamed_levels(blocks: Iterable[NDArray[np.float32]], size: int, floor: float) -> Iterator[NDArray[np.float32]]:
    """``media.loudness.block_levels`` of a stream of blocks (channels, n): the levels that each of them completes."""
    rest: NDArray[np.float32] | None = None
    for block in blocks:
        samples = block if rest is None else np.concatenate([rest, block], axis=1)
        yield block_levels(samples, size, floor)
        rest = samples[:, samples.shape[1] // size * size :]
