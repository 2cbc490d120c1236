"""A transcript read by a language model, window by window: every answer stored, every loss counted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from threading import Lock
from typing import TypeVar

from pydantic import BaseModel

from clipy.chat.answers import portable_schema
from clipy.chat.client import ChatClient, ContextExceeded, NoAnswer
from clipy.chat.prompt_data import estimate_tokens
from clipy.context import Context
from clipy.errors import ServiceError
from clipy.stages.highlight.llm_ranking.answers import AskedPassages, Order, Passage, Passages
from clipy.stages.highlight.llm_ranking.prompts import sentence_line
from clipy.stages.highlight.llm_ranking.windows import following, window_from, windows
from clipy.text.sentences import Sentence
from clipy.types import Seconds

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

_VERSION = 1  # of what is asked besides the inputs
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
        return [estimate_tokens(line) for line in self.lines]

    def cost(self, window: range) -> int:
        """About how many tokens a window is."""
        return sum(self.costs[window.start : window.stop])

    def text(self, window: range) -> str:
        """The lines of a window."""
        return "\n".join(self.lines[index] for index in window)


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of one window: its passages, or the reason why it is lost."""

    window: range
    passages: Sequence[Passage] = ()
    problem: str = ""


@dataclass
class Reader:
    """Asks about all sentences of one video. ``stored`` is how many answers were there from an earlier run."""

    chat: ChatClient
    ctx: Context
    stored: int = 0
    _judged: set[int] = field(default_factory=set)
    _lost: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def judge(self, script: Script, least: float, parallel: int) -> list[Passage]:
        """Every passage that was named in any window, in order; ``parallel`` windows are asked about at once.

        The first window is asked about alone: it settles on which terms the endpoint answers, and how much it reads.
        What comes back does not depend on the order in which answers arrive. Raises ServiceError when less than the
        share ``least`` of what is said can be judged.
        """
        window = window_from(script.costs, 0, script.budget)
        self.ctx.report("judging", 0.0)
        first = self._read(script, window)
        passages = self._counted(first, script, least)
        if window.stop == len(script.lines):
            return passages
        start = following(script.costs, window)
        budget = script.budget if len(first) == 1 else max(script.cost(read.window) for read in first)
        rest = [_moved(part, start) for part in windows(script.costs[start:], budget)]
        with ThreadPoolExecutor(parallel) as pool:
            answers = [pool.submit(self._read, script, part) for part in rest]
            try:
                for answer in answers:
                    reads = answer.result()
                    passages += self._counted(reads, script, least)
                    done = reads[-1].window.stop / len(script.lines)
                    self.ctx.report(f"judging, {self.chat.tokens} tokens so far", done)
            finally:
                pool.shutdown(cancel_futures=True)  # nothing more is paid for once too much is lost
        return passages

    def _read(self, script: Script, window: range) -> list[_Read]:
        """One window, or its parts where it is too much for the endpoint."""
        try:
            shown = range(window.start + 1, window.stop + 1)
            return [_Read(window, self.ask(script.system, script.text(window), script.kind, shown).passages)]
        except ContextExceeded as problem:
            if len(window) <= _FEWEST:
                return [_Read(window, problem=str(problem))]
            log.warning("%s: windows are halved, from sentences %d-%d on", problem, window.start + 1, window.stop)
            parts = windows(script.costs[window.start : window.stop], script.cost(window) // 2)
            return [read for part in parts for read in self._read(script, _moved(part, window.start))]
        except NoAnswer as problem:
            return [_Read(window, problem=str(problem))]

    def _counted(self, reads: Sequence[_Read], script: Script, least: float) -> list[Passage]:
        """The passages of a window, after what could be judged of it, and what not, was counted."""
        for read in reads:
            if read.problem:
                self._lose(read.window, read.problem, script.sentences, least)
            else:
                self._judged.update(read.window)
        return [passage for read in reads for passage in read.passages]

    def rank(self, system: str, clips: Sequence[str]) -> list[int]:
        """The indices of the clips, best first; those that the model leaves out come last, in the order given."""
        answer = self.ask(system, "\n".join(clips), Order, range(1, len(clips) + 1))
        named = [number - 1 for number in dict.fromkeys(answer.best_first)]
        return [*named, *(index for index in range(len(clips)) if index not in named)]

    def ask(self, system: str, user: str, kind: type[M], shown: range) -> M:
        """One question, answered from the store when the very same was asked before. Raises Lost or TooMuch."""
        asked = False

        def answer() -> str:
            nonlocal asked
            asked = True
            return self.chat.ask(system, user, kind, shown)

        inputs = (self.chat.settings, system, user, portable_schema(kind))
        text = self.ctx.cached_value("highlight.answer", _VERSION, inputs, str, answer)
        with self._lock:
            self.stored += not asked
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
                where=self.chat.settings.base_url,
                do="Run again (answers are kept), or lower highlight.least_judged",
            )


def _moved(part: range, by: int) -> range:
    return range(part.start + by, part.stop + by)


def _spoken(sentences: Sequence[Sentence], indices: Sequence[int] | set[int] | range) -> Seconds:
    return sum((sentences[index].span.duration for index in indices), Fraction(0))
