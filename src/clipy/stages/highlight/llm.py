"""Picks by a language model: any endpoint of the OpenAI chat protocol, on this machine or elsewhere.

The model reads numbered sentences and answers with sentence numbers; every time comes from the words. What it names is
fitted to whole sentences within the length bounds, put in one order over all of the video, and chosen without overlaps
by the same exact method as in ``local``. Or it only puts the best candidates of ``local`` in order: one question.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from clipy.analysis.perception import transcript_of
from clipy.chat.answers import sanitize
from clipy.chat.client import ContextExceeded, NoAnswer, Usage, api_key, is_local
from clipy.chat.endpoint import Endpoint
from clipy.chat.prompt_data import estimate_tokens
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.stages.base import Highlighter
from clipy.stages.highlight.llm_ranking import prompts
from clipy.stages.highlight.llm_ranking.answers import AskedPassages, Order, Passages, is_quoted
from clipy.stages.highlight.llm_ranking.proposals import Proposal, in_places, placed, proposed, told_once
from clipy.stages.highlight.llm_ranking.transcript_reader import Reader, Script
from clipy.stages.highlight.llm_ranking.windows import windows
from clipy.stages.highlight.local import Local
from clipy.stages.highlight.selection.activity import busiest
from clipy.stages.highlight.selection.candidates import (
    at_cuts,
    bounds,
    enumerate_candidates,
    split_sentences,
    text_of,
    without_overlaps,
)
from clipy.stages.highlight.selection.interval_scheduling import best_first
from clipy.stages.highlight.selection.titles import title
from clipy.stages.highlight.selection.unwanted import without_unwanted
from clipy.text.sentences import Sentence, sentences
from clipy.types import Highlight, Transcript, Video, seconds

log = logging.getLogger(__name__)

_SPARES = 3  # rounds of further candidates, to replace those that a reviewer rejects
_WINDOW = 6000  # tokens of transcript: half an hour of speech; models overlook more in the middle of longer texts
_SMALLEST = 300  # tokens of transcript that are worth a question
_MARGIN = 0.1  # of the context is left free, because tokens are estimated
_NAMED = 8  # passages that a window is asked for, unless the wanted clips need more
_RANKED = 80  # candidates at most that are put in order
_LETTERS_PER_TOKEN = 3
_FEWEST = 8  # clips that local is asked for, so that there is something to choose from
_TITLE = 80  # letters
_PARALLEL = 4  # windows: few enough for the limits of most accounts


class Llm(Highlighter):
    """The passages that a language model marks highest. Needs an endpoint, and for most of them a key.

    Each window of the transcript is marked against the rubric of ``prompt.md``; the candidates of all windows are then
    put in one order. With the mode ``rerank`` the candidates are those of ``local``, and nothing else is asked. Answers
    are stored: the same question is never paid twice. ``usage`` counts what was asked since the object was made.
    """

    version = 3
    usage: Usage = Usage()

    class Options(Highlighter.Options, Endpoint):
        mode: Literal["read", "rerank"] = Field(
            "read", description="Read the whole transcript, or only put local's best candidates in order: one question."
        )
        candidates: int = Field(
            24, ge=2, le=80, description="How many of local's candidates the mode rerank puts in order."
        )
        context: int = Field(16_384, ge=1024, description="Tokens that the model can read and write at once.")
        parallel: int | None = Field(
            None,
            ge=1,
            le=32,
            description="Windows that are asked about at once: 4, or 1 where the server is this machine.",
        )
        least_judged: float = Field(
            0.8,
            ge=0,
            le=1,
            description="Share of the transcript that must be judged; below it, the run ends with an error.",
        )
        prompt: Path | None = Field(
            None, description="File that replaces the description of a good clip that the model is given."
        )
        title_language: str = Field(
            "", max_length=40, description="Language of the titles; quoted from the video unless given."
        )

    options: Options

    def identity(self) -> dict[str, object]:
        """What the prompt file says counts, not where it lies, nor how many windows are asked about at once."""
        taste = hashlib.sha256(prompts.taste(self.options.prompt).encode()).hexdigest()
        options = self.options.model_dump(mode="json", exclude={"prompt", "parallel"})
        ranked = {"local": self._local.identity()} if self.options.mode == "rerank" else {}
        return {**super().identity(), "options": options, "prompt": taste, **ranked}

    def sidecar_digests(self, path: Path) -> tuple[str, ...]:
        return self._local.sidecar_digests(path) if self.options.mode == "rerank" else ()

    def store_digests(self, store: Path) -> tuple[str, ...]:
        return self._local.store_digests(store) if self.options.mode == "rerank" else ()

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        api_key(self.options.base_url, self.options.api_key_env)
        transcript = transcript_of(video, ctx)
        if not transcript.words:
            log.warning("%s: nobody speaks, so there is nothing to read; picture and sound decide", video.path.name)
            shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
            return busiest(video, shortest, longest, self.most(video) * _SPARES, ctx)
        if self.options.mode == "rerank":
            return self._reranked(video, transcript, ctx)
        script = self._script(transcript, self.most(video))
        found = enumerate_candidates(script.sentences, video, self.options)
        with self.options.chat() as chat:
            reader = Reader(chat, ctx)
            passages = reader.judge(script, self.options.least_judged, self._parallel())
            named = proposed(passages, script.sentences, found)
            wanted = without_unwanted(named, lambda item: item.candidate, script.sentences)
            proposals = told_once(wanted, script.sentences)[:_RANKED]
            texts = [text_of(script.sentences, item.candidate) for item in proposals]
            order = self._order(texts, script.budget, reader)
            pool = placed(proposals, range(len(proposals)) if order is None else order)
        chosen = best_first(pool, self.most(video), _SPARES)
        picks = [self._pick(video, transcript, script.sentences, item, score, ctx) for _, score, item in chosen]
        self._report(reader, ctx)
        return without_overlaps(picks)

    def preview(self, video: Video, ctx: Context) -> str:
        """Every message that would be sent, but for the ranking, whose candidates only the answers tell."""
        if self.options.mode == "rerank":
            return self._preview_of_ranking(video, ctx)
        script = self._script(transcript_of(video, ctx), self.most(video))
        parts = windows(script.costs, script.budget)
        read = sum(estimate_tokens(script.system) + sum(script.costs[index] for index in part) for part in parts)
        usage = Usage(read, self.options.max_tokens * len(parts), len(parts))
        blocks = [
            f"# {self.options.model} at {self.options.base_url}. Questions: {usage.requests} on the sentences, and one"
            f" more to put the candidates in order. Tokens: about {read} to read, at most {usage.written} to write"
            f"{self.options.cost(usage)}.",
            f"# The instructions, the same in each:\n\n{script.system}",
            *(
                f"# Request {number}, sentences {part.start + 1} to {part.stop}:\n\n{script.text(part)}"
                for number, part in enumerate(parts, start=1)
            ),
        ]
        return "\n\n".join(blocks)

    @cached_property
    def _local(self) -> Local:
        """What finds the candidates that are only to be put in order."""
        common = {name: getattr(self.options, name) for name in Highlighter.Options.model_fields}
        count = self.options.count
        return Local(Local.Options(**{**common, "count": _FEWEST if count == "auto" else max(_FEWEST, count)}))

    def _reranked(self, video: Video, transcript: Transcript, ctx: Context) -> list[Highlight]:
        """The best candidates of ``local``: half of a score is ``local``'s, half the place that the model gives."""
        found = self._found(video, ctx)
        if len(found) < 2:
            return found
        with self.options.chat() as chat:
            reader = Reader(chat, ctx)
            order = self._order(_texts(found, transcript), self._room(self._ranking()), reader)
        self._report(reader, ctx)
        return found if order is None else in_places(found, order)

    def _found(self, video: Video, ctx: Context) -> list[Highlight]:
        return ctx.cached(self._local.highlight, video)[: self.options.candidates]

    def _room(self, instructions: str) -> int:
        """Tokens of transcript that can be read at once beside the instructions and the answer."""
        room = self.options.context * (1 - _MARGIN) - self.options.max_tokens - estimate_tokens(instructions)
        if room < _SMALLEST:
            raise ConfigError(
                f"a context of {self.options.context} tokens leaves no room for a transcript beside the instructions"
                f" and an answer of {self.options.max_tokens}",
                do="Set a larger highlight.context or a smaller highlight.max_tokens",
            )
        return int(min(_WINDOW, room))

    def _preview_of_ranking(self, video: Video, ctx: Context) -> str:
        """The one question of the mode ``rerank``."""
        texts = _texts(self._found(video, ctx), transcript_of(video, ctx))
        if len(texts) < 2:
            return "# Fewer than two candidates: nothing would be asked."
        system = self._ranking()
        lines = "\n".join(prompts.clip_lines(texts, self._letters(len(texts), self._room(system))))
        usage = Usage(estimate_tokens(system) + estimate_tokens(lines), self.options.max_tokens, 1)
        return "\n\n".join(
            [
                f"# {self.options.model} at {self.options.base_url}. Questions: 1. Tokens: about {usage.read} to read,"
                f" at most {usage.written} to write{self.options.cost(usage)}.",
                f"# The instructions:\n\n{system}",
                f"# {len(texts)} candidates of local:\n\n{lines}",
            ]
        )

    def _ranking(self) -> str:
        return prompts.ranking(prompts.taste(self.options.prompt), self.options, Order)

    @staticmethod
    def _letters(count: int, budget: int) -> int:
        """How long each of so many candidates may be where all have ``budget`` tokens."""
        return _LETTERS_PER_TOKEN * budget // count

    def _script(self, transcript: Transcript, picks: int) -> Script:
        """What the model is to read, in windows that leave room for the instructions and the answer."""
        options = self.options
        spoken = split_sentences(sentences(transcript), seconds(options.max_duration))
        kind = AskedPassages if options.about else Passages
        taste = prompts.taste(options.prompt)

        def instructions(most: int) -> str:
            return prompts.judging(taste, options, options.title_language, transcript.language, most, kind)

        budget = self._room(instructions(_NAMED))
        script = Script(instructions(_NAMED), kind, spoken, budget)
        most = math.ceil(2 * picks / max(1, len(windows(script.costs, budget))))
        return script if most <= _NAMED else replace(script, system=instructions(most))

    def _parallel(self) -> int:
        """How many windows are asked about at once. A server on this machine mostly has one model in memory, once."""
        return self.options.parallel or (1 if is_local(self.options.base_url) else _PARALLEL)

    def _order(self, texts: Sequence[str], budget: int, reader: Reader) -> list[int] | None:
        """The indices of the candidates, best first; None where there is nothing to order, or the model cannot say."""
        if len(texts) < 2:
            return None
        reader.ctx.report(f"putting {len(texts)} candidates in order", 0.95)
        system, letters = self._ranking(), self._letters(len(texts), budget)
        for room in (letters, letters // 3):
            try:
                return reader.rank(system, prompts.clip_lines(texts, room))
            except ContextExceeded as problem:
                log.info("%s: the candidates are shortened", problem)
            except NoAnswer as problem:
                log.warning("the candidates are not put in order, so their scores decide: %s", problem)
                break
        else:
            log.warning("the candidates are too long to be put in order, so their scores decide")
        return None

    def _pick(
        self,
        video: Video,
        transcript: Transcript,
        spoken: Sequence[Sentence],
        item: Proposal,
        score: float,
        ctx: Context,
    ) -> Highlight:
        shortest, longest = bounds(self.options.min_duration, self.options.max_duration)
        reach = seconds(self.options.snap)
        span = at_cuts(item.candidate.span, video, transcript.words, shortest, longest, reach, ctx)
        details = {**item.passage.marks, "fit": round(item.fit, 4)}
        reason = sanitize(item.passage.reason) or ", ".join(f"{name} {mark:.2f}" for name, mark in details.items())
        chosen = spoken[item.candidate.first : item.candidate.last + 1]
        return Highlight(span, round(score, 4), self._title(item, chosen), reason, details)

    def _title(self, item: Proposal, chosen: Sequence[Sentence]) -> str:
        """The model's title where it may be one: a phrase that is really said, or one in the language asked for."""
        text = sanitize(item.passage.title, _TITLE)
        if text and (self.options.title_language or is_quoted(text, " ".join(sentence.text for sentence in chosen))):
            return text
        log.debug("the title %r is not said in the passage: its first sentence is the title", text)
        return sanitize(title(chosen), _TITLE)

    def _report(self, reader: Reader, ctx: Context) -> None:
        usage = reader.chat.usage
        self.usage += usage
        stored = f", answers from the store: {reader.stored}" if reader.stored else ""
        tokens = f"tokens read: {usage.read}, written: {usage.written}"
        text = f"requests: {usage.requests}, {tokens}{self.options.cost(usage)}{stored}"
        log.info("%s: %s", self.options.model, text)
        ctx.report(text, 1.0)


def _texts(found: Sequence[Highlight], transcript: Transcript) -> list[str]:
    """What is said in each candidate: the sentences that mostly lie in it."""
    said = sentences(transcript)
    return [
        " ".join(one.text for one in said if 2 * one.span.overlap(pick.span) >= one.span.duration) for pick in found
    ]
