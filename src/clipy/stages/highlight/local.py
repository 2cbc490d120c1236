"""Picks by transcript, sound and shots, on this machine: no language model, no network, no key."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from clipy.analysis.sentences import Sentence, sentences
from clipy.analysis.sound import levels
from clipy.analysis.words import transcript_of
from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.about import Topic
from clipy.stages.highlight.activity import busiest
from clipy.stages.highlight.candidates import (
    Candidate,
    at_cuts,
    bounds,
    pieces,
    possible,
    text_of,
    without_overlaps,
)
from clipy.stages.highlight.duplicates import distinct
from clipy.stages.highlight.features import Features, Judge, title
from clipy.stages.highlight.schedule import best_first
from clipy.types import Highlight, Transcript, Video, seconds

log = logging.getLogger(__name__)

_SPARES = 3  # rounds of further candidates, to replace those that a reviewer rejects


class Local(Highlighter):
    """The stretches of whole sentences that score best, without overlaps.

    Every stretch within the length bounds is scored by named features (``features.WEIGHTS``); the best set that does
    not overlap is found exactly. Edges lie in silence, and on a cut of the picture where one is near. A passage that
    says again what a better one says is left out.
    """

    version = 2

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        transcript = transcript_of(video, ctx)
        if not transcript.words:
            log.warning("%s: nobody speaks, so picture and sound alone decide", video.path.name)
            shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
            return busiest(video, shortest, longest, self.options.count * _SPARES, ctx)
        return self._spoken(video, transcript, ctx)

    def _spoken(self, video: Video, transcript: Transcript, ctx: Context) -> list[Highlight]:
        spoken = pieces(sentences(transcript), seconds(self.options.max_duration))
        found = possible(spoken, video, self.options)
        judge = self._judge(video, spoken, transcript.language, ctx)
        pool = [(item.span, (judged := judge.features(item)).score, (item, judged)) for item in found]
        ranked = [item for _, _, item in best_first(pool, self.options.count, _SPARES)]
        told_once = _told_once(ranked, spoken)
        return without_overlaps([self._pick(video, transcript, spoken, *item, ctx) for item in told_once])

    def _judge(self, video: Video, spoken: Sequence[Sentence], language: str, ctx: Context) -> Judge:
        topic = Topic(self.options.about, [sentence.text for sentence in spoken]) if self.options.about else None
        if topic is not None and topic.missing:
            log.warning("%s: nobody says %s, so it cannot steer", video.path.name, ", ".join(topic.missing))
        target = None if self.options.target_duration is None else seconds(self.options.target_duration)
        return Judge(spoken, levels(video, ctx), language, topic=topic, target=target)

    def _pick(
        self,
        video: Video,
        transcript: Transcript,
        spoken: Sequence[Sentence],
        candidate: Candidate,
        judged: Features,
        ctx: Context,
    ) -> Highlight:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        reach = seconds(self.options.snap)
        span = at_cuts(candidate.span, video, transcript.words, shortest, longest, reach, ctx)
        ctx.report("picking")
        chosen = spoken[candidate.first : candidate.last + 1]
        return Highlight(span, round(judged.score, 4), title(chosen), judged.reason(), judged.values)


def _told_once(
    ranked: Sequence[tuple[Candidate, Features]], spoken: Sequence[Sentence]
) -> list[tuple[Candidate, Features]]:
    """Without passages that say again what a better one says."""
    kept, left = distinct(ranked, lambda item: text_of(spoken, item[0]))
    for (again, _), (first, _) in left:
        log.info("%.1f s says what %.1f s says better: left out", again.span.start, first.span.start)
    return kept
