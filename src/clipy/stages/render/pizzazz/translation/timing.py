"""Times for the words of a translation: spread over the sentence that they translate, in proportion to their length."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from clipy.text.scripts import is_spaceless
from clipy.types import Seconds, Span, Word

_PIECE = 4  # characters that are highlighted at once in a script without spaces


def timed(text: str, span: Span, speaker: str | None) -> tuple[Word, ...]:
    """The words of a translated sentence. Other languages order their words otherwise, so that no time is exact."""
    pieces = _pieces(text)
    total = sum(len(piece) for piece in pieces)
    words, passed = [], 0
    for piece in pieces:
        start = _at(span, Fraction(passed, total))
        passed += len(piece)
        words.append(Word(piece, start, _at(span, Fraction(passed, total)), speaker=speaker))
    return tuple(words)


def _at(span: Span, share: Fraction) -> Seconds:
    return span.start + share * span.duration


def _pieces(text: str) -> Sequence[str]:
    """Words; of a script without spaces, short pieces."""
    return [piece for word in text.split() for piece in _split(word)]


def _split(word: str) -> Sequence[str]:
    if not any(is_spaceless(char) for char in word):
        return [word]
    return [word[n : n + _PIECE] for n in range(0, len(word), _PIECE)]
