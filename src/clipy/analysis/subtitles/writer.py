"""Words -> subtitle files, written by ``pysubs2``: SubRip (.srt), WebVTT (.vtt) and Advanced SubStation (.ass).

Cues follow the usual guidelines (Netflix timed text, BBC): two lines of at most 42 columns, at least 5/6 s and at most
7 s on screen, 17 characters per second where there is time, broken at the ends of sentences and in pauses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pydantic import TypeAdapter
from pysubs2 import Alignment, Color, SSAEvent, SSAFile, SSAStyle

from clipy.types import Edit, Seconds, Word
from clipy.typography.cards import Card, CardRules, group_into_cards, join_words, needs_space

_COMMANDS = re.compile(r"\\(?=[Nnh])|(?<=\{)\\")
_CARDS = TypeAdapter(tuple[Card, ...])
RULES = CardRules(max_width=42, min_duration=Fraction(5, 6), reading_speed=17, pause=0.5, sentence_end_cost=0.8)


def cues(words: Iterable[Word]) -> tuple[Card, ...]:
    """The words as readable cues; every word in exactly one."""
    return group_into_cards(words, RULES)


def srt(words: Sequence[Word] | Sequence[Card]) -> str:
    """A SubRip file. Cards are written as they are; words are made into cues first. Write it as UTF-8."""
    # The format has no escapes. An arrow inside a text would be read as a line of times.
    file = _file((card, _lines(card, lambda text: text.replace("-->", "→"))) for card in _cards(words))
    text = file.to_string("srt", keep_ssa_tags=True).rstrip("\n")
    return f"{text}\n" if text else ""


def vtt(words: Sequence[Word] | Sequence[Card]) -> str:
    """A WebVTT file. Cards are written as they are; words are made into cues first. Write it as UTF-8.

    A cue whose words all have one speaker is in that speaker's voice: ``<v Name>``.
    """
    file = _file((card, _voiced(card, _lines(card, _escaped))) for card in _cards(words))
    return file.to_string("vtt", keep_ssa_tags=True).rstrip("\n") + "\n"


def _file(cues: Iterable[tuple[Card, str]]) -> SSAFile:
    file = SSAFile()
    file.events = [
        SSAEvent(start=_milliseconds(card.span.start), end=_milliseconds(card.span.end), text=text)
        for card, text in cues
    ]
    return file


def _lines(card: Card, written: Callable[[str], str]) -> str:
    """A card's text as the library keeps it. A backslash in it that would be a command becomes its full-width like."""
    return r"\N".join(_COMMANDS.sub("\uff3c", written(join_words(line))) for line in card.lines)


def _voiced(card: Card, text: str) -> str:
    speaker = " ".join(speaker_of(card).split())
    return f"<v {_escaped(speaker)}>{text}</v>" if speaker else text


@dataclass(frozen=True, slots=True)
class Style:
    """How an .ass file looks: a picture of ``width`` x ``height``, lengths in its pixels, colours as #rrggbb.

    ``speakers`` gives the highlight of a speaker where it is not ``highlight``; ``plate`` is a colour behind the lines.
    """

    width: int = 1080
    height: int = 1920
    font: str = "Montserrat"
    size: float = 72
    text: str = "#ffffff"
    highlight: str = "#ffdd00"
    outline: str = "#000000"
    outline_width: float = 5
    plate: str = ""
    uppercase: bool = False
    position: float = 0.6  # height of the lines' middle, as a share of the picture's
    speakers: Mapping[str, str] = field(default_factory=dict)


_STYLE = TypeAdapter(Style)


def ass(words: Sequence[Word] | Sequence[Card], style: Style | None = None, positions: Sequence[float] = ()) -> str:
    """An Advanced SubStation (v4+) file whose words light up as they are spoken. Write it as UTF-8.

    ``positions`` are the heights of the cards' middles, one for each card, where they differ from the style's.
    """
    style = style or Style()
    file = SSAFile()
    file.info = {
        "ScriptType": "v4.00+",
        "WrapStyle": "2",
        "ScaledBorderAndShadow": "yes",
        "PlayResX": str(style.width),
        "PlayResY": str(style.height),
        "YCbCr Matrix": "TV.709",
    }
    file.styles = {"Default": _ass_style(style)}
    cards = _cards(words)
    for card, position in zip(cards, positions or [style.position] * len(cards), strict=True):
        place = rf"\an5\pos({style.width / 2:.0f},{position * style.height:.0f})"
        own = style.speakers.get(speaker_of(card), "")
        colour = rf"\1c{_ass_colour(own)}" if own else ""
        start, end = (10 * _hundredths(time) for time in (card.span.start, card.span.end))
        file.events.append(SSAEvent(start=start, end=end, text=f"{{{place}{colour}}}{_karaoke(card, style)}"))
    return file.to_string("ass", header_notice="")


def planned_ass(edit: Edit | None) -> str:
    """The .ass file of a clip: its captions as they were planned, or cues in the default style where none were.

    A pizzazz plans captions as ``{"cards": [...], "style": {...}}``, each card with its ``position``. Without an edit
    there are no words.
    """
    if edit is None:
        return ass(())
    for plan in edit.plans.values():
        if isinstance(plan, Mapping) and {"cards", "style"} <= plan.keys():
            cards, style = _CARDS.validate_python(plan["cards"]), _STYLE.validate_python(plan["style"])
            return ass(cards, style, [card.get("position", style.position) for card in plan["cards"]])
    width, height = edit.crop.width, edit.crop.height
    size = min(width, height) / 15
    return ass(edit.clip_words(), Style(width, height, size=size, outline_width=size / 14))


def _ass_style(style: Style) -> SSAStyle:
    outline = _colour(style.plate or style.outline)
    return SSAStyle(
        fontname=_ass_text(style.font).replace(",", " "),
        fontsize=float(round(style.size)),
        primarycolor=_colour(style.highlight),
        secondarycolor=_colour(style.text),
        outlinecolor=outline,
        backcolor=outline,
        bold=True,
        borderstyle=3 if style.plate else 1,
        outline=round(style.outline_width, 1),
        shadow=0.0,
        alignment=Alignment.MIDDLE_CENTER,
        marginl=0,
        marginr=0,
        marginv=0,
        encoding=1,
    )


def _colour(colour: str) -> Color:
    """``#rrggbb``."""
    return Color(*bytes.fromhex(colour[1:7]))


def _karaoke(card: Card, style: Style) -> str:
    """The words with how long each is lit, in hundredths of a second from the card's start."""
    starts = [max(card.span.start, word.start) for word in card.words]
    ends = [*starts[1:], card.span.end]
    done, parts, index = _hundredths(card.span.start), [], 0
    for number, line in enumerate(card.lines):
        if number:
            parts.append(r"\N")
        for position, word in enumerate(line):
            if position and needs_space(line[position - 1].text, word.text):
                parts.append(" ")
            until = max(done, _hundredths(ends[index]))
            lead = _hundredths(starts[0]) - done if index == 0 else 0
            before = rf"{{\k{lead}}}" if lead > 0 else ""
            text = word.text.upper() if style.uppercase else word.text
            parts.append(rf"{before}{{\k{until - done - max(0, lead)}}}{_ass_text(text)}")
            done, index = until, index + 1
    return "".join(parts)


def _ass_text(text: str) -> str:
    """A text that cannot be taken for a command: ASS has no escapes, so its signs become their full-width likes."""
    plain = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text)
    return plain.replace("\\", "\uff3c").replace("{", "\uff5b").replace("}", "\uff5d")


def _ass_colour(colour: str) -> str:
    """``#rrggbb`` as ASS writes it: blue first."""
    return f"&H00{colour[5:7]}{colour[3:5]}{colour[1:3]}&".upper()


def _hundredths(time: Seconds) -> int:
    return max(0, int(time * 100 + Fraction(1, 2)))


def speaker_of(card: Card) -> str:
    """The one who says all of a card; empty when that is nobody, or several."""
    speakers = {word.speaker or "" for word in card.words}
    return speakers.pop() if len(speakers) == 1 else ""


def _cards(words: Sequence[Word] | Sequence[Card]) -> tuple[Card, ...]:
    cards = tuple(item for item in words if isinstance(item, Card))
    return cards or cues(item for item in words if isinstance(item, Word))


def _milliseconds(time: Seconds) -> int:
    """Halves of a millisecond go up, so that equal times stay equal and order is kept."""
    return max(0, int(time * 1000 + Fraction(1, 2)))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
