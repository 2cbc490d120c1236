"""``pizzazz = "tighten"``: jump cuts that remove long silences and filler words.

It only plans: it rewrites ``edit.keep`` and ``edit.words``. Captions, crop, sound and documents follow, as they ask the
edit which moment of the source is shown when. Earlier plans in clip time could not follow, so this comes first.
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

_BELOW_SPEECH = 18.0  # dB below the speech: breaths are quieter, laughs are not
_ABOVE_NOISE = 6.0  # dB above the noise floor: pauses in noisy places stay below
_MIN_BELOW_SPEECH = 6.0  # dB; anything louder is never noise, however much of it there is
_SEARCH_RANGE = Fraction(1, 10)  # seconds into a pause in which the quietest start and end of a filler are searched
_MIN_CUT = Fraction(3, 25)  # seconds; shorter cuts are noticeable and gain nothing
_SMOOTHING = 5  # levels (50 ms) averaged, so that a click does not split a silence


class Tighten(Pizzazz):
    """Cuts out long silences and filler words, never inside a word; laughter, applause and music in pauses stay."""

    retimes: ClassVar[bool] = True

    class Options(Pizzazz.Options):
        max_silence: float = Field(0.7, ge=0.2, le=60, description="Longest silence to leave untouched, in seconds.")
        keep_silence: float = Field(0.25, ge=0.04, le=60, description="Length to cut longer silences to, in seconds.")
        fillers: bool = Field(True, description="Cut out filler words (um, uh, ähm, euh) in the spoken language.")
        filler_words: tuple[str, ...] = Field((), description="Additional words to always cut out.")

        @model_validator(mode="after")
        def _keeps_less_than_the_maximum(self) -> Self:
            if self.keep_silence > self.max_silence:
                raise ValueError(f"keep_silence {self.keep_silence} is longer than max_silence {self.max_silence}")
            return self

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Rewrite ``keep``, and remove fillers from ``words``; returns the same edit where there is nothing to cut."""
        if edit.plans:
            raise ConfigError(
                f"{self.name} comes after {', '.join(edit.plans)} and would cut out what they have planned for",
                do=f"Put {self.name} before every other pizzazz",
            )
        fillers = [word for word in edit.words if self._is_filler(word, edit.language)]
        words = sorted((word for word in edit.words if word not in fillers), key=lambda word: word.start)
        if not words:
            return edit  # without speech, a pause cannot be told from a quiet scene
        ctx.report("detecting pauses")
        levels = intensity(video, edit.highlight.span)
        cuts = self._cuts(edit.highlight.span, words, fillers, levels)
        removed = [word for word in fillers if any(cut.start <= word.start and word.end <= cut.end for cut in cuts)]
        if not cuts:
            return edit
        return replace(edit, keep=_subtract(edit.keep, cuts), words=_remaining_words(edit.words, removed))

    def _is_filler(self, word: Word, language: str) -> bool:
        return is_filler(word.text, language if self.options.fillers else "", self.options.filler_words)

    def _cuts(self, span: Span, words: Sequence[Word], fillers: Sequence[Word], levels: Intensity) -> list[Span]:
        """The spans to cut out of the pauses between words and at the clip's ends, in order, without overlaps."""
        threshold = _silence_threshold(levels, words)
        cuts: list[Span] = []
        for pause in _pauses(span, words):
            spoken = [_filler_span(word, pause, levels) for word in fillers if pause.start <= word.start <= pause.end]
            for silence in _silences(pause, spoken, levels, threshold):
                inside = [filler for filler in spoken if filler.overlap(silence) > 0]
                if inside or silence.duration > seconds(self.options.max_silence):
                    cuts.append(self._cut(silence, inside, span))
        return [cut for cut in cuts if cut.duration >= _MIN_CUT]

    def _cut(self, silence: Span, fillers: Sequence[Span], clip: Span) -> Span:
        """The part of a silence to cut out: half of what is kept stays at each end, as far as fillers leave room.

        At the clip's start or end, all of it stays beside the word.
        """
        kept = seconds(self.options.keep_silence)
        first, last = silence.start == clip.start, silence.end == clip.end
        before = 0 if first else kept if last else kept / 2
        after = 0 if last else kept if first else kept / 2
        if fillers:
            before, after = min(before, fillers[0].start - silence.start), min(after, silence.end - fillers[-1].end)
        start = min(silence.start + before, silence.end)
        return Span(start, max(start, silence.end - after))


def _pauses(span: Span, words: Sequence[Word]) -> Iterator[Span]:
    """The parts of a span without words."""
    latest = span.start
    for word in words:
        if word.start > latest:
            yield Span(latest, min(word.start, span.end))
        latest = min(max(latest, word.end), span.end)
    if latest < span.end:
        yield Span(latest, span.end)


def _filler_span(word: Word, pause: Span, levels: Intensity) -> Span:
    """A filler's span with its edges at the quietest moments nearby, never reaching into the words around it."""
    start, end = max(word.start, pause.start), min(word.end, pause.end)
    first = levels.quietest(Span(max(pause.start, start - _SEARCH_RANGE), start)) if start > pause.start else start
    last = levels.quietest(Span(end, min(pause.end, end + _SEARCH_RANGE))) if end < pause.end else end
    return Span(first, max(first, last))


def _silence_threshold(levels: Intensity, words: Sequence[Word]) -> float:
    """The level in dBFS below which a pause is silent."""
    spoken = np.zeros(len(levels.decibels), dtype=bool)
    for word in words:
        first, last = (int((time - levels.start) / STEP) for time in (word.start, word.end))
        spoken[max(0, first) : max(0, last + 1)] = True
    if spoken.all() or not spoken.any():
        return -np.inf
    speech = float(np.median(levels.decibels[spoken]))
    noise = float(np.percentile(levels.decibels[~spoken], 10))
    return min(max(noise + _ABOVE_NOISE, speech - _BELOW_SPEECH), speech - _MIN_BELOW_SPEECH)


def _silences(pause: Span, fillers: Sequence[Span], levels: Intensity, threshold: float) -> Iterator[Span]:
    """The silent parts of a pause; fillers count as silence."""
    smoothed = _moving_average(levels.within(pause))
    times = [min(pause.end, pause.start + index * STEP) for index in range(len(smoothed))] + [pause.end]
    silent = smoothed < threshold
    for index, time in enumerate(times[:-1]):
        silent[index] |= any(filler.overlap(Span(time, times[index + 1])) > 0 for filler in fillers)
    for first, last in true_runs(silent):
        yield Span(times[first], times[last])


def _moving_average(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    width = min(_SMOOTHING, len(levels))
    padded = np.pad(levels, (width // 2, (width - 1) // 2), mode="edge")
    return np.asarray(np.convolve(padded, np.full(width, 1 / width), mode="valid"), dtype=np.float32)


def _subtract(keep: Sequence[Span], cuts: Sequence[Span]) -> tuple[Span, ...]:
    """The spans to keep without ``cuts``, which are in order and do not overlap."""
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


def _remaining_words(words: Sequence[Word], removed: Sequence[Word]) -> tuple[Word, ...]:
    """The words that stay, taking over sentence capitals and final punctuation from removed ones."""
    remaining: list[Word] = []
    capitalize = False
    for word in words:
        if word in removed:
            opens_sentence = not remaining or ends_with_terminal(remaining[-1].text)
            capitalize = capitalize or (opens_sentence and word.text[:1].isupper())
            if remaining and not opens_sentence and ends_with_terminal(word.text):
                mark = word.text.rstrip(CLOSERS)[-1]
                remaining[-1] = replace(remaining[-1], text=remaining[-1].text.rstrip(",;:–—-") + mark)
                capitalize = False
            continue
        remaining.append(replace(word, text=word.text[:1].upper() + word.text[1:]) if capitalize else word)
        capitalize = False
    return tuple(remaining)
