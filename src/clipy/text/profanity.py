"""Which words are strong language, and how they are written when they should not be read.

Captions mask them, a sound effect may silence them, a reviewer may count them: all three ask here. A word is compared
as a whole, so that neither Scunthorpe nor an assassin is found, with its usual inflections and with letters that were
spaced out by repetition (fuuuck) or replaced by digits and signs (sh1t, f*ck).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_ENDINGS = r"(?:s|es|ed|d|er|ers|in|ing|ings|y|ier|iest|ass|asses)?(?:['’]s)?"
_LOOKALIKES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_CORE = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # from the first letter or digit to the last
_MASKED = re.compile(r"[^\W\d_](?=.*\*{2})[\w*'’]*|[^\W\d_]+\*+[^\W\d_]*")


@dataclass(frozen=True)
class Profanity:
    """A list of strong words: the built-in English one, and ``more`` of the user's own in any language.

    In ``more`` a ``*`` at either end of a word stands for any letters.
    """

    more: tuple[str, ...] = ()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", _compiled((*built_in(), *self.more)))

    def matches(self, text: str) -> bool:
        """Whether a word, with any punctuation around it, is strong language; also when it was masked before."""
        if _MASKED.search(text):
            return True
        return any(self._pattern.fullmatch(form) for part in _parts(text) for form in _forms(part))

    def masked(self, text: str) -> str:
        """The word with its first letter and asterisks for the rest; unchanged when it is harmless."""
        if not self.matches(text):
            return text
        core = _CORE.search(text)
        if core is None or _MASKED.search(text):
            return text
        hidden = "-".join(
            part[0] + "".join("*" if char.isalnum() else char for char in part[1:]) if self.matches(part) else part
            for part in core.group().split("-")
        )
        return text[: core.start()] + hidden + text[core.end() :]


@cache
def built_in() -> tuple[str, ...]:
    """The words that clipy knows, as they stand in ``profanity.txt``."""
    text = files(__package__).joinpath("profanity.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _parts(text: str) -> list[str]:
    """A word's letters without punctuation; the parts of a hyphenated word too."""
    core = _CORE.search(text)
    if core is None:
        return []
    return [core.group(), *core.group().split("-")]


def _forms(word: str) -> set[str]:
    """How a word may have been meant: as written, without lookalikes, and without repeated letters."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    plain = folded.translate(_LOOKALIKES)
    forms = {folded, plain}
    return forms | {re.sub(r"(.)\1{2,}", kept, form) for form in forms for kept in (r"\1", r"\1\1")}


def _compiled(words: Iterable[str]) -> re.Pattern[str]:
    patterns = []
    for word in words:
        folded = unicodedata.normalize("NFKC", word).casefold().strip()
        bare = folded.strip("*")
        if not bare:
            continue
        doubled = f"{re.escape(bare)}{re.escape(bare[-1])}?" if bare[-1].isalpha() else re.escape(bare)
        stem = re.escape(bare[:-1]) + "(?:e?)" if bare.endswith("e") else doubled
        before = r"\w*" if folded.startswith("*") else ""
        after = r"\w*(?:['’]\w+)?" if folded.endswith("*") else _ENDINGS
        patterns.append(f"{before}{stem}{after}")
    return re.compile("|".join(patterns) if patterns else r"(?!)")
