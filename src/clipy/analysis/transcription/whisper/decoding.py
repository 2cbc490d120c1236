"""What Whisper says it heard -> words as they should be shown, without what it made up."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clipy.text.scripts import continues_word
from clipy.types import Seconds, Word, seconds

log = logging.getLogger(__name__)

_SAID_NOTHING = 0.6  # Whisper's own limits: a segment this surely silent and this unsure of its text was not said
_UNSURE = -1.0
_REPETITIVE = 2.4  # a text that a compressor shrinks this much repeats itself: a refrain, or the decoder in a loop
_FASTEST = 7.0  # words per second; people reach 5, a decoder in a loop crams its words into no time
_LOOP_WORDS = 8  # words of a phrase at most that is looked for
_MOST_REPEATS = {1: 8, 2: 5}  # times a word ("no, no, no, ...") or a pair may be said in a row
_MOST_REPEATS_LONGER = 5
_OPENING = "\"'“‘«‹([{¿¡「『（【《$€£#@"
_NOT_SPOKEN = frozenset("-–—♪♫*_~•|")


@dataclass(frozen=True, slots=True)
class AsrWord:
    """One word as Whisper gives it, in seconds from the beginning of the window; ``text`` keeps its leading space."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class AsrSegment:
    """One segment as Whisper gives it, with what it thinks of it."""

    words: tuple[AsrWord, ...]
    no_speech: float
    confidence: float
    compression: float
    language: str = ""  # where it was detected from the sound alone

    @property
    def is_made_up(self) -> bool:
        """Whether it is silence that was given words, or a loop. What people do repeat is at their own pace."""
        if self.confidence < _UNSURE:
            return self.no_speech > _SAID_NOTHING or self.compression > _REPETITIVE
        return self.compression > _REPETITIVE and self._words_a_second > _FASTEST

    @property
    def _words_a_second(self) -> float:
        lasts = max((word.end for word in self.words), default=0) - min((word.start for word in self.words), default=0)
        return len(self.words) / max(lasts, 1e-3)


def shown(segments: Iterable[AsrSegment], offset: Seconds, *, spaced: bool) -> tuple[list[Word], int]:
    """The words of a window with their times on the source's timeline, and how many were left out as made up.

    ``spaced`` tells whether the language puts spaces between words: then a token without one goes on the word before
    ("30" + "-year"). Elsewhere only the parts of a Latin word or a number are joined ("Go" + "ogle"). Punctuation
    belongs to the word it stands at.
    """
    words: list[Word] = []
    dropped = 0
    for segment in segments:
        if segment.is_made_up:
            dropped += len(segment.words)
            continue
        words += _joined(segment.words, offset, spaced=spaced)
    kept = without_loops(words)
    return kept, dropped + len(words) - len(kept)


def _joined(tokens: Sequence[AsrWord], offset: Seconds, *, spaced: bool) -> list[Word]:
    words: list[Word] = []
    opening = joint = ""
    for token in tokens:
        text = "".join(letter for letter in token.text.strip() if letter not in "♪♫")
        if not text or all(letter in _NOT_SPOKEN for letter in text):
            joint = "" if spaced else token.text  # the hyphen of "Wi" + "-" + "Fi"
            continue
        part, joint = joint + text, ""
        adjacent = not token.text[:1].isspace()
        goes_on = adjacent and (spaced or (bool(words) and continues_word(words[-1].text, part)))
        if words and (goes_on or _is_closing(text)) and not opening:
            before = words[-1]
            end = max(before.end, offset + seconds(token.end))
            if _is_closing(text):
                words[-1] = replace(before, text=before.text + text)
            else:
                sure = min(before.probability, token.probability)
                words[-1] = replace(before, text=before.text + part, end=end, probability=sure)
        elif all(letter in _OPENING for letter in text):
            opening += text
        else:
            start = offset + seconds(token.start)
            end = max(start, offset + seconds(token.end))
            words.append(Word(opening + text, start, end, min(1.0, max(0.0, token.probability))))
            opening = ""
    return words


def _is_closing(text: str) -> bool:
    """Whether a token is nothing but punctuation that stands after a word."""
    return all(unicodedata.category(letter).startswith("P") and letter not in "&%@#§" for letter in text) and not all(
        letter in _OPENING for letter in text if letter not in "\"'"
    )


def without_loops(words: Sequence[Word]) -> list[Word]:
    """The words without a decoder's loops: a phrase said more often in a row than people do is kept once."""
    plain = ["".join(letter for letter in word.text.lower() if letter.isalnum()) for word in words]
    kept: list[Word] = []
    index = 0
    while index < len(words):
        length, repeats = _loop_at(plain, index)
        kept += words[index : index + length]
        index += length * repeats
    return kept


def _loop_at(plain: Sequence[str], index: int) -> tuple[int, int]:
    """The length of the phrase that loops from a word on and how often; (1, 1) when none does."""
    for length in range(1, _LOOP_WORDS + 1):
        phrase = plain[index : index + length]
        repeats = 1
        while plain[index + repeats * length : index + (repeats + 1) * length] == phrase:
            repeats += 1
        if any(phrase) and repeats > _MOST_REPEATS.get(length, _MOST_REPEATS_LONGER):
            return length, repeats
    return 1, 1
