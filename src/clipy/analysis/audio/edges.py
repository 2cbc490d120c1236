"""How the sound of a clip starts and ends: inside a word, or with silence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import FRAME, RATE, Window, probabilities
from clipy.arrays import true_runs
from clipy.media.loudness import block_levels
from clipy.types import Seconds, Span

_STEP = RATE // 100  # samples (10 ms) per level
_FADE = 1  # steps at an edge that a fade may attenuate
_LOOKED = 5  # steps at an edge; the edge is inside a word if their median is loud
_LOUD = 16.0  # dB below the level of speech that still count as the inside of a word
_FLOOR, _OVER = 5, 3.0  # percentile of all levels that is room noise; dB above it that still count as a pause
_SPOKEN = 0.5  # Silero's default threshold
_CERTAIN = 0.9  # probability at which one direction suffices
_NOBODY = 0.3  # probability below which there is no speech, only other sound
_BEGUN = 8  # frames (a quarter of a second) within which the network detects ongoing speech at an edge
_PADDED = 8  # steps at an edge that may be padding: sound and picture seldom end together
_NOTHING = -90.0  # dBFS
_SILENCE = -120.0  # dBFS, of digital silence
_QUIET = -45.0  # dBFS that count as silence at the loudness of clips
_SPEECH = 50  # percentile of the levels during speech
_PAUSE = 10  # steps of the shortest pause; shorter ones are stop consonants


@dataclass(frozen=True, slots=True)
class Edges:
    """``cut_start`` and ``cut_end``: the sound starts or ends inside speech. ``silent_*``: seconds of silence there.

    ``pauses`` are where a cut is not inside a word: quiet or without a voice for 0.1 s or more.
    """

    cut_start: bool
    cut_end: bool
    silent_start: Seconds
    silent_end: Seconds
    pauses: tuple[Span, ...] = ()

    def is_silent(self, duration: Seconds) -> bool:
        """Whether a file of that duration is silent throughout; tolerates a picture that lasts slightly longer."""
        return self.silent_start + self.silent_end >= duration


def measure_edges(sound: Window) -> Edges:
    """Measure both edges of a clip, given all of its sound."""
    samples, spoken = sound.samples, sound.probabilities
    levels = block_levels(samples[None], _STEP, _SILENCE)
    audible = np.flatnonzero(levels > _QUIET)
    if not len(audible):
        whole = sound.span.duration
        return Edges(cut_start=False, cut_end=False, silent_start=whole, silent_end=whole)
    backwards = probabilities(np.ascontiguousarray(samples[::-1]))  # the network detects speech only after its start
    within = _by_step(spoken > _SPOKEN, len(levels))
    usual = float(np.percentile(levels[within], _SPEECH)) if within.any() else np.inf
    loud = max(usual - _LOUD, float(np.percentile(levels, _FLOOR)) + _OVER)
    nobody = (spoken < _NOBODY) & (backwards[::-1] < _NOBODY)
    return Edges(
        cut_start=_is_cut(levels, spoken, backwards[::-1], loud),
        cut_end=_is_cut(levels[::-1], backwards, spoken[::-1], loud),
        silent_start=Fraction(int(audible[0]) * _STEP, RATE),
        silent_end=Fraction((len(levels) - 1 - int(audible[-1])) * _STEP, RATE),
        pauses=_pauses((levels < loud) | _by_step(nobody, len(levels))),
    )


def _is_cut(
    levels: NDArray[np.float32], onwards: NDArray[np.float32], towards: NDArray[np.float32], loud: float
) -> bool:
    """Whether the start lies inside a word: loud speech from the first moment.

    ``onwards`` and ``towards`` are the speech probabilities computed forwards and backwards. Both must agree unless
    one is certain: backwards, music often scores as speech for a while, and from a cold start the network needs up to
    half a second to detect any.
    """
    begins = next((step for step in range(min(_PADDED, len(levels))) if levels[step] > _NOTHING), 0)
    first = levels[begins + _FADE : begins + _FADE + _LOOKED]
    frame = begins * _STEP // FRAME
    before, after = towards[frame:][:2].max(initial=0.0), onwards[frame:][:_BEGUN].max(initial=0.0)
    spoken = before > _CERTAIN or min(before, after) > _SPOKEN
    return bool(len(first) and np.median(first) > loud and spoken)


def _by_step(frames: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Expand a mask of VAD frames to 10 ms steps; False after the last frame."""
    at = np.arange(steps) * _STEP // FRAME
    return np.asarray(np.append(frames, False)[np.minimum(at, len(frames))], dtype=np.bool_)


def _pauses(quiet: NDArray[np.bool_]) -> tuple[Span, ...]:
    return tuple(
        Span(Fraction(begin * _STEP, RATE), Fraction(end * _STEP, RATE))
        for begin, end in true_runs(quiet)
        if end - begin >= _PAUSE
    )
