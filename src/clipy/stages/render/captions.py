"""Captions: words on the picture, each highlighted while it is spoken.

``plan`` decides which words are together on screen and when; ``frames`` draws. A card's pieces are drawn once, put
together when the spoken word changes, and blended into the frame's own planes: only the card's rectangle is touched.

Where later features attach: ``plan`` keeps ``Word.speaker`` (a colour per speaker) and is where a word's text would be
masked; ``CardPicture.overlay`` picks the ink of each word (emphasis).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from pydantic import Field, TypeAdapter

from clipy.cards import Card, Rules, group
from clipy.context import Context
from clipy.errors import RenderError
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.drawing import POP_STEPS, Area, CardPicture, shown, typeface, width_limit
from clipy.stages.render.fonts import digests
from clipy.stages.render.overlay import Overlay
from clipy.stages.render.presets import LOOKS, Colour, Ink, Look
from clipy.types import Edit, Seconds, Video, Word

_CARDS = TypeAdapter(tuple[Card, ...])
_POP_TIME = Fraction(1, 10)  # seconds from a word's own size to its popped one
_HEX = r"^#[0-9a-fA-F]{6}$"
_SLIM = 0.8  # pictures narrower than this times their height are watched full screen, under a platform's buttons


class Captions(Pizzazz):
    """Words highlighted as they are spoken, in any script, clear of what the platforms draw over the video."""

    class Options(Pizzazz.Options):
        preset: Literal["bold", "clean", "karaoke", "panel"] = Field("bold", description="The look to start from.")
        size: float | None = Field(
            None, ge=0.01, le=0.4, description="Size of the letters (one em), as a share of the picture's shorter side."
        )
        text_color: str | None = Field(None, pattern=_HEX, description="Colour of the words, as #rrggbb.")
        highlight_color: str | None = Field(None, pattern=_HEX, description="Colour of the spoken word, as #rrggbb.")
        outline_color: str | None = Field(None, pattern=_HEX, description="Colour of the outline, as #rrggbb.")
        uppercase: bool | None = Field(None, description="Whether to write in capitals.")
        position: float | None = Field(
            None, ge=0, le=1, description="Height of the captions' middle: 0 is the top of the picture, 1 the bottom."
        )
        safe_area: bool = Field(
            True, description="Keep clear of what TikTok, Reels and Shorts draw over an upright video."
        )
        max_words: int = Field(5, ge=1, le=20, description="Most words on screen at once.")
        max_lines: int = Field(2, ge=1, le=4, description="Most lines on screen at once.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide which words are on screen together, and when: ``plans[name]`` is a list of cards in clip time."""
        look, language = self.look(), edit.language
        area = safe_area(edit.crop.width, edit.crop.height, self.options.position, self.options.safe_area)
        size = look.size * min(edit.crop.width, edit.crop.height)
        font = typeface(look, size, language)
        rules = Rules(
            max_width=width_limit(look, area, size),
            max_lines=self.options.max_lines,
            max_words=self.options.max_words,
            max_duration=4,
            measure=lambda text: look.word_space * size if text == " " else font.width(shown(text, look, language)),
        )
        cards = group(_kept_words(edit), rules, until=edit.duration)
        return replace(edit, plans={**edit.plans, self.name: _CARDS.dump_python(cards, mode="json")})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            raise RenderError("the captions of this clip were never planned", do="Call plan() before frames()")
        cards = _CARDS.validate_python(edit.plans[self.name])
        return self._captioned(frames, cards, edit.language) if cards else frames

    def weights(self) -> tuple[str, ...]:
        """The fonts: they decide what the captions look like."""
        return digests()

    def look(self) -> Look:
        """The preset with the user's own changes."""
        look, options = LOOKS[self.options.preset], self.options
        if options.text_color is not None:
            look = replace(look, text=replace(look.text, colour=_colour(options.text_color)))
        if options.highlight_color is not None:
            look = _highlighted(look, _colour(options.highlight_color))
        if options.outline_color is not None:
            look = replace(look, outline=replace(look.outline, colour=_colour(options.outline_color)))
        if options.uppercase is not None:
            look = replace(look, uppercase=options.uppercase)
        return look if options.size is None else replace(look, size=options.size)

    def _captioned(self, frames: Iterator[Frame], cards: tuple[Card, ...], language: str) -> Iterator[Frame]:
        starts = [card.span.start for card in cards]
        artist = _Artist(self.look(), self.options.position, self.options.safe_area, language)
        for frame in frames:
            index = bisect_right(starts, frame.time) - 1
            if index >= 0 and frame.time in cards[index].span:
                artist.overlay(cards[index], frame).onto(frame)
            yield frame


class _Artist:
    """Draws cards in order, and draws anew only when the picture changes."""

    def __init__(self, look: Look, position: float | None, clear: bool, language: str) -> None:
        self._look, self._position, self._clear, self._language = look, position, clear, language
        self._card: Card | None = None
        self._state: tuple[int | None, int] | None = None

    def overlay(self, card: Card, frame: Frame) -> Overlay:
        """The picture of a card at a frame's time."""
        if card is not self._card:
            area = safe_area(frame.width, frame.height, self._position, self._clear)
            size = self._look.size * min(frame.width, frame.height)
            self._card, self._state = card, None
            self._starts = [word.start for word in card.words]
            self._picture = CardPicture(card, self._look, area, size, self._language)
        state = self._state_at(frame.time)
        if state != self._state:
            self._state, self._overlay = state, self._picture.overlay(*state)
        return self._overlay

    def _state_at(self, time: Seconds) -> tuple[int | None, int]:
        """The word that was last begun, and how far it has popped."""
        active = bisect_right(self._starts, time) - 1
        if active < 0:
            return None, 0
        if not self._look.pop:
            return active, POP_STEPS
        grown = (time - self._starts[active]) / _POP_TIME
        return active, min(POP_STEPS, 1 + int(grown * POP_STEPS))


def safe_area(width: int, height: int, position: float | None = None, clear: bool = True) -> Area:
    """Where captions may be, symmetrical about the picture's middle.

    Upright pictures: the box that YouTube, Meta and TikTok all leave free, x 120-888 and y 288-1248 of 1080x1920, as
    their guidelines for advertisers give it. The box is off the middle; captions are on it, as wide as the box allows.
    """
    if width < _SLIM * height and clear:
        half, top, bottom, middle = 348 / 1080, 288 / 1920, 1248 / 1920, 0.595
    else:
        half, top, bottom, middle = 0.44, 0.05, 0.95, 0.8
    wanted = height * (middle if position is None else position)
    return Area(width * (0.5 - half), height * top, width * (0.5 + half), height * bottom, wanted)


def _kept_words(edit: Edit) -> list[Word]:
    """The words in clip time, without those that lie in parts cut out."""
    kept = (any(word.span.overlap(span) > 0 or word.start in span for span in edit.keep) for word in edit.words)
    return [word for word, there in zip(edit.clip_words(), kept, strict=True) if there]


def _colour(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _highlighted(look: Look, colour: Colour) -> Look:
    """The look with another highlight: of the plate behind the spoken word where there is one, else of its letters."""
    if look.word_plate is not None:
        return replace(look, word_plate=replace(look.word_plate, ink=Ink(colour, look.word_plate.ink.opacity)))
    spoken = None if look.spoken is None else replace(look.spoken, colour=colour)
    return replace(look, highlight=replace(look.highlight, colour=colour), spoken=spoken)
