"""Where clips begin and end: at the borders of sentences, and away from speech."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from fractions import Fraction

from clipy.types import Span, Word

_CLEAR = Fraction(15, 100)  # seconds
_LONG_WORD = Fraction(10)  # seconds: no word lasts longer


def is_clean(span: Span, words: Sequence[Word], sentence_ends: Collection[int], whole: Span) -> bool:
    """Whether a clip begins and ends at the border of a sentence, and not within 150 ms of a word; words in order.

    The beginning and the end of the video are clean however near a word is: there is nothing to cut.
    """
    first = bisect_left(words, span.start - _LONG_WORD, key=lambda word: word.start)
    near = range(first, bisect_left(words, span.end + _CLEAR, key=lambda word: word.start))
    inside = [index for index in near if words[index].span.overlap(span) > 0]
    if not inside:
        return True
    begins = inside[0] == 0 or inside[0] - 1 in sentence_ends
    ends = inside[-1] in sentence_ends or inside[-1] == len(words) - 1
    edges = [edge for edge, border in ((span.start, whole.start), (span.end, whole.end)) if edge != border]
    return (
        begins and ends and all(_away(edge, word) >= _CLEAR for edge in edges for word in words[near.start : near.stop])
    )


def _away(edge: Fraction, word: Word) -> Fraction:
    return max(Fraction(0), word.start - edge, edge - word.end)
