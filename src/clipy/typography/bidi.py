"""In which order the words of a line are drawn from left to right.

The Unicode bidirectional algorithm (https://www.unicode.org/reports/tr9/), applied to whole words and the spaces
between them: rules W2, W7, N1, N2, I1, I2 and L2. Within a word the shaper takes care of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_RIGHT = frozenset(("R", "AL"))
_RIGHT_LANGUAGES = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ku", "ps", "sd", "ug", "ur", "yi"))


def is_right_to_left(language: str, words: Sequence[str]) -> bool:
    """The direction of a paragraph: its language's when it has such letters, else that of its first letter."""
    kinds = [kind for kind in map(_kind, words) if kind in ("L", "R", "AL")]
    if language in _RIGHT_LANGUAGES and (not kinds or _RIGHT.intersection(kinds)):
        return True
    return bool(kinds) and kinds[0] in _RIGHT


def levels(words: Sequence[str], right_to_left: bool) -> list[int]:
    """The embedding level of each word: odd ones read from right to left."""
    return _levels(words, right_to_left)[::2]


def visual_order(words: Sequence[str], right_to_left: bool) -> list[int]:
    """The indexes of the words from left to right."""
    level = _levels(words, right_to_left)
    order = list(range(len(level)))
    for depth in range(max(level, default=0), 0, -1):  # L2: turn every run of at least this level around
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and level[order[end]] >= depth:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return [place // 2 for place in order if place % 2 == 0]


def _levels(words: Sequence[str], right_to_left: bool) -> list[int]:
    """Levels of words and of the spaces between them, in turn."""
    base = "R" if right_to_left else "L"
    kinds = _resolved([_kind(word) for word in words], base)
    if not kinds:
        return []
    spaced: list[str] = [kinds[0]]
    for before, after in pairwise(kinds):
        sides = {"L" if kind == "L" else "R" for kind in (before, after)}  # N1: numbers count as right-to-left
        spaced += [sides.pop() if len(sides) == 1 else base, after]
    if right_to_left:
        return [1 if kind == "R" else 2 for kind in spaced]
    return [{"L": 0, "R": 1}.get(kind, 2) for kind in spaced]


def _resolved(kinds: list[str], base: str) -> list[str]:
    """Only L, R and N (number) are left: words of neither direction follow their neighbours."""
    strong, found = base, []
    for kind in kinds:
        strong = "L" if kind == "L" else "R" if kind in _RIGHT else strong
        number = "L" if strong == "L" else "N"  # W7: a number after left-to-right text belongs to it
        found.append({"L": "L", "R": "R", "AL": "R", "EN": number, "AN": "N"}.get(kind, ""))
    for index, kind in enumerate(found):
        if not kind:
            before = next((k for k in reversed(found[:index]) if k), base)
            after = next((k for k in found[index:] if k), base)
            sides = {"L" if side == "L" else "R" for side in (before, after)}
            found[index] = sides.pop() if len(sides) == 1 else base
    return found


def _kind(word: str) -> str:
    """The class of a word's first letter, or of its digits; empty for neither."""
    classes = [unicodedata.bidirectional(char) for char in word]
    for wanted in (("L", "R", "AL"), ("EN", "AN")):
        for kind in classes:
            if kind in wanted:
                return kind
    return ""
