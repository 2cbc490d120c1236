"""How a clip begins and ends: in the middle of a word, or after too long a silence. Measured on its sound alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import FRAME, RATE, Window, probabilities
from clipy.arrays import true_runs
from clipy.media.loudness import block_levels
from clipy.types import Seconds, Span

_STEP = RATE // 100  # samples (10 ms) whose level is one value
_FADE = 1  # steps at an edge that a fade may have made soft
_LOOKED = 5  # steps at an edge of which most must be loud for it to lie inside a word
_LOUD = 16.0  # dB below the level of speech that still is the inside of a word
_FLOOR, _OVER = 5, 3.0  # percentile of all levels that is the place's own noise; dB above it that are still a pause
_SPOKEN = 0.5  # Silero's own threshold
_CERTAIN = 0.9  # probability from which one direction is enough
_NOBODY = 0.3  # probability under which nobody speaks, whatever else is heard
_BEGUN = 8  # frames (a quarter of a second) within which speech that goes on at an edge is noticed from there
_PADDED = 8  # steps at an edge that may hold nothing at all: sound and picture seldom end at the same moment
_NOTHING = -90.0  # dBFS
_SILENCE = -120.0  # dBFS, of digital silence
_QUIET = -45.0  # dBFS: silence, at the loudness that clips have
_SPEECH = 50  # percentile of the levels while somebody speaks
_PAUSE = 10  # steps that a pause lasts at least: shorter ones are the stops inside words


@dataclass(frozen=True, slots=True)
class Edges:
    """``cut_start`` and ``cut_end``: the sound begins or ends inside speech. The others: seconds of silence there.

    ``pauses`` are where a cut would be inside no word: quiet, or without a voice, for a tenth of a second and more.
    """

    cut_start: bool
    cut_end: bool
    silent_start: Seconds
    silent_end: Seconds
    pauses: tuple[Span, ...] = ()

    def is_silent(self, duration: Seconds) -> bool:
        """Whether all of a file of that duration is silent: a picture may last a part of a sample longer."""
        return self.silent_start + self.silent_end >= duration


def measure_edges(sound: Window) -> Edges:
    """What the first and the last moments of a clip sound like, of which all the sound is given."""
    samples, spoken = sound.samples, sound.probabilities
    levels = block_levels(samples[None], _STEP, _SILENCE)
    heard = np.flatnonzero(levels > _QUIET)
    if not len(heard):
        whole = sound.span.duration
        return Edges(cut_start=False, cut_end=False, silent_start=whole, silent_end=whole)
    backwards = probabilities(np.ascontiguousarray(samples[::-1]))  # the network hears speech only once it has begun
    within = _by_step(spoken > _SPOKEN, len(levels))
    usual = float(np.percentile(levels[within], _SPEECH)) if within.any() else np.inf
    loud = max(usual - _LOUD, float(np.percentile(levels, _FLOOR)) + _OVER)
    nobody = (spoken < _NOBODY) & (backwards[::-1] < _NOBODY)
    return Edges(
        cut_start=_is_cut(levels, spoken, backwards[::-1], loud),
        cut_end=_is_cut(levels[::-1], backwards, spoken[::-1], loud),
        silent_start=Fraction(int(heard[0]) * _STEP, RATE),
        silent_end=Fraction((len(levels) - 1 - int(heard[-1])) * _STEP, RATE),
        pauses=_pauses((levels < loud) | _by_step(nobody, len(levels))),
    )


def _is_cut(
    levels: NDArray[np.float32], onwards: NDArray[np.float32], towards: NDArray[np.float32], loud: float
) -> bool:
    """Whether the beginning of what is given lies inside a word: loud speech from the first moment.

    ``onwards`` and ``towards`` are the probabilities of speech, listened to from the beginning and from the end. Both
    must agree unless one is certain: listened to from its end, music often seems to be speech for a while, and from a
    cold start the network takes up to half a second to hear any.
    """
    begins = next((step for step in range(min(_PADDED, len(levels))) if levels[step] > _NOTHING), 0)
    first = levels[begins + _FADE : begins + _FADE + _LOOKED]
    frame = begins * _STEP // FRAME
    before, after = towards[frame:][:2].max(initial=0.0), onwards[frame:][:_BEGUN].max(initial=0.0)
    spoken = before > _CERTAIN or min(before, after) > _SPOKEN
    return bool(len(first) and np.median(first) > loud and spoken)


def _by_step(frames: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """What holds in each frame, for each 10 ms; False after the last frame."""
    at = np.arange(steps) * _STEP // FRAME
    return np.asarray(np.append(frames, False)[np.minimum(at, len(frames))], dtype=np.bool_)


def _pauses(quiet: NDArray[np.bool_]) -> tuple[Span, ...]:
    return tuple(
        Span(Fraction(begin * _STEP, RATE), Fraction(end * _STEP, RATE))
        for begin, end in true_runs(quiet)
        if end - begin >= _PAUSE
    )
