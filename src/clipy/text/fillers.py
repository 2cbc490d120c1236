"""Which words are no words but the sound of looking for one: um, uh, euh, ähm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files


def is_filler(text: str, language: str, more: Sequence[str] = ()) -> bool:
    """Whether a word, with any punctuation around it, is a filler of its language or one of the user's own."""
    plain = _plain(text)
    return bool(plain) and any(pattern.fullmatch(plain) for pattern in (_known(language), _compiled(tuple(more))))


@cache
def _known(language: str) -> re.Pattern[str]:
    text = files(__package__).joinpath("fillers.txt").read_text(encoding="utf-8")
    lines = (line.split(":", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return _pattern(next((words.split() for found, words in lines if found == language), ()))


@cache
def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    return _pattern(words)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of some words, each letter of which may be drawn out."""
    plain = [_plain(word) for word in words]
    drawn_out = ["".join(f"{re.escape(char)}+" for char in word) for word in plain if word]
    return re.compile("|".join(drawn_out) if drawn_out else r"(?!)")


def _plain(text: str) -> str:
    """The letters alone, in small."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return "".join(char for char in folded if char.isalpha())
