"""Lexicon-based sentiment: a small English word list, with negation and degree.

The rules are those of VADER (Hutto and Gilbert, 2014): "not good" is bad, but less so than "bad"; "very" intensifies
the next word; the sum is normalized to -1..1. That is coarse, and sufficient for a mood.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

_NOT = frozenset("not no never nobody nothing neither nor without hardly cannot".split())
_VERY = frozenset("very really so extremely absolutely incredibly totally completely truly deeply".split())
_BARELY = frozenset("slightly somewhat kinda almost barely partly".split())
_STRETCH = 20  # words: about a sentence
_REACH = 3  # words before a word that change its meaning
_NEGATED = -0.74  # VADER's own factor
_SQUEEZE = 15.0  # ... and the constant of its normalisation


def sentiment(words: Iterable[str], language: str) -> float | None:
    """From -1 (sad) to 1 (happy); None in languages other than English, or without words.

    The mean over chunks with sentiment, so that the length of a text does not matter.
    """
    plain = [word.strip("\"'“”‘’()[].,;:!?…-–—").replace("’", "'").lower() for word in words]
    if language != "en" or not plain:
        return None
    values = [_value(plain, index) for index in range(len(plain))]
    totals = [sum(values[start : start + _STRETCH]) for start in range(0, len(values), _STRETCH)]
    scores = [total / math.sqrt(total * total + _SQUEEZE) for total in totals if total]
    return sum(scores) / len(scores) if scores else 0.0


def _value(plain: Sequence[str], index: int) -> float:
    """The contribution of one word, given those before it."""
    value = _known().get(plain[index], 0)
    if not value:
        return 0.0
    before = plain[max(0, index - _REACH) : index]
    degree = 1 + 0.3 * sum(word in _VERY for word in before[-1:]) - 0.3 * sum(word in _BARELY for word in before[-1:])
    negated = any(word in _NOT or word.endswith("n't") for word in before)
    return value * degree * (_NEGATED if negated else 1)


@cache
def _known() -> dict[str, int]:
    text = files(__package__).joinpath("sentiment_en.txt").read_text(encoding="utf-8")
    lines = (line.split(":", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {word: int(value) for value, words in lines for word in words.split()}
