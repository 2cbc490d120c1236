"""Listens to the whole sound of a file once, and says how loud it is and where it is silent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.media.checks.stretches import Stretches
from clipy.media.loudness import amplitude, measure
from clipy.media.opening import opened
from clipy.media.read import sound
from clipy.types import Seconds, Span, Video

_QUIET = amplitude(-60.0)
_RATE = 48_000
_LISTEN = _RATE // 10  # samples judged at a time


@dataclass(frozen=True, slots=True)
class Heard:
    """What the first sound track of a file is like: ``loudness`` in LUFS, ``true_peak`` in dBTP; None in silence."""

    end: Seconds
    silent: tuple[Span, ...]
    loudness: float | None
    true_peak: float | None


def listen(video: Video) -> Heard:
    """Decode the first sound track, which must be there."""
    quiet = Stretches()

    def noted() -> Iterator[NDArray[np.float32]]:
        position = 0
        for block in sound(video, video.span, rate=_RATE, channels=2):
            yield block
            for begin in range(0, block.shape[1], _LISTEN):
                loudest = float(np.abs(block[:, begin : begin + _LISTEN]).max())
                quiet.note(Fraction(position + begin, _RATE), holds=loudest < _QUIET)
            position += block.shape[1]

    loudness = measure(noted(), _RATE)
    return Heard(
        end=_sound_end(video),
        silent=quiet.spans(video.duration),
        loudness=_finite(loudness.integrated),
        true_peak=_finite(loudness.true_peak),
    )


def _finite(level: float) -> float | None:
    return level if math.isfinite(level) else None


def _sound_end(video: Video) -> Seconds:
    """Where the first sound track ends as the container tells it; with the file, where it does not."""
    with opened(video.path) as container:
        stream = container.streams[video.audio[0].index]
        if stream.duration is None or stream.time_base is None:
            return video.duration
        return video.audio[0].start + stream.duration * stream.time_base
