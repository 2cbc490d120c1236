"""Words -> cards: what is on screen together, in lines, from when until when.

Captions in the picture and subtitle files share this. Where to break is one shortest-path search over all places where
a card could end (the idea of Knuth and Plass, "Breaking Paragraphs into Lines", 1981), so a good break now is never
paid for with an orphan later. Costs are in units of one card: everything else being equal, fewer cards win.
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

# Japanese and Chinese typesetting lets no line begin with these (JIS X 4051): they cling to the token before.
_CLINGING = frozenset("、。，．！？：；）」』】〉》…・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?;:)]}%”’»")
_LONG_GAP = 1.0  # seconds of silence that always end a card
_HASTY = 0.5  # seconds; a card that is seen for less than this is hard to read
_NEVER = 1e9
_SHORTEST = Fraction(1, 10)  # seconds; transcribers give some words no time at all, and a card must be seen


@dataclass(frozen=True, slots=True)
class Card:
    """Words that are on screen together, line by line. ``span`` is when; words keep the times of their sound."""

    span: Span
    lines: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in the order in which they are spoken."""
        return tuple(word for line in self.lines for word in line)


def columns(text: str) -> float:
    """Width of a text in columns: wide East Asian characters count two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


@dataclass(frozen=True, slots=True)
class Rules:
    """How cards are made. Widths are in the unit of ``measure``; times are in seconds."""

    max_width: float
    max_lines: int = 2
    max_words: float = 100  # in scripts without spaces see ``_weight``
    max_duration: float = 7.0
    min_duration: Seconds = Fraction(0)
    characters_a_second: int | None = None  # a card stays at least as long as reading takes, where there is time
    pause: float = 0.35  # a silence this long is a place to break
    whole_sentences: float = 3.0  # what it costs when a sentence ends inside a card
    hold: Seconds = Fraction(1, 4)  # how long a card stays after its last word
    bridge: Seconds = Fraction(3, 20)  # an empty screen shorter than this is a flicker: the card stays
    measure: Callable[[str], float] = columns
    language: str = ""  # of words that do not say theirs: abbreviations and ordinals end no sentence in it


def group(words: Iterable[Word], rules: Rules, until: Seconds | None = None) -> tuple[Card, ...]:
    """Put every word on exactly one card. Cards are in order and never overlap; none lasts beyond ``until``."""
    told = tidied(words)
    if not told:
        return ()
    search = _Search(told, rules)
    ends = search.best_ends()
    return _timed([search.lines(first, last) for first, last in pairwise((0, *ends))], rules, until)


def tidied(words: Iterable[Word]) -> tuple[Word, ...]:
    """The words without stray white space or empty texts, and with times that never run backwards.

    A token that begins with a combining mark is no word of its own: it joins the one before.
    """
    tidy: list[Word] = []
    for word in words:
        text = " ".join(word.text.split())
        if not text:
            continue
        start = max(word.start, tidy[-1].start) if tidy else word.start
        end = max(word.end, start)
        if tidy and unicodedata.category(text[0]).startswith("M"):
            tidy[-1] = replace(tidy[-1], text=tidy[-1].text + text, end=max(end, tidy[-1].end))
        else:
            tidy.append(replace(word, text=text, start=start, end=end))
    return tuple(tidy)


def spaced(before: str, after: str) -> bool:
    """Whether two neighbours are written with a space between them."""
    return not (is_spaceless(before[-1]) and is_spaceless(after[0]))


def joined(words: Sequence[Word]) -> str:
    """A line as it is written."""
    text = words[0].text if words else ""
    for before, after in pairwise(words):
        text += (" " if spaced(before.text, after.text) else "") + after.text
    return text


def _weight(text: str) -> float:
    """How many words a token counts as. Without spaces it may be a part of one or several: in Chinese and Japanese two
    characters are about a word, in Thai and its neighbours four, not counting marks.
    """
    if not all(map(is_spaceless, text)):
        return 1.0
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return wide / 2 if wide else sum(not unicodedata.category(char).startswith("M") for char in text) / 4


class _Search:
    """The cheapest way to cut a run of words into cards."""

    def __init__(self, words: tuple[Word, ...], rules: Rules) -> None:
        self.words, self.rules = words, rules
        space = rules.measure(" ")
        spaces = [space if spaced(a.text, b.text) else 0.0 for a, b in pairwise(words)]
        self.spaces = [*spaces, 0.0]
        widths = [rules.measure(word.text) for word in words]
        self.until = [0.0, *accumulate(width + gap for width, gap in zip(widths, self.spaces, strict=True))]
        self.weights = [_weight(w.text) for w in words]
        self.gaps = [float(b.start - a.end) for a, b in pairwise(words)] + [_LONG_GAP]
        self.languages = [word.language or rules.language for word in words]
        self.stops = [
            ends_sentence(word, after, language)
            for word, after, language in zip_longest(words, words[1:], self.languages)
        ]
        self.seams = [self._seam(index) for index in range(len(words))]
        self.carries = [self._carry(index) for index in range(len(words))]

    def best_ends(self) -> list[int]:
        """The index after the last word of each card."""
        count = len(self.words)
        best, came = [0.0] + [_NEVER * count] * count, [0] * (count + 1)
        for first in range(count):
            inside, weight = 0.0, 0.0
            for last in range(first + 1, count + 1):
                weight += self.weights[last - 1]
                if last - first > 1 and not self._allowed(first, last, weight):
                    break
                cost = best[first] + inside + self._card(first, last, weight)
                if cost < best[last]:
                    best[last], came[last] = cost, first
                inside += self.carries[last - 1]
        ends = [count]
        while came[ends[-1]]:
            ends.append(came[ends[-1]])
        return ends[::-1]

    def lines(self, first: int, last: int) -> tuple[tuple[Word, ...], ...]:
        """The words of a card, line by line."""
        cuts = self._cuts(first, last)[1]
        return tuple(self.words[a:b] for a, b in pairwise((first, *cuts, last)))

    def _width(self, first: int, last: int) -> float:
        return self.until[last] - self.until[first] - self.spaces[last - 1]

    def _allowed(self, first: int, last: int, weight: float) -> bool:
        """Whether a card of several words may end here, or a longer one may."""
        rules = self.rules
        return (
            weight <= rules.max_words
            and self._width(first, last) <= rules.max_lines * rules.max_width
            and float(self.words[last - 1].end - self.words[first].start) <= rules.max_duration
            and self.carries[last - 2] < _NEVER
        )

    def _card(self, first: int, last: int, weight: float) -> float:
        """What a card costs: one, more when it is empty, short-lived, a lone short word, or ends in a bad place."""
        rules, words = self.rules, self.words
        width = self._width(first, last)
        cost = 1 + self._cuts(first, last)[0] + self.seams[last - 1]
        cost += 0.8 * max(0.0, 1 - max(weight / rules.max_words, width / (rules.max_lines * rules.max_width))) ** 2
        if last - first == 1 and weight <= 1:
            cost += 2.0 if len(words[first].text) <= 4 else 0.8
        seen = float(
            (words[last].start if last < len(words) else words[last - 1].end + rules.hold) - words[first].start
        )
        return cost + 6 * max(0.0, 1 - seen / max(_HASTY, float(rules.min_duration)))

    def _cuts(self, first: int, last: int) -> tuple[float, tuple[int, ...]]:
        """The best places to break a card into as few lines as it needs, and their cost."""
        limit = self.rules.max_width
        if last - first == 1 or self._width(first, last) <= limit:
            return 0.0, ()
        for count in range(1, self.rules.max_lines):
            best: tuple[float, tuple[int, ...]] = (_NEVER, ())
            for cuts in combinations(range(first + 1, last), count):
                widths = [self._width(a, b) for a, b in pairwise((first, *cuts, last))]
                if any(
                    width > limit and b - a > 1
                    for width, (a, b) in zip(widths, pairwise((first, *cuts, last)), strict=True)
                ):
                    continue
                ragged = sum((width - sum(widths) / len(widths)) ** 2 for width in widths) / limit**2
                best = min(best, (1.5 * ragged + 0.4 * sum(self.seams[cut - 1] for cut in cuts), cuts))
            if best[1]:
                return best
        return _NEVER, tuple(range(first + 1, last))[: self.rules.max_lines - 1]

    def _seam(self, index: int) -> float:
        """What it costs to break after a word: nothing at the end of a sentence, much inside a phrase."""
        if index + 1 == len(self.words):
            return 0.0
        text, after = self.words[index].text, self.words[index + 1]
        if after.text[0] in _CLINGING:
            return 10.0
        if self.stops[index] or self.words[index].speaker != after.speaker:
            return 0.0
        if self.gaps[index] > self.rules.pause:
            return 0.1
        if is_abbreviation(self.words[index], after, self.languages[index]):
            return 1.8
        if ends_clause(self.words[index]):
            return 0.3
        # Articles, prepositions and pronouns are short in most languages, and belong to what follows.
        return 1.8 if len(text) <= 3 and self.weights[index] == 1 and text.isalpha() else 1.0

    def _carry(self, index: int) -> float:
        """What it costs when a card goes on after a word."""
        if index + 1 == len(self.words):
            return 0.0
        gap = self.gaps[index]
        if gap > _LONG_GAP or self.words[index].speaker != self.words[index + 1].speaker:
            return _NEVER
        cost = 4.0 if gap > self.rules.pause else 0.0
        if self.stops[index]:
            return cost + self.rules.whole_sentences
        return cost + (0.6 if ends_clause(self.words[index]) else 0.0)


def _timed(groups: list[tuple[tuple[Word, ...], ...]], rules: Rules, until: Seconds | None) -> tuple[Card, ...]:
    """Give each group of lines its time: from its first word until a little after its last, never into the next."""
    starts: list[Seconds] = []
    for lines in groups:
        start = lines[0][0].start
        starts.append(max(start, starts[-1] + _SHORTEST) if starts else start)
    cards = []
    for index, lines in enumerate(groups):
        start, spoken = starts[index], max(word.end for line in lines for word in line)
        end = max(spoken + rules.hold, start + max(_SHORTEST, rules.min_duration))
        if rules.characters_a_second is not None:
            length = sum(len(joined(line)) for line in lines)
            end = max(end, start + Fraction(length, rules.characters_a_second))
        if until is not None:
            end = max(min(end, until), start + Fraction(1, 1000))
        if index + 1 < len(groups) and starts[index + 1] <= end + rules.bridge:
            end = starts[index + 1]
        cards.append(Card(Span(start, end), lines))
    return tuple(cards)
