"""What the user asked for, found in what is said: plain words, no model.

A passage is about a topic when it says the topic's words, the rarer the word in this video the more it counts, and
each further mention counts half of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from clipy.text.scripts import is_spaceless

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
# Besides the words that every text has, those with which people ask: "the part on money", "moments about ...".
_ASKING = frozenset(
    "a an the and or of to in on at by for with from as is are was were be it that this these those what when where who"
    " why how which all any some every about part parts moment moments clip clips scene scenes bit bits section passage"
    " something anything everything find show talk talks talking says say speak speaks speaking me i he she they"
    " we".split()
)
_SHORT = 4  # letters: a shorter word must match whole
_ENDING = 3  # letters that may differ at the end of a longer one: invest, invests, investing


class Topic:
    """The words of ``about`` among the sentences of a video. ``missing`` are those that nobody says."""

    def __init__(self, about: str, sentences: Sequence[str]) -> None:
        stems = {_stem(word): word for word in sorted(_words(about), reverse=True)}
        wanted = {stem: word for stem, word in stems.items() if word not in _ASKING} or stems
        counts = np.zeros((len(wanted), len(sentences)), dtype=np.int64)
        for row, stem in enumerate(wanted):
            counts[row] = [_mentions(stem, text) for text in sentences]
        said_in = np.count_nonzero(counts, axis=1)
        self.missing = tuple(word for word, often in zip(wanted.values(), said_in, strict=True) if not often)
        self._weights = np.log1p(len(sentences) / said_in[said_in > 0])
        # Row i, column n: how often word i is said before sentence n.
        self._before = np.pad(np.cumsum(counts[said_in > 0], axis=1), ((0, 0), (1, 0)))

    def __bool__(self) -> bool:
        """Whether any of it is said at all."""
        return len(self._weights) > 0

    def match(self, first: int, last: int) -> float:
        """How much of the topic the sentences ``first``..``last`` speak of, in 0..1."""
        mentions = self._before[:, last + 1] - self._before[:, first]
        return float(self._weights @ (1 - 0.5**mentions) / self._weights.sum())


def essence(about: str) -> str:
    """What is asked for without the words of asking, as it was written: "the part on money" is about "money"."""
    return " ".join(word for word in _WORD.findall(about) if word.casefold() not in _ASKING) or about


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    """What a word must begin with to count as a mention; ``$`` at the end means that it must end there too."""
    if len(word) <= _SHORT:
        return word if _unspaced(word) else f"{word}$"
    return word[: max(_SHORT, len(word) - _ENDING)]


def _mentions(stem: str, text: str) -> int:
    if _unspaced(stem):
        return text.casefold().count(stem)
    if stem.endswith("$"):
        return sum(word in {stem[:-1], f"{stem[:-1]}s"} for word in _words(text))
    return sum(word.startswith(stem) for word in _words(text))


def _unspaced(word: str) -> bool:
    """Whether the word is of a script that puts no spaces between words, or none before particles (Hangul)."""
    return any(is_spaceless(letter) or "\uac00" <= letter <= "\ud7a3" for letter in word)
