"""What a run already knows of the words of its clips, and where only listening again can tell more.

The run has transcribed the source. Where a clip sounds like the source at the same moments, its words are those: the
same network would find the same in the same sound. Listening again can find something in speech that has no words, in
words that the transcriber was unsure of, and wherever the clip sounds different.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.alignment.forced.word_times import wordless_spans
from clipy.analysis.audio.speech import RATE, Window, speech_regions
from clipy.media.read import sound_array
from clipy.types import Edit, Seconds, Span, Video, Word

_STEP = RATE // 50  # samples of an envelope's value: 20 ms
_PIECE = 250  # values of the envelope that are compared at once: 5 s
_LEAST = 50  # ... and fewer than which, at the end, are not
_REACH = 15  # values (0.3 s) by which the sound may be shifted and still be recognized
_IN_TIME = 1  # values by which it may be shifted: 20 ms
_ALIKE = 0.85  # correlation from which two envelopes are those of one sound
_QUIET = 0.01  # amplitude below which there is nothing to compare
_UNHEARD = Fraction(1)  # seconds of speech without words that are worth listening to
_RUN, _UNSURE = 4, 0.5  # words in a row whose mean probability below this is worth it, too
_ROOM = Fraction(3, 10)  # seconds around doubtful words, so that none of them is cut


@dataclass(frozen=True, slots=True)
class KnownWords:
    """``words`` in clip time that need no second hearing; ``doubtful``: where to listen again."""

    words: tuple[Word, ...]
    doubtful: tuple[Span, ...]


def known_words(heard: Window, edit: Edit, source: Video) -> KnownWords | None:
    """What is known of a clip with the sound ``heard``; None where it does not sound like its source."""
    if not source.audio or not sounds_alike(heard.samples, planned_sound(edit, source)):
        return None
    words, speech = edit.clip_words(), speech_regions(heard.probabilities)
    unsure = [Span(max(Fraction(0), span.start - _ROOM), span.end + _ROOM) for span in _unsure(words)]
    doubtful = tuple(_joined([*wordless_spans(words, speech, _UNHEARD), *unsure]))
    sure = (word for word in words if not any((word.start + word.end) / 2 in span for span in doubtful))
    return KnownWords(tuple(word for word in sure if _is_voiced(word, speech)), doubtful)


def sounds_alike(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Whether two sounds (n,) at 16 kHz go up and down together at the same times, whatever their levels are."""
    a, b = _envelope(first), _envelope(second)
    count = min(len(a), len(b))
    if abs(len(a) - len(b)) > _REACH or not count:
        return False
    pieces = [slice(at, min(at + _PIECE, count)) for at in range(0, count, _PIECE)]
    return all(_in_step(a, b, piece) for piece in pieces if piece.stop - piece.start >= min(_LEAST, count))


def _in_step(a: NDArray[np.float64], b: NDArray[np.float64], piece: slice) -> bool:
    """Whether a piece of one envelope agrees with the other best where it should."""
    part = a[piece]
    if max(part.max(), b[piece].max()) < _QUIET:
        return True
    found = {}
    for lag in range(-_REACH, _REACH + 1):
        begin = piece.start + lag
        if begin >= 0 and begin + len(part) <= len(b):
            found[lag] = _correlation(part, b[begin : begin + len(part)])
    best = max(found, key=lambda lag: found[lag])
    return found[best] >= _ALIKE and abs(best) <= _IN_TIME


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(1e-9, float(np.linalg.norm(a) * np.linalg.norm(b))))


def _envelope(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The root of the mean level, 50 times per second: loud syllables do not drown the others."""
    count = len(samples) // _STEP
    levels = np.sqrt(np.square(samples[: count * _STEP].astype(np.float64)).reshape(count, _STEP).mean(axis=1))
    return np.asarray(np.sqrt(levels))


def planned_sound(edit: Edit, source: Video) -> NDArray[np.float32]:
    """What the source sounds like in a clip, before anything is added: mono at 16 kHz, (n,)."""
    parts = [sound_array(source, span, rate=RATE, mix=source.clip_mix)[0] for span in edit.keep]
    return np.concatenate(parts)


def _unsure(words: Sequence[Word]) -> Iterator[Span]:
    """The runs of words that were recognized with little confidence."""
    for first in range(max(1, len(words) - _RUN + 1)):
        run = words[first : first + _RUN]
        if run and fmean(word.probability for word in run) < _UNSURE:
            yield Span(run[0].start, max(word.end for word in run))


def _is_voiced(word: Word, speech: Sequence[Span]) -> bool:
    return any(word.start < span.end and span.start < word.end for span in speech)


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Spans in order, those that touch as one."""
    open_span: Span | None = None
    for span in sorted(spans, key=_start):
        if open_span is not None and span.start <= open_span.end:
            open_span = Span(open_span.start, max(open_span.end, span.end))
        else:
            if open_span is not None:
                yield open_span
            open_span = span
    if open_span is not None:
        yield open_span


def _start(span: Span) -> Seconds:
    return span.start
