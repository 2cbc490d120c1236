"""Picks by transcript, sound and shots, on this machine: no language model, no network, no key."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from clipy.analysis.sentences import Sentence, sentences
from clipy.analysis.sound import levels
from clipy.analysis.words import transcript_of
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.stages.base import Highlighter
from clipy.stages.highlight.about import Topic
from clipy.stages.highlight.activity import busiest
from clipy.stages.highlight.candidates import Candidate, at_cuts, bounds, candidates, pieces, text_of
from clipy.stages.highlight.duplicates import distinct
from clipy.stages.highlight.features import Features, Judge, title
from clipy.stages.highlight.schedule import best_set
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
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        transcript = transcript_of(video, ctx)
        if not transcript.words:
            log.warning("%s: nobody speaks, so picture and sound alone decide", video.path.name)
            return busiest(video, shortest, longest, self.options.count * _SPARES, ctx)
        return self._spoken(video, transcript, ctx)

    def _spoken(self, video: Video, transcript: Transcript, ctx: Context) -> list[Highlight]:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        spoken = pieces(sentences(transcript), longest)
        judge = self._judge(video, spoken, transcript.language, ctx)
        silence = None if self.options.max_silence is None else seconds(self.options.max_silence)
        found = candidates(spoken, video.duration, shortest, longest, silence)
        pool = [(item.span, (judged := judge.features(item)).score, (item, judged)) for item in found]
        if not pool:
            raise NothingToDeliver(
                f"no run of whole sentences lasts between {float(shortest):g} and {float(longest):g} s",
                where=video.path,
                do="Allow other lengths with --set highlight.min_duration=... and highlight.max_duration=...",
            )
        ranked: list[tuple[Candidate, Features]] = []
        for _ in range(_SPARES):
            chosen = best_set(pool, self.options.count)
            taken = [span for span, _, _ in chosen]
            pool = [item for item in pool if not any(item[0].overlap(span) for span in taken)]
            ranked += [item[2] for item in sorted(chosen, key=lambda item: (-item[1], item[0].start))]
        return _without_overlaps(
            [self._pick(video, transcript, spoken, *item, ctx) for item in _told_once(ranked, spoken)]
        )

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


def _without_overlaps(picks: Sequence[Highlight]) -> list[Highlight]:
    """Snapping can make two neighbours meet; the later one then gives way."""
    kept: list[Highlight] = []
    for pick in picks:
        if not any(pick.span.overlap(other.span) for other in kept):
            kept.append(pick)
    return kept
