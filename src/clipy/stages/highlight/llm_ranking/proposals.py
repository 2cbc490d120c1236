"""From the passages that a model named to candidates within the bounds, each once, in one order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clipy.analysis.meaning.duplicates import distinct
from clipy.stages.highlight.llm_ranking.answers import Passage
from clipy.stages.highlight.selection.candidates import Candidate, text_of
from clipy.text.sentences import Sentence
from clipy.types import Highlight, Span

log = logging.getLogger(__name__)

_SAME = 0.5  # of the shorter of two candidates: with so much in common they are one
_PLACE = 0.5  # of the score is the place in the order; the rest is the marks


@dataclass(frozen=True, slots=True)
class Proposal:
    """A passage as the candidate nearest to it. ``fit`` in 0..1: how much of both is in both."""

    candidate: Candidate
    passage: Passage
    fit: float

    @property
    def worth(self) -> float:
        """The marks, less where the bounds made another passage of it; in 0..1."""
        return self.passage.score * (0.5 + 0.5 * self.fit)


def proposed(
    passages: Sequence[Passage], sentences: Sequence[Sentence], candidates: Sequence[Candidate]
) -> list[Proposal]:
    """The passages, each moved to the nearest candidate, best first. The first sentence moves least: it is the hook."""
    found = []
    for passage in passages:
        first, last = passage.first - 1, passage.last - 1
        near = [item for item in candidates if item.first <= last and item.last >= first]
        if not near:
            log.info("sentences %d-%d are in no stretch of allowed length: left out", passage.first, passage.last)
            continue
        best = min(near, key=lambda item: (2 * abs(item.first - first) + abs(item.last - last), item.first, item.last))
        named = Span(sentences[first].span.start, sentences[last].span.end)
        chosen = Span(sentences[best.first].span.start, sentences[best.last].span.end)
        shared = named.overlap(chosen)
        fit = float(shared / (named.duration + chosen.duration - shared))
        found.append(Proposal(best, passage, fit))
    return sorted(found, key=lambda item: (-item.worth, item.candidate.span))


def told_once(proposals: Sequence[Proposal], sentences: Sequence[Sentence]) -> list[Proposal]:
    """Without those that mostly lie in, or say the same as, one before them."""
    kept: list[Proposal] = []
    for item in proposals:
        span = item.candidate.span
        others = (other.candidate.span for other in kept)
        if not any(span.overlap(other) >= _SAME * min(span.duration, other.duration) for other in others):
            kept.append(item)
    apart, again = distinct(kept, lambda item: text_of(sentences, item.candidate))
    for item, twin in again:
        log.info("%.1f s says what %.1f s says: left out", item.candidate.span.start, twin.candidate.span.start)
    return apart


def placed(proposals: Sequence[Proposal], order: Sequence[int]) -> list[tuple[Span, float, Proposal]]:
    """Each proposal with its score in 0..1: half of it by its marks, half by its place in ``order`` (indices)."""
    count = len(proposals)
    return [
        (
            proposals[index].candidate.span,
            (1 - _PLACE) * proposals[index].worth + _PLACE * (count - place) / count,
            proposals[index],
        )
        for place, index in enumerate(order)
    ]


def in_places(found: Sequence[Highlight], order: Sequence[int]) -> list[Highlight]:
    """Highlights with half of their score from before and half from their place in ``order`` (indices), best first."""
    count, placed_ones = len(found), list[Highlight]()
    for place, index in enumerate(order):
        given, pick = (count - place) / count, found[index]
        score = round((1 - _PLACE) * pick.score + _PLACE * given, 4)
        reason = f"the model's number {place + 1} of {count}; {pick.reason}"
        details = {**pick.details, "model": round(given, 4)}
        placed_ones.append(replace(pick, score=score, reason=reason, details=details))
    return sorted(placed_ones, key=lambda pick: (-pick.score, pick.span))
