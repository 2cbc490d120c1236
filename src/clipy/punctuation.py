"""Where sentences and clauses end, told by how words are written and by the pauses after them, in any script."""

from __future__ import annotations

import re
from fractions import Fraction

from clipy.types import Word

OPENERS = "\"'“‘«‹([{¿¡「『（【《"
CLOSERS = "\"'”’»›)]}」』）】》〉"
TERMINALS = ".?!…‥。．？！｡।॥؟۔።"  # Latin, CJK (full and half width), Devanagari, Arabic, Urdu, Ethiopic
COMMAS = ",;:—–،؛、，；："

PAUSE = Fraction(4, 5)  # seconds: longer than the breath that people take inside a sentence
_STOP = Fraction(3, 10)  # seconds: a pause after "U.S." that says the sentence ended there
_SILENCE = Fraction(5, 2)  # seconds of silence that end a sentence whatever its punctuation says

# Abbreviations, lower case and without their last dot. Others ("etc.", "Inc.") end a sentence as often as not, and
# what follows them tells: a small letter goes on, a capital begins.
_BEFORE_NAMES = frozenset(("mr", "mrs", "ms", "dr", "prof", "st", "rev", "hon", "gen", "col", "sgt", "capt", "lt"))
_BEFORE_NAMES |= frozenset(("gov", "sen", "rep", "hr", "fr", "sra", "sr", "mme", "mlle", "vs", "e.g", "i.e", "z.b"))
_BEFORE_NUMBERS = frozenset(("no", "nos", "nr", "vol", "fig", "p", "pp", "art", "sec", "ch"))
_DOTTED = re.compile(r"(?:[^\W\d_]\.){2,}")  # "U.S.", "p.m."


def ends_sentence(word: Word, following: Word | None) -> bool:
    """Whether a sentence ends with this word, given the one after it."""
    if following is None:
        return True
    pause = following.start - word.end
    if pause >= _SILENCE or word.language != following.language:
        return True
    bare = word.text.rstrip(CLOSERS)
    if not bare or bare[-1] not in TERMINALS:
        return False
    if pause >= PAUSE:
        return bare.rstrip(".").lower() not in _BEFORE_NAMES
    if following.text.lstrip(OPENERS)[:1].islower():
        return False  # "What?" he said
    return not is_abbreviation(word, following)


def ends_clause(word: Word) -> bool:
    """Whether a mark stands after a word at which readers pause. A dot ends a sentence, or is the word's."""
    return word.text.rstrip(CLOSERS).endswith(tuple(COMMAS + "?!…？！؟"))


def is_abbreviation(word: Word, following: Word) -> bool:
    """Whether the one dot at the end of a word belongs to the word, so that the sentence goes on."""
    bare = word.text.rstrip(CLOSERS)
    if not bare.endswith(".") or bare.endswith(".."):
        return False
    stem = bare[:-1].lower().lstrip(OPENERS)
    if following.text[:1].isdigit() and (stem.isdigit() or stem in _BEFORE_NUMBERS):
        return True  # "No. 5", or a decimal whose parts were heard apart
    if stem in _BEFORE_NAMES or (len(stem) == 1 and stem.isalpha()):
        return True
    return following.start - word.end < _STOP and _DOTTED.fullmatch(f"{stem}.") is not None
