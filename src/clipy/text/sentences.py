"""Words -> sentences, by punctuation first, and by pauses where a transcript lacks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from clipy.text.punctuation import CLOSERS, PAUSE, TERMINALS, ends_clause, ends_sentence
from clipy.text.scripts import LANGUAGES_WITHOUT_SPACES
from clipy.types import Seconds, Span, Transcript, Word

_RUN_ON = 40  # words without an end: punctuation is missing; written English has 15 to 20 in a sentence
_LONGEST = Fraction(30)  # seconds
_SHORTEST_PART = Fraction(3)  # seconds of a part that a sentence that lasts too long is split into
_COMMA_WORTH = Fraction(1, 2)  # seconds of pause that a comma is as good as


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that belong together. ``text`` is written as the language is: with spaces or without."""

    words: tuple[Word, ...]
    span: Span
    text: str
    language: str = ""


def sentences(transcript: Transcript) -> tuple[Sentence, ...]:
    """All words of a transcript as sentences in order; no word is lost or repeated.

    A sentence ends at terminal punctuation of any script (not at that of abbreviations, initials and decimals), or
    at a long silence. Where punctuation is missing it ends at pauses. One that lasts absurdly long is split.
    """
    parts = (
        part
        for stretch in _by_punctuation(transcript)
        for phrase in (_by_pauses(stretch) if _lacks_punctuation(stretch) else (stretch,))
        for part in _short_enough(phrase)
    )
    return tuple(sentence_of(part, transcript.language_of(part[0])) for part in parts)


def sentence_of(words: tuple[Word, ...], language: str) -> Sentence:
    """Words of one language as a sentence."""
    span = Span(words[0].start, max(word.end for word in words))
    return Sentence(words, span, written(words, language), language)


def written(words: Sequence[Word], language: str) -> str:
    """Words as a text of their language. Scripts without spaces still part two words in Latin letters."""
    if language not in LANGUAGES_WITHOUT_SPACES:
        return " ".join(word.text for word in words)
    text = ""
    for word in words:
        latin = text[-1:].isascii() and word.text[:1].isascii() and text[-1:] != ""
        text += f" {word.text}" if latin else word.text
    return text


def _by_punctuation(transcript: Transcript) -> Iterator[tuple[Word, ...]]:
    words, start = transcript.words, 0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if ends_sentence(word, following, transcript.language_of(word)):
            yield tuple(words[start : index + 1])
            start = index + 1


def _lacks_punctuation(words: tuple[Word, ...]) -> bool:
    last = words[-1].text.rstrip(CLOSERS)
    return len(words) > _RUN_ON or not last or last[-1] not in TERMINALS


def _by_pauses(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    start = 0
    for index in range(1, len(words)):
        if words[index].start - words[index - 1].end >= PAUSE:
            yield words[start:index]
            start = index
    yield words[start:]


def _short_enough(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """Split at the longest pause, a comma counting as one, until no part lasts longer than is sensible."""
    waiting = [words]
    while waiting:
        part = waiting.pop()
        cut = _best_cut(part) if part[-1].end - part[0].start > _LONGEST else None
        if cut is None:
            yield part
        else:
            waiting += [part[cut:], part[:cut]]


def _best_cut(words: tuple[Word, ...]) -> int | None:
    """The index of the word that begins the second part; None when no cut leaves two parts of sensible length."""
    start, end = words[0].start, words[-1].end
    middle = (start + end) / 2

    def worth(index: int) -> tuple[Seconds, Seconds]:
        before, after = words[index - 1], words[index]
        pause = max(Fraction(0), after.start - before.end)
        return pause + (_COMMA_WORTH if ends_clause(before) else 0), -abs(after.start - middle)

    places = [
        index
        for index in range(1, len(words))
        if words[index].start - start >= _SHORTEST_PART and end - words[index - 1].end >= _SHORTEST_PART
    ]
    return max(places, key=worth, default=None)
