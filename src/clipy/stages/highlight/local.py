"""Picks by transcript, sound and shots, on this machine: no language model, no network, no key."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from fractions import Fraction

from clipy.analysis.base import ShotDetector
from clipy.analysis.sentences import Sentence, sentences
from clipy.analysis.sound import levels
from clipy.analysis.words import transcript_of
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.stages.base import Highlighter
from clipy.stages.highlight.activity import busiest
from clipy.stages.highlight.candidates import Candidate, bounds, candidates, pieces, snapped
from clipy.stages.highlight.features import Features, Judge, title
from clipy.stages.highlight.schedule import best_set
from clipy.types import Highlight, Span, Transcript, Video

log = logging.getLogger(__name__)

_SPARES = 3  # rounds of further candidates, to replace those that a reviewer rejects
_AROUND = Fraction(1)  # seconds around an edge in which cuts of the picture are looked for


class Local(Highlighter):
    """The stretches of whole sentences that score best, without overlaps.

    Every stretch within the length bounds is scored by named features (``features.WEIGHTS``); the best set that does
    not overlap is found exactly. Edges lie in silence, and on a cut of the picture where one is near.
    """

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        if video.duration < shortest:
            raise NothingToDeliver(
                f"the video lasts {float(video.duration):.1f} s, less than the shortest clip ({float(shortest):g} s)",
                where=video.path,
                do="Ask for shorter ones with --set highlight.min_duration=5",
            )
        transcript = transcript_of(video, ctx)
        if not transcript.words:
            log.warning("%s: nobody speaks, so picture and sound alone decide", video.path.name)
            return busiest(video, shortest, longest, self.options.count * _SPARES, ctx)
        return self._spoken(video, transcript, ctx)

    def _spoken(self, video: Video, transcript: Transcript, ctx: Context) -> list[Highlight]:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        spoken = pieces(sentences(transcript), longest)
        judge = Judge(spoken, levels(video, ctx), transcript.language)
        found = candidates(spoken, video.duration, shortest, longest)
        pool = [(item.span, (judged := judge.features(item)).score, (item, judged)) for item in found]
        if not pool:
            raise NothingToDeliver(
                f"no run of whole sentences lasts between {float(shortest):g} and {float(longest):g} s",
                where=video.path,
                do="Allow other lengths with --set highlight.min_duration=... and highlight.max_duration=...",
            )
        picks: list[Highlight] = []
        for _ in range(_SPARES):
            chosen = best_set(pool, self.options.count)
            taken = [span for span, _, _ in chosen]
            pool = [item for item in pool if not any(item[0].overlap(span) for span in taken)]
            best_first = sorted(chosen, key=lambda item: (-item[1], item[0].start))
            picks += [self._pick(video, transcript, spoken, *item[2], ctx) for item in best_first]
        return _without_overlaps(picks)

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
        span = candidate.span
        for edge in (span.start, span.end):
            around = Span(max(Fraction(0), edge - _AROUND), min(video.duration, edge + _AROUND))
            shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, around)
            span = snapped(span, shots, transcript.words, shortest, longest)
        ctx.report("picking")
        chosen = spoken[candidate.first : candidate.last + 1]
        return Highlight(span, round(judged.score, 4), title(chosen), judged.reason())


def _without_overlaps(picks: Sequence[Highlight]) -> list[Highlight]:
    """Snapping can make two neighbours meet; the later one then gives way."""
    kept: list[Highlight] = []
    for pick in picks:
        if not any(pick.span.overlap(other.span) for other in kept):
            kept.append(pick)
    return kept
