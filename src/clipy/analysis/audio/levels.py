"""Sound levels of a whole video, one per block, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.loudness import Levels, block_levels
from clipy.media.read import sound
from clipy.types import Video

_RATE = 8_000  # Hz: enough for levels
_BLOCK = 800  # samples: 0.1 s, the step of Levels
_FLOOR = -70.0  # dBFS, of silence


def levels(video: Video, ctx: Context) -> Levels:
    """Measure the whole video; silence throughout where it has no sound."""
    count = max(1, round(float(video.duration) * _RATE / _BLOCK))
    decibels = np.full(count, _FLOOR, dtype=np.float32)
    if video.audio:
        done = 0
        for measured in streamed_levels(sound(video, video.span, rate=_RATE), _BLOCK, _FLOOR):
            decibels[done : done + len(measured)] = measured[: count - done]
            done = min(count, done + len(measured))
            ctx.report("Measuring sound levels", done / count)
    return Levels(decibels)


def streamed_levels(blocks: Iterable[NDArray[np.float32]], size: int, floor: float) -> Iterator[NDArray[np.float32]]:
    """Yield ``media.loudness.block_levels`` of streamed blocks (channels, n), as each block completes them."""
    rest: NDArray[np.float32] | None = None
    for block in blocks:
        samples = block if rest is None else np.concatenate([rest, block], axis=1)
        yield block_levels(samples, size, floor)
        rest = samples[:, samples.shape[1] // size * size :]
