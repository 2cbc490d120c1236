"""Moments that are given from outside, fitted to the length bounds by what is said in and around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from clipy.analysis.audio.levels import levels
from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.selection.candidates import Candidate, at_cuts, bounds, candidates, split_sentences
from clipy.stages.highlight.selection.features import Features, Judge
from clipy.stages.highlight.selection.titles import title
from clipy.text.sentences import Sentence, sentences
from clipy.types import Seconds, Span, Transcript, Video, seconds

_SLACK = Fraction(1, 2)  # seconds by which sentences may begin before a mark, or end after it: marks are set by hand
_TARGET = Fraction(1, 2)  # of the way between the bounds lies the length to take where nobody speaks


@dataclass(frozen=True)
class Fitting:
    """What is said in a video, asked for only when a moment does not fit as it is."""

    video: Video
    options: Highlighter.Options
    ctx: Context

    def shortened(self, moment: Span) -> tuple[Span, Mapping[str, float]]:
        """The stretch of whole sentences in a moment that scores best, and its features; its opening without speech."""
        inside = self._within(Span(max(Fraction(0), moment.start - _SLACK), moment.end + _SLACK))
        if not inside:
            return Span(moment.start, min(moment.end, moment.start + self._length)), {}
        judged: list[tuple[Candidate, Features]] = [(item, self._judge.features(item)) for item in inside]
        best, features = max(judged, key=lambda item: (item[1].score, -item[0].span.start))
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        words, reach = self._transcript.words, seconds(self.options.snap)
        return at_cuts(best.span, self.video, words, shortest, longest, reach, self.ctx), features.values

    def widened(self, moment: Span, room: Span) -> Span | None:
        """The shortest stretch of whole sentences around a moment that is long enough; None when the room is too small.

        Where nobody speaks it grows evenly at both ends.
        """
        around = [item.span for item in self._within(room) if item.span.overlap(moment) >= moment.duration - _SLACK]
        if around:
            return min(around, key=lambda span: (span.duration, span.start))
        missing = seconds(self.options.min_duration) - moment.duration
        if self._sentences_in(room) or missing > moment.start - room.start + room.end - moment.end:
            return None
        before = min(missing / 2, moment.start - room.start)
        after = min(missing - before, room.end - moment.end)
        return Span(moment.end + after - seconds(self.options.min_duration), moment.end + after)

    def title(self, span: Span) -> str:
        """A phrase that is said in a stretch; empty when nothing is."""
        spoken = self._sentences_in(span)
        return title(spoken) if spoken else ""

    @property
    def _length(self) -> Seconds:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        target = self.options.target_duration
        return seconds(target) if target is not None else shortest + _TARGET * (longest - shortest)

    def _within(self, room: Span) -> list[Candidate]:
        return [item for item in self._candidates if item.span.overlap(room) == item.span.duration]

    def _sentences_in(self, span: Span) -> list[Sentence]:
        return [sentence for sentence in self._sentences if (sentence.span.start + sentence.span.end) / 2 in span]

    @cached_property
    def _transcript(self) -> Transcript:
        return transcript_of(self.video, self.ctx)

    @cached_property
    def _sentences(self) -> list[Sentence]:
        return split_sentences(sentences(self._transcript), seconds(self.options.max_duration))

    @cached_property
    def _candidates(self) -> list[Candidate]:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        silence = None if self.options.max_silence is None else seconds(self.options.max_silence)
        return list(candidates(self._sentences, self.video.duration, shortest, longest, silence))

    @cached_property
    def _judge(self) -> Judge:
        target = None if self.options.target_duration is None else seconds(self.options.target_duration)
        return Judge(self._sentences, levels(self.video, self.ctx), target=target)
