"""Words -> subtitle files: SubRip (.srt) and WebVTT (.vtt, https://www.w3.org/TR/webvtt1/).

Cues follow the usual guidelines (Netflix timed text, BBC): two lines of at most 42 columns, at least 5/6 s and at most
7 s on screen, 17 characters a second where there is time, broken at the ends of sentences and in pauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from clipy.cards import Card, Rules, group, joined
from clipy.types import Seconds, Word

RULES = Rules(max_width=42, min_duration=Fraction(5, 6), characters_a_second=17, pause=0.5, whole_sentences=0.8)


def cues(words: Iterable[Word]) -> tuple[Card, ...]:
    """The words as readable cues; every word in exactly one."""
    return group(words, RULES)


def srt(words: Sequence[Word] | Sequence[Card]) -> str:
    """A SubRip file. Cards are written as they are; words are made into cues first. Write it as UTF-8."""
    blocks = []
    for number, card in enumerate(_cards(words), start=1):
        # The format has no escapes. An arrow inside a text would be read as a line of times.
        text = "\n".join(joined(line) for line in card.lines).replace("-->", "→")
        blocks.append(f"{number}\n{_clock(card.span.start, ',')} --> {_clock(card.span.end, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(words: Sequence[Word] | Sequence[Card]) -> str:
    """A WebVTT file. Cards are written as they are; words are made into cues first. Write it as UTF-8."""
    blocks = ["WEBVTT\n"]
    for card in _cards(words):
        text = "\n".join(_escaped(joined(line)) for line in card.lines)
        blocks.append(f"{_clock(card.span.start, '.')} --> {_clock(card.span.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def _cards(words: Sequence[Word] | Sequence[Card]) -> tuple[Card, ...]:
    cards = tuple(item for item in words if isinstance(item, Card))
    return cards or cues(item for item in words if isinstance(item, Word))


def _clock(time: Seconds, mark: str) -> str:
    """``HH:MM:SS,mmm``; halves of a millisecond go up, so that equal times stay equal and order is kept."""
    total = max(0, int(time * 1000 + Fraction(1, 2)))
    rest, milliseconds = divmod(total, 1000)
    rest, second = divmod(rest, 60)
    hour, minute = divmod(rest, 60)
    return f"{hour:02}:{minute:02}:{second:02}{mark}{milliseconds:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
