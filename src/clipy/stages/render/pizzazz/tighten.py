"""Tighten: long silences and filler words are cut out of a clip. It decides only: ``edit.keep`` and ``edit.words``.

Captions, crop, sound and documents follow by themselves, because they ask the edit which moment of the source is shown
when. What was planned before in clip time cannot follow, so this comes before every other pizzazz.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from clipy.analysis.audio.intensity import STEP, Intensity, intensity
from clipy.arrays import true_runs
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.stages.base import Pizzazz
from clipy.text.fillers import is_filler
from clipy.text.punctuation import CLOSERS, ends_with_terminal
from clipy.types import Edit, Seconds, Span, Video, Word, seconds

_QUIET = 18.0  # dB below the speech: a breath is, a laugh is not
_STEADY = 6.0  # dB above the background: in a noisy place, this is all that a pause has
_HEARD = 6.0  # dB below the speech, from which on it is never background, however much of it there is
_SLACK = Fraction(1, 10)  # seconds into a pause in which a filler's beginning and end are looked for
_SHORTEST = Fraction(3, 25)  # seconds: a shorter cut is a hiccup, not a gain
_SMOOTH = 5  # levels (50 ms) averaged, so that a click does not part a silence


class Tighten(Pizzazz):
    """Cuts out long silences and filler words, never inside a word; laughs, applause and music in a pause stay."""

    retimes: ClassVar[bool] = True

    class Options(Pizzazz.Options):
        max_silence: float = Field(0.7, ge=0.2, le=60, description="Longest silence that stays, in seconds.")
        keep_silence: float = Field(0.25, ge=0.04, le=60, description="What is left of a longer one, in seconds.")
        fillers: bool = Field(True, description="Cut out filler words (um, uh, ähm, euh) of the language spoken.")
        filler_words: tuple[str, ...] = Field((), description="More words to cut out wherever they are said.")

        @model_validator(mode="after")
        def _less_is_left(self) -> Self:
            if self.keep_silence > self.max_silence:
                raise ValueError(f"keep_silence {self.keep_silence} is longer than max_silence {self.max_silence}")
            return self

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Rewrite ``keep``, and take fillers out of ``words``; the same edit when there is nothing to cut."""
        if edit.plans:
            raise ConfigError(
                f"{self.name} comes after {', '.join(edit.plans)}, which planned for what it would cut out",
                do=f"Put {self.name} before every other pizzazz",
            )
        fillers = [word for word in edit.words if self._is_filler(word, edit.language)]
        words = sorted((word for word in edit.words if word not in fillers), key=lambda word: word.start)
        if not words:
            return edit  # nothing tells a pause in speech from a quiet scene
        ctx.report("looking for pauses")
        heard = intensity(video, edit.highlight.span)
        cuts = self._cuts(edit.highlight.span, words, fillers, heard)
        gone = [word for word in fillers if any(cut.start <= word.start and word.end <= cut.end for cut in cuts)]
        return replace(edit, keep=_without(edit.keep, cuts), words=_spoken(edit.words, gone)) if cuts else edit

    def _is_filler(self, word: Word, language: str) -> bool:
        return is_filler(word.text, language if self.options.fillers else "", self.options.filler_words)

    def _cuts(self, span: Span, words: Sequence[Word], fillers: Sequence[Word], heard: Intensity) -> list[Span]:
        """What to cut out of the pauses between words, and of those at the clip's ends; in order and apart."""
        limit = _limit(heard, words)
        cuts: list[Span] = []
        for pause in _pauses(span, words):
            inside = [_extent(word, pause, heard) for word in fillers if pause.start <= word.start <= pause.end]
            for silence in _silences(pause, inside, heard, limit):
                said = [filler for filler in inside if filler.overlap(silence) > 0]
                if said or silence.duration > seconds(self.options.max_silence):
                    cuts.append(self._shortened(silence, said, span))
        return [cut for cut in cuts if cut.duration >= _SHORTEST]

    def _shortened(self, silence: Span, said: Sequence[Span], whole: Span) -> Span:
        """A silence without what stays of it at both ends; around fillers, no more stays than there is.

        Where the clip begins or ends with it, all that stays is beside the word.
        """
        left = seconds(self.options.keep_silence)
        first, last = silence.start == whole.start, silence.end == whole.end
        before = 0 if first else left if last else left / 2
        after = 0 if last else left if first else left / 2
        if said:
            before, after = min(before, said[0].start - silence.start), min(after, silence.end - said[-1].end)
        start = min(silence.start + before, silence.end)
        return Span(start, max(start, silence.end - after))


def _pauses(span: Span, words: Sequence[Word]) -> Iterator[Span]:
    """The stretches of a span in which no word is said."""
    latest = span.start
    for word in words:
        if word.start > latest:
            yield Span(latest, min(word.start, span.end))
        latest = min(max(latest, word.end), span.end)
    if latest < span.end:
        yield Span(latest, span.end)


def _extent(word: Word, pause: Span, heard: Intensity) -> Span:
    """A filler with its beginning and end where it is quietest nearby, never reaching into the words around it."""
    start, end = max(word.start, pause.start), min(word.end, pause.end)
    first = heard.quietest(Span(max(pause.start, start - _SLACK), start)) if start > pause.start else start
    last = heard.quietest(Span(end, min(pause.end, end + _SLACK))) if end < pause.end else end
    return Span(first, max(first, last))


def _limit(heard: Intensity, words: Sequence[Word]) -> float:
    """The level in dBFS below which a pause is silent."""
    spoken = np.zeros(len(heard.decibels), dtype=bool)
    for word in words:
        first, last = (int((time - heard.start) / STEP) for time in (word.start, word.end))
        spoken[max(0, first) : max(0, last + 1)] = True
    if spoken.all() or not spoken.any():
        return -np.inf
    speech = float(np.median(heard.decibels[spoken]))
    background = float(np.percentile(heard.decibels[~spoken], 10))
    return min(max(background + _STEADY, speech - _QUIET), speech - _HEARD)


def _silences(pause: Span, fillers: Sequence[Span], heard: Intensity, limit: float) -> Iterator[Span]:
    """The silent stretches of a pause; a filler counts as silence."""
    levels = _smoothed(heard.within(pause))
    times = [min(pause.end, pause.start + index * STEP) for index in range(len(levels))] + [pause.end]
    silent = levels < limit
    for index, time in enumerate(times[:-1]):
        silent[index] |= any(filler.overlap(Span(time, times[index + 1])) > 0 for filler in fillers)
    for first, last in true_runs(silent):
        yield Span(times[first], times[last])


def _smoothed(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    width = min(_SMOOTH, len(levels))
    padded = np.pad(levels, (width // 2, (width - 1) // 2), mode="edge")
    return np.asarray(np.convolve(padded, np.full(width, 1 / width), mode="valid"), dtype=np.float32)


def _without(keep: Sequence[Span], cuts: Sequence[Span]) -> tuple[Span, ...]:
    """What is kept of some spans when others, in order and apart, are cut out."""
    kept: list[Span] = []
    for span in keep:
        at: Seconds = span.start
        for cut in (cut.clamp(span) for cut in cuts):
            if cut.start > at:
                kept.append(Span(at, cut.start))
            at = max(at, cut.end)
        if at < span.end:
            kept.append(Span(at, span.end))
    return tuple(kept)


def _spoken(words: Sequence[Word], gone: Sequence[Word]) -> tuple[Word, ...]:
    """The words that are left, with what the others' punctuation and capitals said about the sentence."""
    left: list[Word] = []
    capital = False
    for word in words:
        if word in gone:
            opens = not left or ends_with_terminal(left[-1].text)
            capital = capital or (opens and word.text[:1].isupper())
            if left and not opens and ends_with_terminal(word.text):
                mark = word.text.rstrip(CLOSERS)[-1]
                left[-1] = replace(left[-1], text=left[-1].text.rstrip(",;:–—-") + mark)
                capital = False
            continue
        left.append(replace(word, text=word.text[:1].upper() + word.text[1:]) if capital else word)
        capital = False
    return tuple(left)
