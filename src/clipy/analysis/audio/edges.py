"""How a clip begins and ends: in the middle of a word, or after too long a silence. Measured on its sound alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import FRAME, RATE, probabilities
from clipy.media.read import sound_array
from clipy.types import Seconds, Video

_STEP = RATE // 100  # samples (10 ms) whose level is one value
_FADE = 1  # steps at an edge that a fade may have made soft
_LOOKED = 5  # steps at an edge of which most must be loud for it to lie inside a word
_LOUD = 16.0  # dB below the level of speech that still is the inside of a word
_SPOKEN = 0.5  # Silero's own threshold
_PADDED = 8  # steps at an edge that may hold nothing at all: sound and picture seldom end at the same moment
_NOTHING = -90.0  # dBFS
_QUIET = -45.0  # dBFS: silence, at the loudness that clips have
_SPEECH = 50  # percentile of the levels while somebody speaks


@dataclass(frozen=True, slots=True)
class Edges:
    """``cut_start`` and ``cut_end``: the sound begins or ends inside speech. The others: seconds of silence there."""

    cut_start: bool
    cut_end: bool
    silent_start: Seconds
    silent_end: Seconds


def edges_of(video: Video) -> Edges:
    """What the first and the last moments of a clip sound like. The video has sound."""
    samples = sound_array(video, video.span, rate=RATE)[0]
    levels = _levels(samples)
    heard = np.flatnonzero(levels > _QUIET)
    if not len(heard):
        return Edges(cut_start=False, cut_end=False, silent_start=video.duration, silent_end=video.duration)
    spoken = probabilities(samples)
    backwards = probabilities(np.ascontiguousarray(samples[::-1]))  # the network hears speech only once it has begun
    within = np.repeat(spoken > _SPOKEN, FRAME // _STEP + 1)[: len(levels)]
    usual = float(np.percentile(levels[: len(within)][within], _SPEECH)) if within.any() else np.inf
    return Edges(
        cut_start=_is_cut(levels, backwards[::-1], usual),
        cut_end=_is_cut(levels[::-1], spoken[::-1], usual),
        silent_start=Fraction(int(heard[0]) * _STEP, RATE),
        silent_end=Fraction((len(levels) - 1 - int(heard[-1])) * _STEP, RATE),
    )


def _is_cut(levels: NDArray[np.float64], spoken: NDArray[np.float32], usual: float) -> bool:
    """Whether the beginning of what is given lies inside a word: loud speech from the first moment."""
    begins = next((step for step in range(min(_PADDED, len(levels))) if levels[step] > _NOTHING), 0)
    first = levels[begins + _FADE : begins + _FADE + _LOOKED]
    return bool(
        len(first)
        and np.median(first) > usual - _LOUD
        and spoken[begins * _STEP // FRAME :][:2].max(initial=0.0) > _SPOKEN
    )


def _levels(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """DBFS (RMS) of each 10 ms."""
    count = len(samples) // _STEP
    squares = np.square(samples[: count * _STEP].astype(np.float64)).reshape(count, _STEP).mean(axis=1)
    return np.asarray(10 * np.log10(squares + 1e-12), dtype=np.float64)
