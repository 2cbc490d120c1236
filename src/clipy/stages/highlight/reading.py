"""A transcript read by a language model, window by window: every answer stored, every loss counted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel

from clipy.analysis.sentences import Sentence
from clipy.context import Context
from clipy.errors import ServiceError
from clipy.stages.highlight.answers import AskedPassages, Order, Passage, Passages, schema_of
from clipy.stages.highlight.chat import Chat, Lost, TooMuch
from clipy.stages.highlight.prompts import sentence_line
from clipy.stages.highlight.windows import estimate, following, window_from
from clipy.store import key_of
from clipy.types import Seconds

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

_FEWEST = 6  # sentences: a window that is too much with so few fails


@dataclass(frozen=True)
class Script:
    """What a model is to read: instructions, sentences, and how many tokens of them at once."""

    system: str
    kind: type[Passages | AskedPassages]
    sentences: Sequence[Sentence]
    budget: int

    @cached_property
    def lines(self) -> list[str]:
        """The sentences as data, numbered from 1."""
        return [sentence_line(number, sentence) for number, sentence in enumerate(self.sentences, start=1)]

    @cached_property
    def costs(self) -> list[int]:
        """About how many tokens each line is."""
        return [estimate(line) for line in self.lines]

    def text(self, window: range) -> str:
        """The lines of a window."""
        return "\n".join(self.lines[index] for index in window)


@dataclass
class Reader:
    """Asks about all sentences of one video. ``stored`` is how many answers were there from an earlier run."""

    chat: Chat
    ctx: Context
    stored: int = 0
    _judged: set[int] = field(default_factory=set)
    _lost: set[int] = field(default_factory=set)

    def judge(self, script: Script, least: float) -> list[Passage]:
        """Every passage that was named in any window.

        Raises ServiceError when less than the share ``least`` of what is said can be judged.
        """
        passages: list[Passage] = []
        start, budget = 0, script.budget
        while start < len(script.lines):
            window = window_from(script.costs, start, budget)
            spent = self.chat.usage.read + self.chat.usage.written
            self.ctx.report(f"judging, {spent} tokens so far", start / len(script.lines))
            try:
                shown = range(window.start + 1, window.stop + 1)
                passages += self.ask(script.system, script.text(window), script.kind, shown).passages
                self._judged.update(window)
            except TooMuch as problem:
                if len(window) > _FEWEST:
                    budget = sum(script.costs[index] for index in window) // 2
                    log.warning("%s: windows are halved", problem)
                    continue
                self._lose(window, str(problem), script.sentences, least)
            except Lost as problem:
                self._lose(window, str(problem), script.sentences, least)
            start = window.stop if window.stop == len(script.lines) else following(script.costs, window)
        return passages

    def rank(self, system: str, clips: Sequence[str]) -> list[int]:
        """The indices of the clips, best first; those that the model leaves out come last, in the order given."""
        answer = self.ask(system, "\n".join(clips), Order, range(1, len(clips) + 1))
        named = [number - 1 for number in dict.fromkeys(answer.best_first)]
        return [*named, *(index for index in range(len(clips)) if index not in named)]

    def ask(self, system: str, user: str, kind: type[M], shown: range) -> M:
        """One question, answered from the store when the very same was asked before. Raises Lost or TooMuch."""
        before = self.chat.usage.requests
        key = key_of(self.chat.terms, system, user, schema_of(kind))
        text = self.ctx.store.value("highlight.answer", key, str, lambda: self.chat.ask(system, user, kind, shown))
        self.stored += self.chat.usage.requests == before
        return kind.model_validate_json(text)

    def _lose(self, window: range, problem: str, sentences: Sequence[Sentence], least: float) -> None:
        """Count a window as lost. Raises ServiceError as soon as too little of the video can still be judged."""
        first, last = sentences[window.start], sentences[window.stop - 1]
        log.warning("%.0f-%.0f s are not judged: %s", first.span.start, last.span.end, problem)
        self._lost.update(window)
        lost = _spoken(sentences, self._lost - self._judged)
        share = 1 - float(lost / _spoken(sentences, range(len(sentences))))
        if share < least:
            raise ServiceError(
                f"at most {share:.0%} of what is said can be judged, {least:.0%} is asked: {problem}",
                where=self.chat.terms.base_url,
                do="Run again (answers are kept), or lower highlight.least_judged",
            )


def _spoken(sentences: Sequence[Sentence], indices: Sequence[int] | set[int] | range) -> Seconds:
    return sum((sentences[index].span.duration for index in indices), Fraction(0))
