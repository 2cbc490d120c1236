"""Duplicate passages: a teaser and the passage itself, a repeated story, a replay.

Two texts are duplicates when half of the shorter one's shingles (runs of three words, or of six letters in scripts
without spaces) are in the other. Broder, On the Resemblance and Containment of Documents, 1997.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_WORDS, _LETTERS = 3, 6
_LONG_WORD = 12  # letters on average; longer words mean a script without spaces
_SAME = 0.5


def distinct(
    items: Sequence[T], text_of: Callable[[T], str], same: Callable[[T, T], bool] | None = None
) -> tuple[list[T], list[tuple[T, T]]]:
    """The items that do not duplicate an earlier one, and the (duplicate, original) pairs.

    ``same`` decides whether two items are paraphrases.
    """
    kept: list[tuple[T, frozenset[str]]] = []
    left: list[tuple[T, T]] = []
    for item in items:
        phrases = shingles(text_of(item))
        twin = next(
            (
                other
                for other, known in kept
                if containment(phrases, known) >= _SAME or (same is not None and same(item, other))
            ),
            None,
        )
        if twin is None:
            kept.append((item, phrases))
        else:
            left.append((item, twin))
    return [item for item, _ in kept], left


def shingles(text: str) -> frozenset[str]:
    """The shingles of a text, ignoring case and punctuation; the whole text where it is too short."""
    words = [word.casefold() for word in _WORD.findall(text)]
    if words and sum(map(len, words)) / len(words) > _LONG_WORD:
        letters = "".join(words)
        return frozenset(letters[at : at + _LETTERS] for at in range(max(1, len(letters) - _LETTERS + 1)))
    return frozenset(" ".join(words[at : at + _WORDS]) for at in range(max(1, len(words) - _WORDS + 1)))


def containment(first: frozenset[str], second: frozenset[str]) -> float:
    """The share of the smaller set that is in the other, in 0..1."""
    return len(first & second) / max(1, min(len(first), len(second)))
