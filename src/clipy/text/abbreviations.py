"""Dots that belong to a word, and end no sentence: abbreviations, initials, ordinals, decimals heard apart.

Only what more of the same sentence nearly always follows is listed. Others ("etc.", "Inc.") end a sentence as often as
not, and what follows them tells: a small letter goes on, a capital begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from clipy.types import Seconds

_STOP = Fraction(3, 10)  # seconds: a pause after "U.S." or "3." that says the sentence ended there
_DOTTED = re.compile(r"(?:[^\W\d_]\.){2,}")  # "U.S.", "p.m."
_ORDINAL = re.compile(r"\d{1,2}|[IVX]{1,5}")  # "am 3. Oktober", "Karl V. von Habsburg"; a year ends a sentence

# Lower case, without their last dot. Those of the empty language are understood, and heard, in all.
_BEFORE_NAMES = frozenset(
    "mr mrs ms dr prof st rev hon gen col sgt capt lt gov sen rep hr fr sra sr mme mlle vs e.g i.e z.b".split()
)
_BEFORE_MORE: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "mt maj adm cmdr cpl pvt pres supt messrs approx",
        "de": "bzw ca inkl exkl evtl ggf vgl bspw sog mio mrd tsd geb dipl ing med jur phil",
        "fr": "env mgr av ex",
        "es": "dra srta ud uds dña pág núm avda aprox ee lic ing",
        "it": "sig sigg sig.ra dott dott.ssa ing avv arch pag es",
        "pt": "dra srta exmo exma av pág eng",
        "nl": "dhr mevr mw drs ir ing bijv ca evt resp",
        "pl": "np tzn tj tzw św ul al godz im inż mgr płk ks m.in",
        "cs": "např tzv tj ul sv ing mgr cca",
        "ru": "ул св проф акад тыс стр т.е",
        "sv": "kl ca t.ex bl.a dvs",
        "da": "kl ca bl.a f.eks jf",
        "no": "kl ca bl.a f.eks jf",
    }.items()
}
_BEFORE_NUMBERS = frozenset("no nos nr vol fig p pp art sec ch".split())
_MONTHS = frozenset("jan feb mar apr aug sept sep oct nov dec".split())
# Where "third" is written "3."
_DOTTED_ORDINALS = frozenset("de lb da no nb nn is fo fi et lv cs sk pl hu sl hr sr bs tr".split())
# German writes all nouns with a capital; these only where they begin a sentence, so that the number before ended one.
_GERMAN_BEGINNINGS = frozenset(
    "aber als also auch auf aus bei da damit danach dann das dass dem den denn der deshalb die dies diese dieser dieses"
    " doch du ein eine einen er es für ich ihr im in ist ja man mein mit nach nein nun nur ob oder sie sind so und"
    " unser von vor war was weil wenn wer wie wir wo zu zum zur".split()
)


def keeps_its_dot(bare: str, following: str, pause: Seconds, language: str) -> bool:
    """Whether the one dot that ``bare`` ends with belongs to it, so that the sentence goes on with ``following``.

    Both without quotation marks and brackets around them; ``pause`` is the silence between them. What may end a
    sentence as well is taken to do so where people pause.
    """
    word, stem = bare[:-1], bare[:-1].lower()
    if following[:1].isdigit() and (
        stem.isdigit() or stem in _BEFORE_NUMBERS or (language == "en" and stem in _MONTHS)
    ):
        return True  # "No. 5", or a decimal whose parts were heard apart
    if always_keeps_its_dot(bare, language) or (len(stem) == 1 and stem.isalpha()):
        return True
    if pause >= _STOP:
        return False
    return _DOTTED.fullmatch(f"{stem}.") is not None or _is_ordinal(word, following, language)


def always_keeps_its_dot(bare: str, language: str) -> bool:
    """Whether a word ends with a dot that is its own, also where people pause after it: "Dr. ... Smith"."""
    stem = bare.rstrip(".").lower()
    return stem in _BEFORE_NAMES or stem in _BEFORE_MORE.get(language, ())


def _is_ordinal(word: str, following: str, language: str) -> bool:
    if language not in _DOTTED_ORDINALS or _ORDINAL.fullmatch(word) is None or not following[:1].isalpha():
        return False
    return language != "de" or following.rstrip(",;:").lower() not in _GERMAN_BEGINNINGS
