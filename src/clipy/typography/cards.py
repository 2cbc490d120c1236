"""Segmentation of words into cards: the words on screen together, their lines, and their times.

Burned-in captions and subtitle files share this. Breaks are chosen by one shortest-path search over all possible card
ends (after Knuth and Plass, "Breaking Paragraphs into Lines", 1981), so that a good break now never causes an orphan
later. Costs are in units of one card: all else being equal, fewer cards win.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, combinations, pairwise, zip_longest

from clipy.text.punctuation import ends_clause, ends_sentence, is_abbreviation
from clipy.text.scripts import is_spaceless
from clipy.types import Seconds, Span, Word
from clipy.typography.line_breaking import inside_word_cost, kinsoku_cost

_MAX_GAP = 1.0  # seconds of silence that always end a card
_READABLE_DURATION = 0.5  # seconds; a card on screen for less is hard to read
_FORBIDDEN = 1e9
_MIN_DURATION = Fraction(1, 10)  # seconds; transcribers give some words no duration at all


@dataclass(frozen=True, slots=True)
class Card:
    """Words on screen together, line by line, during ``span``; the words keep the times of their sound."""

    span: Span
    lines: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in spoken order."""
        return tuple(word for line in self.lines for word in line)


def display_width(text: str) -> float:
    """The width of a text in terminal columns: wide East Asian characters count two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


@dataclass(frozen=True, slots=True)
class CardRules:
    """Limits and costs of segmentation. Widths are in the unit of ``measure``; times are in seconds."""

    max_width: float
    max_lines: int = 2
    max_words: float = 100  # for scripts without spaces, see ``_word_count``
    max_duration: float = 7.0
    min_duration: Seconds = Fraction(0)
    reading_speed: int | None = None  # characters per second; a card stays that long where the next one allows
    pause: float = 0.35  # a silence this long is a good place to break
    sentence_end_cost: float = 3.0  # of a sentence end inside a card
    hold: Seconds = Fraction(1, 4)  # how long a card stays after its last word
    max_flicker: Seconds = Fraction(3, 20)  # gaps up to this length are closed by keeping the card
    measure: Callable[[str], float] = display_width
    language: str = ""  # default for words without one; decides about abbreviations and ordinals


def group_into_cards(words: Iterable[Word], rules: CardRules, until: Seconds | None = None) -> tuple[Card, ...]:
    """Put every word on exactly one card. Cards are in order and never overlap; none lasts beyond ``until``."""
    normalized = normalize_words(words)
    if not normalized:
        return ()
    search = _BreakSearch(normalized, rules)
    ends = search.best_ends()
    return _assign_times([search.lines(first, last) for first, last in pairwise((0, *ends))], rules, until)


def normalize_words(words: Iterable[Word]) -> tuple[Word, ...]:
    """The words without stray white space or empty texts, with monotonic times.

    A token that begins with a combining mark is joined to the one before.
    """
    result: list[Word] = []
    for word in words:
        text = " ".join(word.text.split())
        if not text:
            continue
        start = max(word.start, result[-1].start) if result else word.start
        end = max(word.end, start)
        if result and unicodedata.category(text[0]).startswith("M"):
            result[-1] = replace(result[-1], text=result[-1].text + text, end=max(end, result[-1].end))
        else:
            result.append(replace(word, text=text, start=start, end=end))
    return tuple(result)


def needs_space(before: str, after: str) -> bool:
    """Whether two neighboring words are written with a space between them."""
    return not (is_spaceless(before[-1]) and is_spaceless(after[0]))


def join_words(words: Sequence[Word]) -> str:
    """The words as one line of text."""
    text = words[0].text if words else ""
    for before, after in pairwise(words):
        text += (" " if needs_space(before.text, after.text) else "") + after.text
    return text


def _word_count(text: str) -> float:
    """How many words a token counts as. In scripts without spaces, tokens and words differ: a word has about two
    characters in Chinese and Japanese, about four without marks in Thai and related scripts.
    """
    if not all(map(is_spaceless, text)):
        return 1.0
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return wide / 2 if wide else sum(not unicodedata.category(char).startswith("M") for char in text) / 4


class _BreakSearch:
    """Shortest-path search for the cheapest segmentation of words into cards."""

    def __init__(self, words: tuple[Word, ...], rules: CardRules) -> None:
        self.words, self.rules = words, rules
        space = rules.measure(" ")
        spaces = [space if needs_space(a.text, b.text) else 0.0 for a, b in pairwise(words)]
        self.spaces = [*spaces, 0.0]
        widths = [rules.measure(word.text) for word in words]
        self.offsets = [0.0, *accumulate(width + gap for width, gap in zip(widths, self.spaces, strict=True))]
        self.word_counts = [_word_count(w.text) for w in words]
        self.gaps = [float(b.start - a.end) for a, b in pairwise(words)] + [_MAX_GAP]
        self.languages = [word.language or rules.language for word in words]
        self.sentence_ends = [
            ends_sentence(word, after, language)
            for word, after, language in zip_longest(words, words[1:], self.languages)
        ]
        self.break_costs = [self._break_cost(index) for index in range(len(words))]
        self.continuation_costs = [self._continuation_cost(index) for index in range(len(words))]

    def best_ends(self) -> list[int]:
        """The index after the last word of each card."""
        count = len(self.words)
        best, predecessor = [0.0] + [_FORBIDDEN * count] * count, [0] * (count + 1)
        for first in range(count):
            inside, word_count = 0.0, 0.0
            for last in range(first + 1, count + 1):
                word_count += self.word_counts[last - 1]
                if last - first > 1 and not self._is_allowed(first, last, word_count):
                    break
                cost = best[first] + inside + self._card_cost(first, last, word_count)
                if cost < best[last]:
                    best[last], predecessor[last] = cost, first
                inside += self.continuation_costs[last - 1]
        ends = [count]
        while predecessor[ends[-1]]:
            ends.append(predecessor[ends[-1]])
        return ends[::-1]

    def lines(self, first: int, last: int) -> tuple[tuple[Word, ...], ...]:
        """The words of a card, line by line."""
        breaks = self._line_breaks(first, last)[1]
        return tuple(self.words[a:b] for a, b in pairwise((first, *breaks, last)))

    def _width(self, first: int, last: int) -> float:
        return self.offsets[last] - self.offsets[first] - self.spaces[last - 1]

    def _is_allowed(self, first: int, last: int, word_count: float) -> bool:
        """Whether a card of several words may end here or later."""
        rules = self.rules
        return (
            word_count <= rules.max_words
            and self._width(first, last) <= rules.max_lines * rules.max_width
            and float(self.words[last - 1].end - self.words[first].start) <= rules.max_duration
            and self.continuation_costs[last - 2] < _FORBIDDEN
        )

    def _card_cost(self, first: int, last: int, word_count: float) -> float:
        """The cost of a card: 1, more if it is sparse, short-lived, a lone short word, or ends in a bad place."""
        rules, words = self.rules, self.words
        width = self._width(first, last)
        cost = 1 + self._line_breaks(first, last)[0] + self.break_costs[last - 1]
        cost += 0.8 * max(0.0, 1 - max(word_count / rules.max_words, width / (rules.max_lines * rules.max_width))) ** 2
        if last - first == 1 and word_count <= 1:
            cost += 2.0 if len(words[first].text) <= 4 else 0.8
        end = words[last].start if last < len(words) else words[last - 1].end + rules.hold
        duration = float(end - words[first].start)
        return cost + 6 * max(0.0, 1 - duration / max(_READABLE_DURATION, float(rules.min_duration)))

    def _line_breaks(self, first: int, last: int) -> tuple[float, tuple[int, ...]]:
        """The best breaks of a card into as few lines as it needs: their cost, and the index after each line."""
        limit = self.rules.max_width
        if last - first == 1 or self._width(first, last) <= limit:
            return 0.0, ()
        for count in range(1, self.rules.max_lines):
            best: tuple[float, tuple[int, ...]] = (_FORBIDDEN, ())
            for breaks in combinations(range(first + 1, last), count):
                lines = list(pairwise((first, *breaks, last)))
                widths = [self._width(a, b) for a, b in lines]
                if any(width > limit and b - a > 1 for width, (a, b) in zip(widths, lines, strict=True)):
                    continue
                raggedness = sum((width - sum(widths) / len(widths)) ** 2 for width in widths) / limit**2
                cost = 1.5 * raggedness + 0.4 * sum(self.break_costs[index - 1] for index in breaks)
                best = min(best, (cost, breaks))
            if best[1]:
                return best
        return _FORBIDDEN, tuple(range(first + 1, last))[: self.rules.max_lines - 1]

    def _break_cost(self, index: int) -> float:
        """The cost of a break after a word: 0 at the end of a sentence, high inside a phrase."""
        if index + 1 == len(self.words):
            return 0.0
        text, after = self.words[index].text, self.words[index + 1]
        if kinsoku := kinsoku_cost(text, after.text):
            return kinsoku
        if self.sentence_ends[index] or self.words[index].speaker != after.speaker:
            return 0.0
        if self.gaps[index] > self.rules.pause:
            return 0.1
        if is_abbreviation(self.words[index], after, self.languages[index]):
            return 1.8
        if ends_clause(self.words[index]):
            return 0.3
        if inside_word := inside_word_cost(text, after.text, self.languages[index]):
            return inside_word
        # Articles, prepositions and pronouns are short in most languages, and belong to what follows.
        return 1.8 if len(text) <= 3 and self.word_counts[index] == 1 and text.isalpha() else 1.0

    def _continuation_cost(self, index: int) -> float:
        """The cost of a card that continues after a word."""
        if index + 1 == len(self.words):
            return 0.0
        gap = self.gaps[index]
        if gap > _MAX_GAP or self.words[index].speaker != self.words[index + 1].speaker:
            return _FORBIDDEN
        cost = 4.0 if gap > self.rules.pause else 0.0
        if self.sentence_ends[index]:
            return cost + self.rules.sentence_end_cost
        return cost + (0.6 if ends_clause(self.words[index]) else 0.0)


def _assign_times(
    groups: list[tuple[tuple[Word, ...], ...]], rules: CardRules, until: Seconds | None
) -> tuple[Card, ...]:
    """Time each group of lines from its first word until shortly after its last, never into the next group."""
    starts: list[Seconds] = []
    for lines in groups:
        start = lines[0][0].start
        starts.append(max(start, starts[-1] + _MIN_DURATION) if starts else start)
    cards = []
    for index, lines in enumerate(groups):
        start, spoken = starts[index], max(word.end for line in lines for word in line)
        end = max(spoken + rules.hold, start + max(_MIN_DURATION, rules.min_duration))
        if rules.reading_speed is not None:
            length = sum(len(join_words(line)) for line in lines)
            end = max(end, start + Fraction(length, rules.reading_speed))
        if until is not None:
            end = max(min(end, until), start + Fraction(1, 1000))
        if index + 1 < len(groups) and starts[index + 1] <= end + rules.max_flicker:
            end = starts[index + 1]
        cards.append(Card(Span(start, end), lines))
    return tuple(cards)
