"""Captions: words on the picture, each highlighted while it is spoken.

``plan`` decides which words are together on screen, when, at which height and in whose colour; ``frames`` draws. A
card's pieces are drawn once, put together when the spoken word changes, and blended into the frame's own planes: only
the card's rectangle is touched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter

from clipy.analysis.camera.onscreen import OnScreen, faces_on_screen
from clipy.analysis.subtitles.writer import Style, speaker_of
from clipy.context import Context
from clipy.errors import RenderError
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.captioning.planning import Caption, decorated, placed
from clipy.stages.render.pizzazz.crop_windows.letterboxed import fitted
from clipy.text.profanity import Profanity
from clipy.types import Box, Edit, Seconds, Video, Word
from clipy.typography.brand import HEX, brand_digests, colour_of, font_digests, hex_of, load_brand
from clipy.typography.card_painter import POP_STEPS, CardPicture
from clipy.typography.cards import Card, Rules, group
from clipy.typography.fonts import digests
from clipy.typography.layout import Area, shown, typeface, width_limit
from clipy.typography.occupied import OccupiedRegion, as_json, taken
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import safe_area
from clipy.typography.shaping import family
from clipy.typography.styles import LOOKS, Colour, Look, highlighted, voiced, voices

_POP_TIME = Fraction(1, 10)  # seconds from a word's own size to its popped one

Preset = Literal[
    "bold",
    "clean",
    "karaoke",
    "panel",
    "punch",
    "comic",
    "neon",
    "headline",
    "minimal",
    "reveal",
    "sticker",
    "hollow",
]


_CAPTIONS = TypeAdapter(tuple[Caption, ...])
_STYLE = TypeAdapter(Style)


class Captions(Pizzazz):
    """Words highlighted as they are spoken, in any script, clear of mouths and of what the platforms draw."""

    version = 7

    class Options(Pizzazz.Options):
        preset: Preset = Field("bold", description="The look to start from.")
        size: float | None = Field(
            None, ge=0.01, le=0.4, description="Size of the letters (one em), as a share of the picture's shorter side."
        )
        text_color: str | None = Field(None, pattern=HEX, description="Colour of the words, as #rrggbb.")
        highlight_color: str | None = Field(None, pattern=HEX, description="Colour of the spoken word, as #rrggbb.")
        outline_color: str | None = Field(None, pattern=HEX, description="Colour of the outline, as #rrggbb.")
        font: Path | None = Field(None, description="A font file of your own (.ttf or .otf).")
        brand: Path | None = Field(
            None, description="A brand kit (TOML or JSON) with font and colours; what is set here goes over it."
        )
        uppercase: bool | None = Field(None, description="Whether to write in capitals.")
        position: float | None = Field(
            None,
            ge=0,
            le=1,
            description="Height of the captions' middle: 0 is the top of the picture, 1 the bottom. Left out, where"
            " they cover no mouth.",
        )
        avoid_faces: bool = Field(True, description="Look for faces, so as to cover no mouth.")
        safe_area: bool = Field(
            True, description="Keep clear of what TikTok, Reels and Shorts draw over an upright video."
        )
        max_words: int | None = Field(None, ge=1, le=20, description="Most words on screen at once; else the preset's.")
        max_lines: int = Field(2, ge=1, le=4, description="Most lines on screen at once.")
        speaker_colors: bool = Field(True, description="Give each speaker a colour, where it is known who speaks.")
        emphasis: Literal["off", "auto"] = Field(
            "auto", description="auto: numbers, names and rare long words in a colour of their own."
        )
        emoji: bool = Field(False, description="Put an emoji over cards whose (English) words call for one.")
        mask: bool = Field(False, description="Write strong language as its first letter and asterisks.")
        mask_words: tuple[str, ...] = Field(
            (), description="More words to mask, in any language; * at either end stands for any letters."
        )

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide what is on screen, when and where: ``plans[name]`` holds ``cards`` in clip time, ``style``, ``taken``.

        With ``mask`` the edit's own words are masked too, so that subtitle files and documents agree with the picture.
        """
        if self.options.mask or self.options.mask_words:
            profanity = Profanity(self.options.mask_words)
            edit = replace(edit, words=tuple(replace(word, text=profanity.masked(word.text)) for word in edit.words))
        options, area = self.options, self._area(edit.crop.width, edit.crop.height)
        cards = decorated(self._grouped(edit), edit.language, emphasis=options.emphasis == "auto", emoji=options.emoji)
        faces: Sequence[OnScreen] = ()
        free = options.position is None and options.avoid_faces
        if cards and edit.crop.shots and free:
            faces = faces_on_screen(video, edit, ctx, speaking=False)
        looks = self._looks(cards, edit)
        whole = (
            OccupiedRegion(part.span, Box(*part.into)) for part in fitted(video, edit)
        )  # a slide is not to be written on
        occupied = (*taken(edit, but=self.name), *whole) if options.position is None else ()
        cards, covered = placed(cards, [looks[speaker_of(card)] for card in cards], edit, area, faces, occupied)
        plan = {
            "cards": _CAPTIONS.dump_python(tuple(cards), mode="json"),
            "style": _STYLE.dump_python(self._style(edit, looks), mode="json"),
            "taken": as_json(covered),
        }
        return replace(edit, plans={**edit.plans, self.name: plan})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            raise RenderError("the captions of this clip were never planned", do="Call plan() before frames()")
        cards = _CAPTIONS.validate_python(edit.plans[self.name]["cards"])
        return self._captioned(frames, cards, edit) if cards else frames

    def identity(self) -> dict[str, object]:
        """Without paths: what the files hold counts, and ``weights`` tells."""
        options = self.options.model_dump(mode="json", exclude={"font", "brand"})
        return {**super().identity(), "options": options}

    def input_digests(self) -> tuple[str, ...]:
        """The fonts and the brand kit: they decide what the captions look like."""
        return (*digests(), *font_digests(self.options.font), *brand_digests(self.options.brand))

    def look(self) -> Look:
        """The preset with the brand's and the user's own changes."""
        look, options, brand = LOOKS[self.options.preset], self.options, load_brand(self.options.brand)
        text, highlight = options.text_color or brand.text_color, options.highlight_color or brand.highlight_color
        outline, font = options.outline_color or brand.outline_color, options.font or brand.font
        if text is not None:
            look = replace(look, text=replace(look.text, colour=colour_of(text)))
        if highlight is not None:
            look = highlighted(look, colour_of(highlight))
        if outline is not None:
            look = replace(look, outline=replace(look.outline, colour=colour_of(outline)))
        if font is not None:
            look = replace(look, package="", file=str(font))
        if options.uppercase is not None:
            look = replace(look, uppercase=options.uppercase)
        return look if options.size is None else replace(look, size=options.size)

    def _looks(self, cards: Sequence[Card], edit: Edit) -> dict[str, Look]:
        """A look for each speaker, the same in all clips of a run: the first to speak has the preset's own colour."""
        own = self.look()
        here = (speaker_of(card) for card in cards if speaker_of(card))
        speakers = list(dict.fromkeys([*edit.speakers, *here]))
        looks, colours = {"": own}, voices(own, emphasis=self.options.emphasis == "auto")
        for number, speaker in enumerate(speakers):
            plain = number == 0 or not self.options.speaker_colors
            looks[speaker] = own if plain else voiced(own, colours[(number - 1) % len(colours)])
        return looks

    def _grouped(self, edit: Edit) -> tuple[Card, ...]:
        look, language = self.look(), edit.language
        area = self._area(edit.crop.width, edit.crop.height)
        size = look.size * min(edit.crop.width, edit.crop.height)
        font = typeface(look, size, language)
        rules = Rules(
            max_width=width_limit(look, area, size),
            max_lines=self.options.max_lines,
            max_words=self.options.max_words or look.words,
            max_duration=4,
            language=language,
            measure=lambda text: look.word_space * size if text == " " else font.width(shown(text, look, language)),
        )
        return group(_kept_words(edit), rules, until=edit.duration)

    def _area(self, width: int, height: int) -> Area:
        return safe_area(width, height, self.options.position, self.options.safe_area)

    def _style(self, edit: Edit, looks: Mapping[str, Look]) -> Style:
        """The look, as far as an .ass file can have it."""
        look, size = looks[""], looks[""].size * min(edit.crop.width, edit.crop.height)
        face = typeface(look, size, edit.language).fonts.first
        colours = {speaker: hex_of(_voice(own)) for speaker, own in looks.items() if speaker and own != look}
        return Style(
            width=edit.crop.width,
            height=edit.crop.height,
            font=family(face),
            size=round(size, 1),
            text=hex_of(look.text.colour),
            highlight=hex_of(_voice(look)),
            outline=hex_of(look.outline.colour),
            outline_width=round(max(look.outline_width, 0.02) * size, 1),
            plate="" if look.card_plate is None else hex_of(look.card_plate.ink.colour),
            uppercase=look.uppercase,
            position=self._area(edit.crop.width, edit.crop.height).middle / edit.crop.height,
            speakers=colours,
        )

    def _captioned(self, frames: Iterator[Frame], cards: tuple[Caption, ...], edit: Edit) -> Iterator[Frame]:
        starts = [card.span.start for card in cards]
        artist = _Artist(self._looks(cards, edit), self.options.safe_area, edit.language)
        for frame in frames:
            index = bisect_right(starts, frame.time) - 1
            if index >= 0 and frame.time in cards[index].span:
                artist.overlay(cards[index], frame).onto(frame)
            yield frame


class _Artist:
    """Draws cards in order, and draws anew only when the picture changes."""

    def __init__(self, looks: Mapping[str, Look], clear: bool, language: str) -> None:
        self._looks, self._clear, self._language = looks, clear, language
        self._card: Caption | None = None
        self._state: tuple[int | None, int] | None = None

    def overlay(self, card: Caption, frame: Frame) -> Overlay:
        """The picture of a card at a frame's time."""
        if card is not self._card:
            look = self._look = self._looks[speaker_of(card)]
            area = safe_area(frame.width, frame.height, card.position, self._clear)
            size = look.size * min(frame.width, frame.height)
            self._card, self._state = card, None
            self._starts = [word.start for word in card.words]
            self._picture = CardPicture(card, look, area, size, self._language, card.emphasised, card.emoji)
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


def _kept_words(edit: Edit) -> list[Word]:
    """The words in clip time, without those that lie in parts cut out."""
    kept = (any(word.span.overlap(span) > 0 or word.start in span for span in edit.keep) for word in edit.words)
    return [word for word, there in zip(edit.clip_words(), kept, strict=True) if there]


def _voice(look: Look) -> Colour:
    """The colour by which a look tells who speaks."""
    return look.word_plate.ink.colour if look.word_plate is not None else look.highlight.colour
