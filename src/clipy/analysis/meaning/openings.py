"""How a passage opens: what makes one stay, and what one would have to know already.

Word lists are English, but for the conjunctions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
_ASKS = ("?", "？", "؟")
_JOINED = 0.15  # standalone score of a passage whose first word refers back

_DANGLING = frozenset(
    "and but so or because then also which that this these those he she it they them him her there such"
    " anyway like yeah yes no okay ok well right meanwhile however therefore thus hence too similarly otherwise".split()
)
# Of these, those that hardly ever open a thought of their own.
_LEANING = frozenset("and but so or because also which however therefore thus hence too otherwise".split())
CONJUNCTIONS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "de": "und aber oder denn",
        "fr": "et mais ou",
        "es": "y pero o",
        "it": "e ma o",
        "pt": "e mas ou",
        "nl": "en maar of want",
        "pl": "i ale a",
        "ru": "и но а",
        "sv": "och men eller",
    }.items()
}
"""By language, words that join a sentence to the one before, and mean nothing else at its beginning."""
_BACKWARD = re.compile(
    r"\b(?:as|like) (?:i|we|you|he|she|they) (?:\w+ )?(?:said|say|saw|see|mentioned|described|discussed|talked)\b"
    r"|\b(?:as|like) (?:was |were )?(?:mentioned|described|shown|noted|stated|above|before)\b"
    r"|\bthe (?:former|latter|above|preceding|aforesaid)\b|\b(?:earlier|previously|going back to)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(  # the second of what was announced before, or the first
    r"^\W*(?:and\s+)?(?:(?:one|two|three|four|five|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|finally|lastly)\s*[,:.–—]"
    r"|(?:number|point|rule|step|reason|lesson)\s+(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b)",
    re.IGNORECASE,
)


def is_dangling(text: str) -> bool:
    """Whether an English sentence leans on something said before: by its first word, or by what it refers to."""
    words = words_of(text)
    return bool(words) and (words[0] in _LEANING or _BACKWARD.search(text) is not None)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without punctuation."""
    return [word.casefold() for word in _WORD.findall(text)]


def standalone(first: str, second: str, language: str) -> float:
    """How well a passage that opens with these sentences stands alone, in 0..1; 0.5 where unknown."""
    words = words_of(first)
    if words and words[0] in CONJUNCTIONS.get(language, ()):
        return _JOINED
    if language != "en" or not words:
        return 0.5
    if _BACKWARD.search(first) or _BACKWARD.search(second):
        return 0.0
    leans = words[0] in _DANGLING or _ORDER.match(first) is not None
    return _JOINED if leans else 0.6 if any(word in _DANGLING for word in words[1:4]) else 1.0
