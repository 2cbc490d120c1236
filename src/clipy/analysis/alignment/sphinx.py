"""Forced alignment: an acoustic model finds the time of each phone of the known text."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.alignment.forced.acoustic_model import STATES, AcousticModel
from clipy.analysis.alignment.forced.cepstra import CENTRE, HOP, features
from clipy.analysis.alignment.forced.pronunciation import Phones, Pronunciations
from clipy.analysis.alignment.forced.viterbi import Graph, best_path
from clipy.analysis.alignment.forced.word_times import in_order
from clipy.analysis.audio.speech import RATE
from clipy.analysis.base import Aligner
from clipy.context import Context
from clipy.media.read import sound_array
from clipy.types import Seconds, Span, Transcript, Video, Word

log = logging.getLogger(__name__)

_LANGUAGE = "en"
_LONGEST = Fraction(25)  # seconds of words per alignment
_PAUSE = Fraction(3, 20)  # seconds between words at which there is silence in between
_SILENCE, _NOISE = "SIL", "+SPN+"
_SILENCE_COST, _UNKNOWN_COST = -3.0, -12.0  # log probability of a pause, and of sound outside the text
_UNKNOWN_STEP = -0.7  # log probability of staying within sound without a pronunciation
_BEST = 5  # phones whose mean score is that of "any phone"
_OFFSET = Fraction(round((CENTRE - HOP / RATE / 2) * 10_000), 10_000)  # from a frame's first sample to its boundary


@dataclass(frozen=True, slots=True)
class _Job:
    """Words to align together, and the span of their sound."""

    first: int
    words: tuple[Word, ...]
    span: Span


class Sphinx(Aligner):
    """Forced alignment of English with the acoustic model of CMU Sphinx: a Viterbi search over the phones of the words.

    Given the words and their approximate times, the search finds the most likely boundaries, and allows pauses and
    unknown sound between words. Words that the dictionary lacks are read by rules, so that they keep their time between
    their neighbors.
    Words of other languages keep the transcriber's times, with a warning.
    """

    version = 3

    class Options(Aligner.Options):
        reach: float = Field(
            2.0, gt=0, le=30, description="Largest shift of a word from the transcriber's time, in seconds."
        )

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._loaded: tuple[AcousticModel, Pronunciations] | None = None

    def release(self) -> None:
        self._loaded = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.SPHINX),)

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        words, until = list(transcript.words), Fraction(0)
        others = Counter(code for word in words if (code := transcript.language_of(word)) != _LANGUAGE)
        if others:
            log.warning(
                "%d of %d words keep the transcriber's less exact times: only English is aligned, not %s",
                others.total(),
                len(words),
                ", ".join(repr(code) for code in sorted(others)),
            )
        for first, last in _stretches(transcript):
            room = Span(
                words[first - 1].end if first else Fraction(0),
                words[last].start if last < len(words) else video.duration,
            )
            for job in _jobs(transcript.words[first:last], room, Fraction(self.options.reach)):
                ctx.report("Aligning words", (first + job.first) / len(words))
                span = Span(min(max(job.span.start, until), job.words[0].start), job.span.end)
                found = self._aligned(replace(job, span=span), video, ctx)
                words[first + job.first : first + job.first + len(found)] = found
                until = found[-1].end
        return Transcript(transcript.language, in_order(words, video.span)) if until else transcript

    def _aligned(self, job: _Job, video: Video, ctx: Context) -> list[Word]:
        model, spoken = self._models(ctx)
        samples = sound_array(video, job.span, rate=RATE)[0]
        ways = [spoken.of(word.text) for word in job.words]
        chain = _Chain(model, job, self.options.reach)
        for index, way in enumerate(ways):
            chain.word(index, way, _neighbour(ways, job.words, index, -1), _neighbour(ways, job.words, index, 1))
        graph, senones = chain.finished()
        path = best_path(graph, _with_unknown(model, features(samples), senones))
        if path is None:
            log.info("alignment failed at %.1f s; keeping the transcriber's word times there", float(job.span.start))
            return list(job.words)
        owner = np.array(graph.owner)[path]
        return [_timed(word, np.flatnonzero(owner == index), job) for index, word in enumerate(job.words)]

    def _models(self, ctx: Context) -> tuple[AcousticModel, Pronunciations]:
        """Model and dictionary, loaded on first use."""
        if self._loaded is None:
            folder = models.fetch(models.SPHINX, report=ctx.report)
            self._loaded = AcousticModel.load(folder), Pronunciations(folder / "cmudict-en-us.dict")
        return self._loaded


class _Chain:
    """Builds the HMM states of a job's words in order, with optional silence and noise in between."""

    def __init__(self, model: AcousticModel, job: _Job, reach: float) -> None:
        self._model, self._job, self._graph = model, job, Graph()
        self._columns: dict[int, int] = {}
        self._frames = max(1, -int(-job.span.duration * RATE) // HOP)
        self._reach = round(reach * RATE / HOP)
        self._exits: list[tuple[int, float]] = []  # last states so far, with their exit costs
        self._gap(0)

    def word(self, index: int, ways: Sequence[Phones], left: str, right: str) -> None:
        """Add a word with its pronunciations; without any, it matches any phones."""
        frames = self._around(index, index)
        entries = self._exits
        self._exits = []
        for phones in ways:
            self._exits.append(self._phones(index, frames, phones, (left, right), entries))
        if not ways:
            self._exits.append(self._anything(index, frames, entries))
        self._gap(index + 1)

    def finished(self) -> tuple[Graph, list[int]]:
        """The graph, and the senone of each column; column 0 is "any phone"."""
        self._graph.ends = [state for state, _ in self._exits]
        return self._graph, list(self._columns)

    def _phones(
        self,
        index: int,
        frames: tuple[int, int],
        phones: Phones,
        around: tuple[str, str],
        entries: list[tuple[int, float]],
    ) -> tuple[int, float]:
        context = (around[0], *phones, around[1])
        for at, phone in enumerate(phones):
            place = 3 if len(phones) == 1 else 1 if at == 0 else 2 if at == len(phones) - 1 else 0
            senones = self._model.states(context[at], phone, context[at + 2], place)
            entries = [self._three(self._model.phones[phone], senones, index, frames, entries)]
        return entries[0]

    def _three(
        self,
        phone: int,
        senones: NDArray[np.int32],
        owner: int,
        frames: tuple[int, int],
        entries: list[tuple[int, float]],
    ) -> tuple[int, float]:
        for number in range(STATES):
            state = self._state(1 + self._column(int(senones[number])), owner, frames, entries)
            self._graph.edges[state].append((state, float(self._model.stays[phone, number])))
            entries = [(state, float(self._model.leaves[phone, number]))]
        return entries[0]

    def _anything(self, index: int, frames: tuple[int, int], entries: list[tuple[int, float]]) -> tuple[int, float]:
        """Match at least five frames of any phones."""
        for _ in range(5):
            state = self._state(0, index, frames, entries)
            entries = [(state, _UNKNOWN_STEP)]
        self._graph.edges[state].append((state, _UNKNOWN_STEP))
        return entries[0]

    def _gap(self, index: int) -> None:
        """Add what may precede the word ``index``: nothing, a pause, or sound outside the text."""
        frames = self._around(index - 1, index)
        before = list(self._exits)
        phone = self._model.phones[_SILENCE]
        first = len(self._graph.column)
        costly = [(state, cost + _SILENCE_COST) for state, cost in before]
        silent = self._three(phone, self._model.senones[phone], -1, frames, costly)
        unknown = self._state(0, -1, frames, [(state, cost + _UNKNOWN_COST) for state, cost in before])
        self._graph.edges[unknown] += [(unknown, _UNKNOWN_STEP), (silent[0], silent[1] + _UNKNOWN_COST)]
        self._graph.edges[first].append((unknown, _UNKNOWN_STEP))
        if not before:
            self._graph.starts = [first, unknown]
        self._exits = [*before, silent, (unknown, _UNKNOWN_STEP)]

    def _state(self, column: int, owner: int, frames: tuple[int, int], entries: list[tuple[int, float]]) -> int:
        return self._graph.add(column, owner, frames, list(entries))

    def _column(self, senone: int) -> int:
        return self._columns.setdefault(senone, len(self._columns))

    def _around(self, before: int, after: int) -> tuple[int, int]:
        """The range of frames allowed for states from one word to another."""
        words, span = self._job.words, self._job.span
        first = 0 if before < 0 else int((words[before].start - span.start) * RATE / HOP) - self._reach
        last = self._frames if after >= len(words) else int((words[after].end - span.start) * RATE / HOP) + self._reach
        return first, last


def _stretches(transcript: Transcript) -> Iterator[tuple[int, int]]:
    """Yield the half-open index range of each run of words in the model's language."""
    first = 0
    for known, run in groupby(transcript.words, key=lambda word: transcript.language_of(word) == _LANGUAGE):
        last = first + sum(1 for _ in run)
        if known:
            yield first, last
        first = last


def _jobs(words: Sequence[Word], room: Span, reach: Seconds) -> Iterator[_Job]:
    """Cut words into short runs, at the longest pause of each second half.

    Their sound is limited to ``room``, which covers all of the words.
    """
    first = 0
    while first < len(words):
        last = first
        while last < len(words) and words[last].end - words[first].start <= _LONGEST:
            last += 1
        last = max(last, first + 1)
        if last < len(words):
            half = first + max(1, (last - first) // 2)
            last = max(range(half, last + 1), key=lambda index: words[index].start - words[index - 1].end)
        end = words[last - 1].end + reach
        if last < len(words):
            end = min(end, words[last].start)
        span = Span(max(Fraction(0), words[first].start - reach), max(end, words[last - 1].end)).clamp(room)
        yield _Job(first, tuple(words[first:last]), span)
        first = last


def _neighbour(ways: Sequence[Sequence[Phones]], words: Sequence[Word], index: int, step: int) -> str:
    """The phone next to a word's first or last one: silence at pauses and unknown words."""
    other = index + step
    if not 0 <= other < len(words) or not ways[other]:
        return _SILENCE
    early, late = sorted((index, other))
    if words[late].start - words[early].end >= _PAUSE:
        return _SILENCE
    return ways[other][0][-1 if step < 0 else 0]


def _with_unknown(model: AcousticModel, sound: NDArray[np.float32], senones: Sequence[int]) -> NDArray[np.float32]:
    """Scores of the senones, after a first column for "any phone": the mean of the most likely phones."""
    spoken = [number for name, number in model.phones.items() if name not in (_SILENCE, _NOISE, "+NSN+")]
    middles = model.senones[spoken, 1].tolist()
    scores = model.scores(sound, [*middles, *senones])
    some = np.partition(scores[:, : len(middles)], -_BEST, axis=1)[:, -_BEST:].mean(axis=1, keepdims=True)
    return np.concatenate([some, scores[:, len(middles) :]], axis=1)


def _timed(word: Word, frames: NDArray[np.int64], job: _Job) -> Word:
    """Set a word's times from its frames."""
    step = Fraction(HOP, RATE)
    start = job.span.start + int(frames[0]) * step + _OFFSET
    return replace(word, start=start, end=job.span.start + (int(frames[-1]) + 1) * step + _OFFSET)
