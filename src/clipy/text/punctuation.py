"""Where sentences and clauses end, told by how words are written and by the pauses after them, in any script."""

from __future__ import annotations

from fractions import Fraction

from clipy.text.abbreviations import always_keeps_its_dot, keeps_its_dot
from clipy.types import Word

OPENERS = "\"'“‘«‹([{¿¡「『（【《"
CLOSERS = "\"'”’»›)]}」』）】》〉"
TERMINALS = ".?!…‥。．？！｡।॥؟۔።"  # Latin, CJK (full and half width), Devanagari, Arabic, Urdu, Ethiopic
QUESTION_MARKS = "?？؟"
COMMAS = ",;:—–،؛、，；："

PAUSE = Fraction(4, 5)  # seconds: longer than the breath that people take inside a sentence
_SILENCE = Fraction(5, 2)  # seconds of silence that end a sentence whatever its punctuation says


def ends_sentence(word: Word, following: Word | None, language: str = "") -> bool:
    """Whether a sentence ends with this word, given the one after it, and the language where it is known."""
    if following is None:
        return True
    pause = following.start - word.end
    if pause >= _SILENCE or word.language != following.language:
        return True
    bare = word.text.rstrip(CLOSERS)
    if not bare or bare[-1] not in TERMINALS:
        return False
    if pause >= PAUSE:
        return not always_keeps_its_dot(bare.lstrip(OPENERS), language)
    if following.text.lstrip(OPENERS)[:1].islower():
        return False  # "What?" he said
    return not is_abbreviation(word, following, language)


def ends_with_terminal(text: str) -> bool:
    """Whether a mark that ends sentences is the last of a text, but for closing quotes and brackets."""
    return text.rstrip(f"{CLOSERS} ").endswith(tuple(TERMINALS))


def ends_clause(word: Word) -> bool:
    """Whether a mark stands after a word at which readers pause. A dot ends a sentence, or is the word's."""
    return word.text.rstrip(CLOSERS).endswith(tuple(f"{COMMAS}{QUESTION_MARKS}!…！"))


def is_abbreviation(word: Word, following: Word, language: str = "") -> bool:
    """Whether the one dot at the end of a word belongs to the word, so that the sentence goes on."""
    bare = word.text.rstrip(CLOSERS)
    if not bare.endswith(".") or bare.endswith(".."):
        return False
    pause = following.start - word.end
    return keeps_its_dot(bare.lstrip(OPENERS), following.text.lstrip(OPENERS), pause, language)
