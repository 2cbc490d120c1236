"""How an unknown English word is probably said: rules from letters to phones.

After the idea of H. Elovitz, R. Johnson, A. McHugh, J. Shore, "Letter-to-sound rules for automatic translation of
English text to phonetics" (1976): the first rule that fits the letters and their context is taken, from left to right.
For forced alignment a word needs about the right number of phones, of about the right kind. Two readings are given
where vowel letters have a short and a long sound; the recording tells which of them was said.
"""

from __future__ import annotations

import re
from functools import cache

Phones = tuple[str, ...]

_LETTERS = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip
_SHORT = {"a": "AE", "e": "EH", "i": "IH", "o": "AA", "u": "AH", "y": "IH"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_CONSONANTS = {
    "b": "B", "c": "K", "d": "D", "f": "F", "g": "G", "h": "HH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N",
    "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "v": "V", "w": "W", "x": "K S", "z": "Z",
}  # fmt: skip
_MOST_LETTERS = 40  # of a word that is read: more is no word

# Letters, what must stand before and after them, and their phones; the first that fits is taken.
_RULES = tuple(
    (letters, re.compile(f"(?:{before})$"), re.compile(after), phones.split())
    for letters, before, after, phones in (
        ("tion", "", "", "SH AH N"),
        ("sion", "[aeiouyr]", "", "ZH AH N"),
        ("sion", "", "", "SH AH N"),
        ("cian", "", "", "SH AH N"),
        ("cious", "", "", "SH AH S"),
        ("tious", "", "", "SH AH S"),
        ("geous", "", "", "JH AH S"),
        ("tial", "", "", "SH AH L"),
        ("cial", "", "", "SH AH L"),
        ("ture", "", "", "CH ER"),
        ("augh", "", "", "AO"),
        ("ough", "", "t", "AO"),
        ("ough", "", "", "OW"),
        ("eigh", "", "", "EY"),
        ("igh", "", "", "AY"),
        ("tch", "", "", "CH"),
        ("sch", "", "", "SH"),
        ("dge", "", "$", "JH"),
        ("dg", "", "[eiy]", "JH"),
        ("ous", "", "$", "AH S"),
        ("age", "[a-z]{2}", "s?$", "IH JH"),
        ("ing", "[a-z]", "s?$", "IH NG"),
        ("ism", "", "s?$", "IH Z AH M"),
        ("les", "[bcdfgkpstz]", "$", "AH L Z"),
        ("le", "[bcdfgkpstz]", "$", "AH L"),
        ("eau", "", "", "OW"),
        ("eer", "", "", "IH R"),
        ("ear", "", "", "IH R"),
        ("air", "", "", "EH R"),
        ("oor", "", "", "AO R"),
        ("our", "", "", "AO R"),
        ("ar", "w", "", "AO R"),
        ("are", "", "s?$", "EH R"),
        ("ore", "", "s?$", "AO R"),
        ("ure", "", "s?$", "Y UH R"),
        ("ire", "", "s?$", "AY R"),
        ("ed", "[td]", "$", "AH D"),
        ("ed", "[aeiouy].*[pkfsxh]", "$", "T"),
        ("ed", "[aeiouy].*", "$", "D"),
        ("es", "(?:s|z|x|ch|sh|c|g)", "$", "AH Z"),
        ("ch", "", "[rl]", "K"),
        ("ch", "", "", "CH"),
        ("ck", "", "", "K"),
        ("ph", "", "", "F"),
        ("sh", "", "", "SH"),
        ("th", "", "", "TH"),
        ("wh", "", "", "W"),
        ("wr", "^", "", "R"),
        ("kn", "^", "", "N"),
        ("gn", "^", "", "N"),
        ("ps", "^", "", "S"),
        ("pf", "^", "", "F"),
        ("x", "^", "", "Z"),
        ("gh", "^", "", "G"),
        ("gh", "", "", ""),
        ("rh", "", "", "R"),
        ("qu", "", "e$", "K"),
        ("qu", "", "", "K W"),
        ("mb", "", "s?$", "M"),
        ("ng", "", "$|[^aeiouyrl]", "NG"),
        ("nk", "", "", "NG K"),
        ("sc", "", "[eiy]", "S"),
        ("zz", "", "", "Z"),
        ("cc", "", "[eiy]", "K S"),
        ("er", "", "$|[^aeiouyr]", "ER"),
        ("ir", "", "$|[^aeiouyr]", "ER"),
        ("ur", "", "$|[^aeiouyr]", "ER"),
        ("ar", "", "$|[^aeiouyr]", "AA R"),
        ("or", "[aeiouy].*", "s?$", "ER"),
        ("or", "", "$|[^aeiouyr]", "AO R"),
        ("ai", "", "", "EY"),
        ("ay", "", "", "EY"),
        ("au", "", "", "AO"),
        ("aw", "", "", "AO"),
        ("al", "", "[km]", "AO"),
        ("all", "", "$", "AO L"),
        ("ea", "", "", "IY"),
        ("ee", "", "", "IY"),
        ("ei", "", "", "AY"),
        ("ey", "", "$", "IY"),
        ("ey", "", "", "EY"),
        ("eu", "", "", "Y UW"),
        ("ew", "", "", "UW"),
        ("ie", "", "", "IY"),
        ("ia", "", "$", "IY AH"),
        ("io", "", "", "IY OW"),
        ("oa", "", "", "OW"),
        ("oe", "", "s?$", "OW"),
        ("oi", "", "", "OY"),
        ("oo", "", "k", "UH"),
        ("oo", "", "", "UW"),
        ("ou", "", "", "AW"),
        ("ow", "", "s?$", "OW"),
        ("ow", "", "", "AW"),
        ("oy", "", "", "OY"),
        ("ue", "", "s?$", "UW"),
        ("ui", "", "", "UW IH"),
        ("c", "", "[eiy]", "S"),
        ("g", "", "[eiy]", "JH"),
        ("s", "[aeiou]", "[aeiou]", "Z"),
        ("s", "[bdgvlmnrwz]", "$", "Z"),
        ("s", "[aeiouy]", "$", "Z"),
        ("a", "[a-z]", "$", "AH"),
        ("o", "[a-z]", "s?$", "OW"),
        ("i", "[a-z]", "$", "IY"),
        ("u", "[a-z]", "$", "UW"),
        ("y", "[a-z]", "s?$", "IY"),
        ("y", "^|[aeiou]", "[aeiou]", "Y"),
        ("e", "[aeiouy][a-z]*[a-z]", "s?$", ""),
    )
)


def spelled(letters: str) -> Phones:
    """An abbreviation said letter by letter ("GPU")."""
    return tuple(phone for letter in letters.lower() for phone in _LETTERS.get(letter, "").split())


@cache
def readings(word: str) -> tuple[Phones, ...]:
    """One or two readings of a word of the letters a to z and apostrophes; none where nothing is left to say."""
    letters = word.lower().replace("'", "")[:_MOST_LETTERS]
    if not letters or not re.search("[aeiouy]", letters):
        return (found,) if (found := spelled(letters)) else ()
    return tuple(dict.fromkeys(_read(letters, long=long) for long in (False, True)))


def _read(word: str, *, long: bool) -> Phones:
    found: list[str] = []
    at = 0
    while at < len(word):
        for letters, before, after, phones in _RULES:
            if word.startswith(letters, at) and before.search(word[:at]) and after.match(word[at + len(letters) :]):
                found += phones
                at += len(letters)
                break
        else:
            found += _single(word, at, long=long)
            at += 1
    return tuple(found)


def _single(word: str, at: int, *, long: bool) -> list[str]:
    """A letter for which no rule is: a consonant, once where it is doubled; a vowel is long before a final e."""
    letter = word[at]
    if letter in _SHORT:
        magic = re.match(r"[^aeiouy]e(s|d|$)", word[at + 1 :]) is not None
        return [(_LONG if magic or (long and _is_open(word, at)) else _SHORT)[letter]]
    return [] if word[at - 1 : at] == letter else _CONSONANTS.get(letter, "").split()


def _is_open(word: str, at: int) -> bool:
    """Whether a vowel may end its syllable: no two consonants, and no end of the word, follow."""
    return re.match(r"(?:[^aeiouy]|[bcdfgkpt][rl]|[cpst]h)?[aeiouy]", word[at + 1 :]) is not None
