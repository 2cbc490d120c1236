"""Pronunciations of written English: a pronouncing dictionary, numbers, and rules for missing words."""

from __future__ import annotations

import itertools
import re
import unicodedata
from pathlib import Path

from clipy.analysis.alignment.forced.letter_to_sound import readings, spelled
from clipy.errors import ModelError

Phones = tuple[str, ...]

_MOST = 4  # pronunciations per word
_PIECE = re.compile(r"\d+(?:st|nd|rd|th|s)?|[a-z']+|[%&$€£@+=]")
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ABBREVIATION = re.compile(r"[A-Z]{2,}s?")
_PUNCTUATION = ".,;:!?\"'()[]"
_SPELLED = 5  # letters of an abbreviation at most; more capitals are a word that is shouted
_SIGNS = {
    "%": "percent",
    "&": "and",
    "$": "dollars",
    "€": "euros",
    "£": "pounds",
    "@": "at",
    "+": "plus",
    "=": "equals",
}
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
             "twelve": "twelfth"}  # fmt: skip
_VOICELESS, _HISSING = frozenset("P T K F TH".split()), frozenset("S Z SH ZH CH JH".split())


class Pronunciations:
    """The CMU pronouncing dictionary: ARPAbet phones by word."""

    def __init__(self, path: Path) -> None:
        try:
            self._text = f"\n{path.read_text(encoding='utf-8')}\n"  # a dictionary of strings would take 40 MB
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"the pronouncing dictionary cannot be read ({error})", where=path) from error
        self._known: dict[str, list[Phones]] = {}

    def __contains__(self, text: object) -> bool:
        """Whether a written word, each part of it, is in the dictionary or made of its words."""
        pieces = _pieces(text) if isinstance(text, str) else []
        return bool(pieces) and all(self._ways(piece) for piece in pieces)

    def of(self, text: str) -> list[Phones]:
        """Likely pronunciations of a written word, at most four; empty where nothing in it can be read.

        What the dictionary lacks is read by rules: "TikTok" by its parts, "GPU" letter by letter, names by
        ``letter_to_sound``.
        """
        ways = [way for word in text.split() for way in self._parts(word)]
        if not ways or not all(ways):
            return []
        most = _MOST if len(ways) == 1 else 2
        said = itertools.product(*(way[:most] for way in ways))
        return [tuple(itertools.chain.from_iterable(parts)) for parts in itertools.islice(said, _MOST)]

    def _parts(self, text: str) -> list[list[Phones]]:
        """The pronunciations of each part of a word."""
        if text not in self and not _ABBREVIATION.fullmatch(text.strip(_PUNCTUATION)):
            text = _CAPITAL_INSIDE.sub(" ", text)
        return [self._ways(piece) or [*_abbreviated(piece, text), *readings(piece)] for piece in _pieces(text)]

    def _ways(self, word: str) -> list[Phones]:
        for form in (word, word.strip("'"), word.replace("'", "")):
            if found := self._lookup(form):
                return found
        if word.endswith("s") and (stem := self._lookup(word.rstrip("s").rstrip("'"))):
            return [(*phones, *_plural(phones[-1])) for phones in stem]
        return self._compound(word)

    def _lookup(self, word: str) -> list[Phones]:
        """Look up a word; entries are lines "word phones", and "word(2) phones" for alternatives."""
        if word not in self._known:
            found: list[Phones] = []
            self._known[word] = found
            at = self._text.find(f"\n{word} ") + 1 if word else 0
            while at and self._text.startswith((f"{word} ", f"{word}("), at) and len(found) < _MOST:
                end = self._text.index("\n", at)
                found.append(tuple(self._text[at:end].split()[1:]))
                at = end + 1
        return self._known[word]

    def _compound(self, word: str) -> list[Phones]:
        """Split a compound ("audiobook") into two known words of at least three letters each."""
        for cut in range(len(word) - 3, 2, -1):
            if (first := self._lookup(word[:cut])) and (second := self._lookup(word[cut:])):
                return [(*first[0], *second[0])]
        return []


def _pieces(text: str) -> list[str]:
    return [word for piece in _PIECE.findall(_plain(text)) for word in _read(piece)]


def _abbreviated(piece: str, text: str) -> list[Phones]:
    """The letters of an abbreviation, one by one ("GPU", "GPUs"), where a piece is written as one in a text."""
    for letters, ending in ((piece, ()), (piece.removesuffix("s"), ("Z",))):
        if 1 < len(letters) <= _SPELLED and letters.upper() in text:
            return [(*spelled(letters), *ending)]
    return []


def _plural(last: str) -> Phones:
    if last in _HISSING:
        return ("IH", "Z")
    return ("S",) if last in _VOICELESS else ("Z",)


def _plain(text: str) -> str:
    """Normalize to lower case without accents; expand "1,000" and "$5" as spoken."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    bare = re.sub(r"(?<=\d),(?=\d{3})", "", bare.replace("\u2019", "'"))
    bare = re.sub(r"(\d)\.(\d)", r"\1 point \2", bare)
    return re.sub(r"([$€£])(\d[\d ]*)", r"\2 \1", bare)


def _read(piece: str) -> list[str]:
    if piece in _SIGNS:
        return [_SIGNS[piece]]
    if not piece[0].isdigit():
        return [piece]
    digits = piece.rstrip("sthndr")
    words = _number(digits)
    if piece.endswith("s"):
        words[-1] = words[-1].removesuffix("y") + ("ies" if words[-1].endswith("y") else "s")
    elif piece != digits:
        last = words[-1]
        words[-1] = _ORDINALS.get(last) or (last.removesuffix("y") + "ieth" if last.endswith("y") else last + "th")
    return words


def _number(digits: str) -> list[str]:
    """Spell out a number as usually spoken: years in pairs, long numbers digit by digit."""
    value = int(digits)
    if len(digits) > 12 or (len(digits) > 1 and digits[0] == "0"):
        return [_UNITS[int(digit)] for digit in digits]
    if len(digits) == 4 and 1100 <= value < 2100 and value // 100 != 20 and value % 100:
        return [*_cardinal(value // 100), *(["oh"] if value % 100 < 10 else []), *_cardinal(value % 100)]
    return _cardinal(value)


def _cardinal(value: int) -> list[str]:
    for scale, name in _SCALES:
        if value >= scale:
            rest = _cardinal(value % scale) if value % scale else []
            return [*_cardinal(value // scale), name, *rest]
    if value < 20:
        return [_UNITS[value]]
    return [_TENS[value // 10], *([_UNITS[value % 10]] if value % 10 else [])]
