"""Picks by transcript, sound and shots, on this machine: no language model, no network, no key."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import feedback
from clipy.analysis.audio.levels import levels
from clipy.analysis.base import Embedder
from clipy.analysis.embedding.sentence_encoder import SentenceEncoder
from clipy.analysis.meaning.duplicates import distinct
from clipy.analysis.people.turns import turns_of, words_to_turns
from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.stages.base import FEW
from clipy.stages.highlight.editor_choice.model import EditorModel
from clipy.stages.highlight.selection.about import Topic, essence
from clipy.stages.highlight.selection.activity import busiest
from clipy.stages.highlight.selection.candidates import (
    Candidate,
    at_cuts,
    bounds,
    enumerate_candidates,
    split_sentences,
    text_of,
    without_overlaps,
)
from clipy.stages.highlight.selection.features import Features, Judge
from clipy.stages.highlight.selection.interval_scheduling import beside, best_first, best_set
from clipy.stages.highlight.selection.meaning import Meaning, meaning_of
from clipy.stages.highlight.selection.stories import joined
from clipy.stages.highlight.selection.titles import title
from clipy.stages.highlight.selection.unwanted import reasons_of, without_unwanted
from clipy.stages.highlight.selection.user_bias import UserBias, learn_bias
from clipy.stages.highlight.sidecars.beside import PRIORS, ReadsSidecars, Sidecars
from clipy.storage.store import Store
from clipy.text.sentences import Sentence, sentences
from clipy.types import Highlight, Span, Transcript, Video, seconds

log = logging.getLogger(__name__)

Judged: TypeAlias = tuple[Candidate, Features]
Scored: TypeAlias = tuple[Span, float, Judged]

_SPARES = 3  # rounds of further candidates, to replace those that a reviewer rejects
_REPLACED = 20  # candidates in a round, at most
_PAUSE = 8  # seconds in which nobody speaks that a passage is not picked over, where another can be
_SPOKEN = 0.15  # share of a stretch in which somebody speaks, at least: a word or two in music are no passage


class Local(ReadsSidecars):
    """The stretches of whole sentences that score best, without overlaps.

    Every stretch within the length bounds is scored by what editors choose, learnt from the cold opens of podcasts
    (``editor_choice``), and by what a clip needs (``features.NEEDS``); the best set that does not overlap is found
    exactly. Edges lie in silence, and on a cut of the picture where one is near. A passage that says again what a
    better one says is left out, and so is a stretch in which hardly anybody speaks: a word in a minute of music may
    well be one that the transcriber made up. So are sponsor reads, greetings and the like (``unwanted``).
    """

    version = 15
    bar = 0.04  # twice as likely to hold a passage that editors chose as a stretch anywhere in the video is

    class Options(ReadsSidecars.Options):
        speakers: bool = Field(
            default=False,
            description="Tell host and guest apart by voice before picking, where subtitles do not name them: editors"
            " choose what guests say. Takes about 2 s of processor time for 100 s of sound.",
        )
        feedback: bool = Field(
            True, description="Whether to use what was learnt from clips accepted and rejected (clipy feedback)."
        )

    options: Options

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        transcript, beside = transcript_of(video, ctx), self.sidecars_of(video)
        if self.options.speakers and transcript.words:
            transcript = words_to_turns(transcript, turns_of(video, video.span, ctx))
        spoken = split_sentences(sentences(transcript), seconds(self.options.max_duration))
        passages = self._passages(spoken, video)
        if not passages:
            speaks = "hardly anybody speaks" if spoken else "nobody speaks"
            log.warning("%s: %s, so picture and sound alone decide", video.path.name, speaks)
            return self._busiest(video, beside, ctx)
        return self._best(video, transcript, spoken, passages, beside, ctx)

    def _busiest(self, video: Video, beside: Sidecars, ctx: Context) -> list[Highlight]:
        """What picture and sound alone say; where ``count`` is auto, a few: their scores are no probabilities."""
        options, most, spares = self.options, self.most(video), _SPARES
        if options.count == "auto":
            most, spares = min(FEW, most), 1
        shortest, longest = bounds(options.min_duration, options.max_duration)
        target = options.target_duration
        return busiest(video, shortest, longest, most, ctx, spares=spares, target=target, rows=beside.rows)

    def left_out(self, video: Video, ctx: Context) -> Mapping[str, int]:
        spoken = split_sentences(sentences(transcript_of(video, ctx)), seconds(self.options.max_duration))
        passages = self._passages(spoken, video)
        if not passages:
            return {}
        vectors = meaning_of(spoken, essence(self.options.about), ctx).vectors
        return dict(Counter(filter(None, reasons_of(passages, spoken, vectors))).most_common())

    def _passages(self, spoken: Sequence[Sentence], video: Video) -> list[Candidate]:
        """The stretches in which somebody speaks, without long pauses where there are such."""
        every = enumerate_candidates(spoken, video, self.options) if spoken else []
        passages = [item for item in every if _share_spoken(item, spoken) >= _SPOKEN]
        return [item for item in passages if _longest_pause(item, spoken) <= _PAUSE] or passages

    def _best(
        self,
        video: Video,
        transcript: Transcript,
        spoken: Sequence[Sentence],
        every: Sequence[Candidate],
        beside: Sidecars,
        ctx: Context,
    ) -> list[Highlight]:
        meaning = meaning_of(spoken, essence(self.options.about), ctx, promise=beside.promise)
        every = without_unwanted(every, lambda item: item, spoken, meaning.vectors)
        judge = self._judge(video, spoken, meaning, beside, ctx)
        pool = [(item.span, (judged := judge.features(item)).score, (item, judged)) for item in every]
        picks = self._told_once(self._ranked(pool, meaning, video), spoken, meaning)
        found, taken = list[Highlight](), set[str]()
        for candidate, judged in picks:
            inside = slice(candidate.first, candidate.last + 1)
            phrase = title(spoken[inside], worth=meaning.striking[inside].tolist(), taken=taken)
            taken.add(phrase)
            span = self._at_cuts(candidate.span, video, transcript, ctx)
            found.append(Highlight(span, round(judged.score, 4), phrase, judged.reason(), judged.values))
        return without_overlaps(found)

    def _ranked(self, pool: Sequence[Scored], meaning: Meaning, video: Video) -> list[Judged]:
        """The best set of stretches that end on no announcement and whose edges cut into no speech, and spare ones.

        Where these are too few, of the others.
        """
        most, clear = self.most(video), [item for item in pool if item[2][0].clear]
        pools = [item for item in clear if item[2][1].values["finished"] > 0], clear, pool
        chosen, spares = list[Scored](), list[Scored]()
        for others in pools:
            more = self._best_of(_free(others, chosen), most - len(chosen), meaning)
            if more and others is pool:
                log.warning("%d of the passages begin or end within 0.15 s of other speech: nobody pauses", len(more))
            chosen += more
        for others in pools:
            spares = spares or best_first(_free(others, chosen), min(most, _REPLACED), _SPARES - 1)
        return [item for _, _, item in sorted([*chosen, *spares], key=lambda item: (-item[1], item[0].start))]

    def _best_of(self, pool: Sequence[Scored], count: int, meaning: Meaning) -> list[Scored]:
        """The best set, what tells one story as one stretch; where ``count`` is auto, of what is good."""
        bar = self.bar if self.options.count == "auto" else 0.0
        every = {(item[2][0].first, item[2][0].last): item for item in pool}
        chosen, known = list[Scored](), -1
        while known < len(chosen) < count:
            known = len(chosen)
            free = [(item[0], item[1] - bar, item) for item in _free(pool, chosen) if item[1] >= bar]
            more = [item for _, _, item in best_set(free, count - known)]
            chosen = joined([*chosen, *more], lambda item: item[2][0], every, meaning.breaks)
        return chosen

    def _judge(
        self, video: Video, spoken: Sequence[Sentence], meaning: Meaning, beside: Sidecars, ctx: Context
    ) -> Judge:
        topic = Topic(self.options.about, [sentence.text for sentence in spoken]) if self.options.about else None
        if topic is not None and topic.missing:
            log.warning("%s: nobody says %s; what means alike counts", video.path.name, ", ".join(topic.missing))
        target = None if self.options.target_duration is None else seconds(self.options.target_duration)
        model = self._model(ctx)
        choice = model.judge(spoken, meaning.vectors, video.span) if model else None
        return Judge(
            spoken,
            levels(video, ctx),
            topic=topic,
            target=target,
            meaning=meaning,
            choice=choice,
            boundaries=model.boundaries(spoken, meaning.vectors, choice.merits) if model and choice else None,
            moves=_moves(beside, meaning, self._bias(ctx)),
        )

    def editor_model(self) -> EditorModel:
        """What tells which passages editors would choose."""
        return EditorModel.load()

    def _model(self, ctx: Context) -> EditorModel | None:
        if not isinstance(ctx.analyser(Embedder), SentenceEncoder):
            log.warning("what editors choose is learnt for the embedder sentence-encoder: only hand-set weights decide")
            return None
        return self.editor_model()

    def store_digests(self, store: Path) -> tuple[str, ...]:
        """What the user accepted and rejected, where that counts."""
        found = feedback.digest(Store(store)) if self.options.feedback else ""
        return (found,) if found else ()

    def _bias(self, ctx: Context) -> UserBias | None:
        return learn_bias(feedback.recorded(ctx.store), ctx) if self.options.feedback else None

    def _told_once(self, ranked: Sequence[Judged], spoken: Sequence[Sentence], meaning: Meaning) -> list[Judged]:
        """Without passages that say again what a better one says."""
        kept, left = distinct(
            ranked, lambda item: text_of(spoken, item[0]), lambda one, other: meaning.same(one[0], other[0])
        )
        for (again, _), (first, _) in left:
            log.info("%.1f s says what %.1f s says better: left out", again.span.start, first.span.start)
        return kept

    def _at_cuts(self, span: Span, video: Video, transcript: Transcript, ctx: Context) -> Span:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        ctx.report("picking")
        return at_cuts(span, video, transcript.words, shortest, longest, seconds(self.options.snap), ctx)


def _free(pool: Sequence[Scored], chosen: Sequence[Scored]) -> list[Scored]:
    """The stretches beside those that are chosen."""
    return beside(pool, [span for span, _, _ in chosen])


def _share_spoken(candidate: Candidate, spoken: Sequence[Sentence]) -> float:
    """How much of a stretch is words, in 0..1; pauses between them are not."""
    said = (word.span.duration for at in range(candidate.first, candidate.last + 1) for word in spoken[at].words)
    return float(sum(said, Fraction(0)) / candidate.span.duration)


def _longest_pause(candidate: Candidate, spoken: Sequence[Sentence]) -> Fraction:
    """The longest time between two sentences of a stretch, in seconds."""
    inside = spoken[candidate.first : candidate.last + 1]
    return max((after.span.start - before.span.end for before, after in pairwise(inside)), default=Fraction(0))


def _moves(beside: Sidecars, meaning: Meaning, bias: UserBias | None) -> Mapping[str, Callable[[Candidate], float]]:
    """What the files beside the video, and the user's own bias, add to the log-odds of a candidate, by name."""
    found: dict[str, Callable[[Candidate], float]] = {
        name: lambda candidate, move=move: move(candidate.span)  # type: ignore[misc]
        for name, move in beside.moves().items()
    }
    by_sentence = dict[str, NDArray[np.float64]]()
    if meaning.promised is not None:
        by_sentence["promised"] = PRIORS["promised"] * (meaning.promised - meaning.promised.mean())
    if bias is not None:
        by_sentence["feedback"] = bias.of(meaning.vectors)
    for name, row in by_sentence.items():
        found[name] = lambda candidate, row=row: float(row[candidate.first : candidate.last + 1].mean())  # type: ignore[misc]
    return found
