"""What a language model may answer about a transcript: sentence numbers, marks, short texts, checked; no times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, ValidationInfo, model_validator

from clipy.chat.answers import Answer, Score

_WORD = re.compile(r"[^\W_]+")


class Passage(Answer):
    """A run of sentences that would make a clip, with marks from 0 to 100."""

    weights: ClassVar[Mapping[str, float]] = {"hook": 0.3, "standalone": 0.25, "payoff": 0.25, "interest": 0.2}

    first: int = Field(description="number of its first sentence")
    last: int = Field(description="number of its last sentence")
    reason: str = Field(description="why it works, in one short sentence")
    title: str = Field(description="its title")
    hook: Score = Field(description="0 to 100")
    standalone: Score = Field(description="0 to 100")
    payoff: Score = Field(description="0 to 100")
    interest: Score = Field(description="0 to 100")

    @model_validator(mode="after")
    def _sentences_were_shown(self, info: ValidationInfo) -> Self:
        shown = (info.context or {}).get("shown")
        if self.first > self.last:
            raise ValueError(f"first {self.first} comes after last {self.last}")
        if shown is not None and not (self.first in shown and self.last in shown):
            raise ValueError(f"sentences {self.first}-{self.last} were not shown, only {shown[0]}-{shown[-1]}")
        return self

    @property
    def marks(self) -> dict[str, float]:
        """Every mark by name, in 0..1."""
        return {name: getattr(self, name) / 100 for name in self.weights}

    @property
    def score(self) -> float:
        """The weighted mean of the marks, in 0..1."""
        return sum(self.weights[name] * mark for name, mark in self.marks.items()) / sum(self.weights.values())


class AskedPassage(Passage):
    """The same where the user said what to look for."""

    weights: ClassVar[Mapping[str, float]] = {**Passage.weights, "about": 0.7}

    about: Score = Field(description="0 to 100")


class Passages(Answer):
    """What is worth a clip in one window; empty when nothing is."""

    passages: list[Passage]


class AskedPassages(Answer):
    """The same where the user said what to look for."""

    passages: list[AskedPassage]


class Order(Answer):
    """All candidates by number, the best first."""

    best_first: list[int] = Field(description="numbers of the clips, the best first")

    @model_validator(mode="after")
    def _clips_were_shown(self, info: ValidationInfo) -> Self:
        shown = (info.context or {}).get("shown")
        wrong = [number for number in self.best_first if shown is not None and number not in shown]
        if wrong or not self.best_first:
            raise ValueError(
                f"{wrong or 'an empty list'}: there are clips {shown[0]}-{shown[-1]}" if shown else "empty"
            )
        return self


def is_quoted(title: str, text: str) -> bool:
    """Whether a title is a phrase of the text, word for word, but for case and punctuation."""
    phrase, said = (_WORD.findall(part.casefold()) for part in (title, text))
    if not phrase:
        return False
    unspaced = not title.isascii() and "".join(phrase) in "".join(said)  # scripts without spaces
    return unspaced or f" {' '.join(phrase)} " in f" {' '.join(said)} "
