"""``pizzazz = "captions"``: burned-in captions that highlight each word while it is spoken.

``plan`` decides which words are on screen together, when, at which height and in whose color; ``frames`` draws them.
The parts of a card are rasterized once, recombined when the active word changes, and blended into the frame's planes
within the card's rectangle only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, TypeAdapter

from clipy.analysis.camera.onscreen import OnScreen, faces_on_screen
from clipy.analysis.camera.onscreen_writing import writing_on_screen
from clipy.analysis.subtitles.writer import Style, speaker_of
from clipy.context import Context
from clipy.errors import RenderError
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.captioning.planning import Caption, decorate, place
from clipy.stages.render.pizzazz.crop_windows.letterboxed import letterboxed_regions
from clipy.text.profanity import Profanity
from clipy.types import Box, Edit, Seconds, Transcript, Video, Word
from clipy.typography.brand import HEX_COLOR, brand_digests, font_digests, format_color, load_brand_kit, parse_color
from clipy.typography.card_painter import POP_STEPS, CardPainter
from clipy.typography.cards import Card, CardRules, group_into_cards
from clipy.typography.fonts import packaged_font_digests, require_glyphs
from clipy.typography.layout import display_text, max_line_width, style_font
from clipy.typography.occupied_regions import OccupiedRegion, occupied_regions, regions_to_json
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import Area, text_safe_area
from clipy.typography.shaping import family_name
from clipy.typography.styles import CAPTION_PRESETS, CaptionStyle, Preset

_POP_DURATION = Fraction(1, 10)  # seconds from a word's normal size to its peak
_CAPTIONS = TypeAdapter(tuple[Caption, ...])
_STYLE = TypeAdapter(Style)


class Captions(Pizzazz):
    """Word-by-word captions in any script, clear of faces, of writing and of the overlays of the platforms."""

    version = 11
    digested_options: ClassVar[frozenset[str]] = frozenset(("font", "brand"))

    class Options(Pizzazz.Options):
        preset: Preset = Field("bold", description="Style to start from.")
        size: float | None = Field(
            None, ge=0.01, le=0.4, description="Font size (one em), as a share of the picture's shorter side."
        )
        text_color: str | None = Field(None, pattern=HEX_COLOR, description="Text color, as #rrggbb.")
        highlight_color: str | None = Field(
            None, pattern=HEX_COLOR, description="Color of the word being spoken, as #rrggbb."
        )
        outline_color: str | None = Field(None, pattern=HEX_COLOR, description="Outline color, as #rrggbb.")
        font: Path | None = Field(None, description="Your own font file (.ttf or .otf).")
        brand: Path | None = Field(
            None, description="Brand kit (TOML or JSON) with a font and colors; the other options override it."
        )
        uppercase: bool | None = Field(None, description="Write in capitals. Default: as in the preset.")
        position: float | None = Field(
            None,
            ge=0,
            le=1,
            description="Height of the captions' middle, from 0 (top) to 1 (bottom). Default: wherever they cover no"
            " mouth.",
        )
        avoid_faces: bool = Field(
            True, description="Detect faces and writing in the picture and keep captions off them where possible."
        )
        safe_area: bool = Field(
            True, description="Keep clear of the overlays that TikTok, Reels and Shorts draw on upright video."
        )
        max_words: int | None = Field(
            None, ge=1, le=20, description="Maximum words on screen at once. Default: as in the preset."
        )
        max_lines: int = Field(2, ge=1, le=4, description="Maximum lines on screen at once.")
        speaker_colors: bool = Field(True, description="Give each speaker a color, where speakers are known.")
        emphasis: Literal["off", "auto"] = Field(
            "auto", description="auto: give numbers, names and rare long words a color of their own."
        )
        emoji: bool = Field(False, description="Add an emoji above cards whose (English) words suggest one.")
        mask: bool = Field(False, description="Mask profanity: first letter and asterisks.")
        mask_words: tuple[str, ...] = Field(
            (), description="Additional words to mask, in any language; * at either end matches any letters."
        )

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide what is on screen, when and where.

        ``plans[name]`` is of the ``kind`` captions and holds ``cards`` (in clip time), ``style`` (for an .ass file) and
        ``occupied``. With ``mask``, the edit's own words are masked as well, so that subtitle files and documents agree
        with the picture.
        """
        options = self.options
        if options.mask or options.mask_words:
            profanity = Profanity(options.mask_words)
            edit = replace(edit, words=tuple(replace(word, text=profanity.masked(word.text)) for word in edit.words))
        area = self._area(edit)
        cards = self._group_words(edit)
        styles = self._speaker_styles(cards, edit)
        captions = decorate(cards, edit.language, emphasis=options.emphasis == "auto", emoji=options.emoji)
        faces: Sequence[OnScreen] = ()
        occupied: tuple[OccupiedRegion, ...] = ()
        written: Sequence[OccupiedRegion] = ()
        if captions and edit.crop.shots and options.position is None and options.avoid_faces:
            faces = faces_on_screen(video, edit, ctx, speaking=False)
            written = [OccupiedRegion(text.span, text.box) for text in writing_on_screen(video, edit, ctx)]
        if options.position is None:
            # Letterboxed pictures, such as slides, are not to be written on.
            pictures = (OccupiedRegion(region.span, Box(*region.into)) for region in letterboxed_regions(video, edit))
            occupied = (*occupied_regions(edit, exclude=self.name), *pictures, *written)
        caption_styles = [styles[speaker_of(caption)] for caption in captions]
        captions, covered = place(captions, caption_styles, edit, area, faces, occupied)
        plan = {
            "kind": "captions",
            "cards": _CAPTIONS.dump_python(tuple(captions), mode="json"),
            "style": _STYLE.dump_python(self._ass_style(edit, styles), mode="json"),
            "occupied": regions_to_json(covered),
        }
        return replace(edit, plans={**edit.plans, self.name: plan})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            raise RenderError("the captions of this clip have not been planned", do="Call plan() before frames()")
        captions = _CAPTIONS.validate_python(edit.plans[self.name]["cards"])
        return self._draw(frames, captions, edit) if captions else frames

    def check(self, transcript: Transcript) -> None:
        require_glyphs("".join(word.text for word in transcript.words))

    def input_digests(self) -> tuple[str, ...]:
        """The fonts and the brand kit."""
        return (*packaged_font_digests(), *font_digests(self.options.font), *brand_digests(self.options.brand))

    def style(self) -> CaptionStyle:
        """The preset with the overrides of the brand kit and of the options."""
        style, options, brand = CAPTION_PRESETS[self.options.preset], self.options, load_brand_kit(self.options.brand)
        text, highlight = options.text_color or brand.text_color, options.highlight_color or brand.highlight_color
        outline, font = options.outline_color or brand.outline_color, options.font or brand.font
        if text is not None:
            style = replace(style, text=replace(style.text, color=parse_color(text)))
        if highlight is not None:
            style = style.with_highlight(parse_color(highlight))
        if outline is not None:
            style = replace(style, outline=replace(style.outline, color=parse_color(outline)))
        if font is not None:
            style = replace(style, package="", file=str(font))
        if options.uppercase is not None:
            style = replace(style, uppercase=options.uppercase)
        return style if options.size is None else replace(style, size=options.size)

    def _speaker_styles(self, cards: Sequence[Card], edit: Edit) -> dict[str, CaptionStyle]:
        """A style for each speaker, the same in all clips of a run; the first speaker has the unchanged style."""
        style = self.style()
        in_clip = (speaker_of(card) for card in cards if speaker_of(card))
        speakers = list(dict.fromkeys([*edit.speakers, *in_clip]))
        styles, colors = {"": style}, style.speaker_colors(emphasis=self.options.emphasis == "auto")
        for number, speaker in enumerate(speakers):
            unchanged = number == 0 or not self.options.speaker_colors
            styles[speaker] = style if unchanged else style.with_speaker_color(colors[(number - 1) % len(colors)])
        return styles

    def _group_words(self, edit: Edit) -> tuple[Card, ...]:
        style, language = self.style(), edit.language
        size = style.size * min(edit.crop.width, edit.crop.height)
        font = style_font(style, size, language)

        def measure(text: str) -> float:
            return style.word_space * size if text == " " else font.width(display_text(text, style, language))

        rules = CardRules(
            max_width=max_line_width(style, self._area(edit), size),
            max_lines=self.options.max_lines,
            max_words=self.options.max_words or style.max_words,
            max_duration=4,
            language=language,
            measure=measure,
        )
        parts = _split_at(_kept_words(edit), [edit.clip_time(time) for time in edit.breaks])
        ends = [*(part[0].start for part in parts[1:]), edit.duration]
        grouped = (group_into_cards(part, rules, until=end) for part, end in zip(parts, ends, strict=True))
        return tuple(card for cards in grouped for card in cards)

    def _area(self, edit: Edit) -> Area:
        return text_safe_area(edit.crop.width, edit.crop.height, self.options.position, self.options.safe_area)

    def _ass_style(self, edit: Edit, styles: Mapping[str, CaptionStyle]) -> Style:
        """The style as far as an .ass file can express it."""
        style, size = styles[""], styles[""].size * min(edit.crop.width, edit.crop.height)
        face = style_font(style, size, edit.language).stack.primary
        speakers = {
            speaker: format_color(own.highlight_color) for speaker, own in styles.items() if speaker and own != style
        }
        return Style(
            width=edit.crop.width,
            height=edit.crop.height,
            font=family_name(face),
            size=round(size, 1),
            text=format_color(style.text.color),
            highlight=format_color(style.highlight_color),
            outline=format_color(style.outline.color),
            outline_width=round(max(style.outline_width, 0.02) * size, 1),
            plate="" if style.line_plate is None else format_color(style.line_plate.fill.color),
            uppercase=style.uppercase,
            position=self._area(edit).middle / edit.crop.height,
            speakers=speakers,
        )

    def _draw(self, frames: Iterator[Frame], captions: tuple[Caption, ...], edit: Edit) -> Iterator[Frame]:
        starts = [caption.span.start for caption in captions]
        renderer = _CaptionRenderer(self._speaker_styles(captions, edit), self.options.safe_area, edit.language)
        for frame in frames:
            index = bisect_right(starts, frame.time) - 1
            if index >= 0 and frame.time in captions[index].span:
                renderer.overlay(captions[index], frame).blend_onto(frame)
            yield frame


class _CaptionRenderer:
    """Renders captions in order, repainting only when the active word or its animation changes."""

    def __init__(self, styles: Mapping[str, CaptionStyle], avoid_overlays: bool, language: str) -> None:
        self._styles, self._avoid_overlays, self._language = styles, avoid_overlays, language
        self._caption: Caption | None = None
        self._state: tuple[int | None, int] | None = None

    def overlay(self, caption: Caption, frame: Frame) -> Overlay:
        """The overlay of a caption at a frame's time."""
        if caption is not self._caption:
            style = self._style = self._styles[speaker_of(caption)]
            area = text_safe_area(frame.width, frame.height, caption.position, self._avoid_overlays)
            size = style.size * min(frame.width, frame.height)
            self._caption, self._state = caption, None
            self._starts = [word.start for word in caption.words]
            emphasized, emoji = caption.emphasized, caption.emoji
            self._painter = CardPainter(caption, style, area, size, self._language, emphasized, emoji)
        state = self._state_at(frame.time)
        if state != self._state:
            self._state, self._overlay = state, self._painter.overlay(*state)
        return self._overlay

    def _state_at(self, time: Seconds) -> tuple[int | None, int]:
        """The index of the active word (the last one begun), and the step of its pop animation."""
        active = bisect_right(self._starts, time) - 1
        if active < 0:
            return None, 0
        if not self._style.pop_scale:
            return active, POP_STEPS
        progress = (time - self._starts[active]) / _POP_DURATION
        return active, min(POP_STEPS, 1 + int(progress * POP_STEPS))


def _kept_words(edit: Edit) -> list[Word]:
    """The words in clip time, without those in parts that are cut out."""
    kept = (any(word.span.overlap(span) > 0 or word.start in span for span in edit.keep) for word in edit.words)
    return [word for word, is_kept in zip(edit.clip_words(), kept, strict=True) if is_kept]


def _split_at(words: list[Word], times: Sequence[Seconds]) -> list[list[Word]]:
    """The words in runs: a new one begins with the first word that starts at each time or later."""
    edges = sorted({bisect_left(words, time, key=lambda word: word.start) for time in times} - {0, len(words)})
    return [words[begin:end] for begin, end in pairwise([0, *edges, len(words)])]
