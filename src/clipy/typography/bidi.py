"""Visual order of the words of a line: the Unicode bidirectional algorithm (https://www.unicode.org/reports/tr9/).

Applied to whole words and the spaces between them: rules W2, W7, N1, N2, I1, I2 and L2. HarfBuzz handles what is inside
a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_RIGHT_TO_LEFT = frozenset(("R", "AL"))
_RIGHT_TO_LEFT_LANGUAGES = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ku", "ps", "sd", "ug", "ur", "yi"))


def is_right_to_left(language: str, words: Sequence[str]) -> bool:
    """The paragraph direction: the language's where the text has such letters, else that of the first letter."""
    strong = [kind for kind in map(_bidi_class, words) if kind in ("L", "R", "AL")]
    if language in _RIGHT_TO_LEFT_LANGUAGES and (not strong or _RIGHT_TO_LEFT.intersection(strong)):
        return True
    return bool(strong) and strong[0] in _RIGHT_TO_LEFT


def embedding_levels(words: Sequence[str], right_to_left: bool) -> list[int]:
    """The embedding level of each word; odd levels read from right to left."""
    return _levels(words, right_to_left)[::2]


def visual_order(words: Sequence[str], right_to_left: bool) -> list[int]:
    """The indexes of the words from left to right."""
    levels = _levels(words, right_to_left)
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):  # L2: reverse every run of at least this level
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return [index // 2 for index in order if index % 2 == 0]


def _levels(words: Sequence[str], right_to_left: bool) -> list[int]:
    """The levels of words and of the spaces between them, alternating."""
    base = "R" if right_to_left else "L"
    classes = _resolve_classes([_bidi_class(word) for word in words], base)
    if not classes:
        return []
    spaced: list[str] = [classes[0]]
    for before, after in pairwise(classes):
        sides = {"L" if kind == "L" else "R" for kind in (before, after)}  # N1: numbers count as right-to-left
        spaced += [sides.pop() if len(sides) == 1 else base, after]
    if right_to_left:
        return [1 if kind == "R" else 2 for kind in spaced]
    return [{"L": 0, "R": 1}.get(kind, 2) for kind in spaced]


def _resolve_classes(classes: list[str], base: str) -> list[str]:
    """Reduce the classes to L, R and N (number); neutral words take the direction of their neighbors."""
    strong, resolved = base, []
    for kind in classes:
        strong = "L" if kind == "L" else "R" if kind in _RIGHT_TO_LEFT else strong
        number = "L" if strong == "L" else "N"  # W7: a number after left-to-right text belongs to it
        resolved.append({"L": "L", "R": "R", "AL": "R", "EN": number, "AN": "N"}.get(kind, ""))
    for index, kind in enumerate(resolved):
        if not kind:
            before = next((k for k in reversed(resolved[:index]) if k), base)
            after = next((k for k in resolved[index:] if k), base)
            sides = {"L" if side == "L" else "R" for side in (before, after)}
            resolved[index] = sides.pop() if len(sides) == 1 else base
    return resolved


def _bidi_class(word: str) -> str:
    """The bidirectional class of a word's first strong character, else of its digits; empty for neutral words."""
    classes = [unicodedata.bidirectional(char) for char in word]
    for wanted in (("L", "R", "AL"), ("EN", "AN")):
        for kind in classes:
            if kind in wanted:
                return kind
    return ""
