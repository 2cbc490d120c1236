"""``pizzazz = "title"``: a title over the first seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, TypeAdapter

from clipy.analysis.camera.onscreen import faces_on_screen
from clipy.context import Context
from clipy.geometry import smoothstep
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.captioning.placement import Block, choose_heights
from clipy.types import Box, Edit, Span, Transcript, Video, Word, seconds
from clipy.typography.brand import HEX_COLOR, brand_digests, font_digests, load_brand_kit, parse_color
from clipy.typography.card_painter import CardPainter
from clipy.typography.cards import Card
from clipy.typography.fonts import packaged_font_digests, require_glyphs
from clipy.typography.layout import Layout, display_text, max_line_width, style_font
from clipy.typography.occupied_regions import OccupiedRegion, occupied_regions, regions_to_json
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import Area, text_safe_area
from clipy.typography.styles import CaptionStyle, Paint, Plate, Shadow

_FADE = Fraction(1, 4)  # seconds to fade in, and to fade out
_RISE = 0.012  # distance of the rise while fading in, as a share of the picture's height
_CAPTION_HEIGHT = 0.07  # height reserved for a line of captions, as a share of the picture's height
_MIDDLE = 0.1  # of the title, as a share of the safe area's height from its top

_MONTSERRAT = ("fontpkg_montserrat", "Montserrat[[]wght].ttf", 800)
_PLATE = Plate(Paint((255, 255, 255)), padding_x=0.4, padding_top=0.34, padding_bottom=0.4, radius=0.24)
_DARK_PLATE = replace(_PLATE, fill=Paint((14, 14, 18), 0.84))
_ACCENT_PLATE = replace(_PLATE, fill=Paint((112, 64, 255)))
_STYLES: dict[str, CaptionStyle] = {
    "plate": CaptionStyle(*_MONTSERRAT, size=0.058, text=Paint((17, 17, 20)), line_plate=_PLATE, line_height=1.36),
    "dark": CaptionStyle(*_MONTSERRAT, size=0.058, line_plate=_DARK_PLATE, line_height=1.36),
    "accent": CaptionStyle(*_MONTSERRAT, size=0.058, line_plate=_ACCENT_PLATE, line_height=1.36),
    "bold": CaptionStyle(
        "fontpkg_anton",
        "Anton-Regular.ttf",
        900,
        size=0.086,
        outline_width=0.08,
        shadow=Shadow(offset_y=0.07, blur=0.1, opacity=0.7),
        uppercase=True,
        line_height=1.08,
        word_space=0.3,
    ),
}

Lines = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The title's lines, when it is shown, and the height of its middle as a share of the picture's height."""

    span: Span
    lines: Lines
    position: float

    def card(self) -> Card:
        start, end = self.span.start, self.span.end
        return Card(self.span, tuple(tuple(Word(text, start, end) for text in line) for line in self.lines))


_PLAN = TypeAdapter(_Plan)


class Title(Pizzazz):
    """The clip's title over its first seconds, clear of faces and of what earlier pizzazz has planned."""

    version = 4
    digested_options: ClassVar[frozenset[str]] = frozenset(("font", "brand"))

    class Options(Pizzazz.Options):
        text: str | None = Field(None, max_length=200, description="Text to show. Default: the highlight's title.")
        style: Literal["plate", "dark", "accent", "bold"] = Field(
            "plate", description="White plate, dark plate, plate in the brand's color, or bold letters without a plate."
        )
        duration: float = Field(3.5, ge=0.5, le=600, description="Duration, in seconds.")
        size: float | None = Field(
            None, ge=0.01, le=0.3, description="Font size (one em), as a share of the picture's shorter side."
        )
        text_color: str | None = Field(None, pattern=HEX_COLOR, description="Text color, as #rrggbb.")
        plate_color: str | None = Field(None, pattern=HEX_COLOR, description="Plate color, as #rrggbb.")
        font: Path | None = Field(None, description="Your own font file (.ttf or .otf).")
        brand: Path | None = Field(
            None, description="Brand kit (TOML or JSON): its font, and its highlight color for the style accent."
        )
        position: float | None = Field(
            None,
            ge=0,
            le=1,
            description="Height of the title's middle, from 0 (top) to 1 (bottom). Default: near the top, where there"
            " is room.",
        )
        max_lines: int = Field(3, ge=1, le=5, description="Maximum number of lines.")
        avoid_faces: bool = Field(True, description="Detect faces and do not cover them.")
        safe_area: bool = Field(True, description="Keep clear of the overlays that TikTok, Reels and Shorts draw.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide on lines and height: ``plans[name]`` holds ``title`` and ``occupied``; no plan without a text."""
        text = edit.highlight.title if self.options.text is None else self.options.text
        words = text.split()
        if not words:
            return edit
        span = Span(Fraction(0), min(seconds(self.options.duration), edit.duration))
        style, area = self.style(), self._area(edit.crop.width, edit.crop.height)
        size = style.size * min(edit.crop.width, edit.crop.height)
        plan = _Plan(span, self._break_lines(words, style, area, size, edit.language), 0.0)
        centered = replace(area, middle=(area.top + area.bottom) / 2)
        box = Layout(plan.card(), style, centered, size, edit.language).bounds()
        box = Box(box.x1, box.y1 - centered.middle, box.x2, box.y2 - centered.middle)
        middle = self._choose_middle(Block(span, box, 0), area, video, edit, ctx)
        covered = Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle)
        plan = replace(plan, position=round(middle / edit.crop.height, 5))
        data = {
            "title": _PLAN.dump_python(plan, mode="json"),
            "occupied": regions_to_json([OccupiedRegion(span, covered)]),
        }
        return replace(edit, plans={**edit.plans, self.name: data})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._draw(frames, _PLAN.validate_python(edit.plans[self.name]["title"]), edit)

    def check(self, transcript: Transcript) -> None:
        require_glyphs("".join(word.text for word in transcript.words))

    def input_digests(self) -> tuple[str, ...]:
        """The fonts and the brand kit."""
        return (*packaged_font_digests(), *font_digests(self.options.font), *brand_digests(self.options.brand))

    def style(self) -> CaptionStyle:
        """The style with the overrides of the brand kit and of the options."""
        style, options, brand = _STYLES[self.options.style], self.options, load_brand_kit(self.options.brand)
        font = options.font or brand.font
        plate = options.plate_color or (brand.highlight_color if options.style == "accent" else None)
        if font is not None:
            style = replace(style, package="", file=str(font))
        if options.text_color is not None:
            style = replace(style, text=replace(style.text, color=parse_color(options.text_color)))
        if plate is not None and style.line_plate is not None:
            fill = replace(style.line_plate.fill, color=parse_color(plate))
            style = replace(style, line_plate=replace(style.line_plate, fill=fill))
        return style if options.size is None else replace(style, size=options.size)

    def _area(self, width: int, height: int) -> Area:
        area = text_safe_area(width, height, self.options.position, self.options.safe_area)
        if self.options.position is not None:
            return area
        return replace(area, middle=area.top + _MIDDLE * (area.bottom - area.top))

    def _choose_middle(self, block: Block, area: Area, video: Video, edit: Edit, ctx: Context) -> float:
        """The title's middle in pixels from the top: as configured, or clear of faces and occupied regions."""
        height, limits = edit.crop.height, (area.top, area.bottom)
        if self.options.position is not None:
            return choose_heights([block], (), (), limits, area.middle, height)[0]
        detect_faces = self.options.avoid_faces and edit.crop.shots
        faces = faces_on_screen(video, edit, ctx, speaking=False) if detect_faces else ()
        occupied = [*occupied_regions(edit, exclude=self.name), self._caption_region(block.span, edit)]
        return choose_heights([block], faces, occupied, limits, area.middle, height)[0]

    def _caption_region(self, span: Span, edit: Edit) -> OccupiedRegion:
        """The usual place of captions, which a title planned before them leaves free."""
        width, height = edit.crop.width, edit.crop.height
        area = text_safe_area(width, height, avoid_overlays=self.options.safe_area)
        bottom = min(area.bottom, area.middle + _CAPTION_HEIGHT * height)
        return OccupiedRegion(span, Box(area.left, bottom - _CAPTION_HEIGHT * height, area.right, bottom))

    def _break_lines(self, words: list[str], style: CaptionStyle, area: Area, size: float, language: str) -> Lines:
        font = style_font(style, size, language)

        def measure(line: Sequence[str]) -> float:
            width = sum(font.width(display_text(word, style, language)) for word in line)
            return width + style.word_space * size * (len(line) - 1)

        return balance_lines(words, measure, max_line_width(style, area, size), self.options.max_lines)

    def _draw(self, frames: Iterator[Frame], plan: _Plan, edit: Edit) -> Iterator[Frame]:
        overlay: Overlay | None = None
        for frame in frames:
            if frame.time in plan.span:
                overlay = overlay or self._overlay(plan, frame, edit.language)
                _animate(overlay, plan.span, frame).blend_onto(frame)
            yield frame

    def _overlay(self, plan: _Plan, frame: Frame, language: str) -> Overlay:
        style = self.style()
        area = text_safe_area(frame.width, frame.height, plan.position, self.options.safe_area)
        size = style.size * min(frame.width, frame.height)
        return CardPainter(plan.card(), style, area, size, language).overlay(None)


def balance_lines(
    words: Sequence[str], measure: Callable[[Sequence[str]], float], max_width: float, max_lines: int
) -> Lines:
    """Break words into as few lines as fit ``max_width``, at most ``max_lines``, of similar widths."""
    lines: Lines = (tuple(words),)
    for count in range(1, min(max_lines, len(words)) + 1):
        candidates = [
            tuple(tuple(words[a:b]) for a, b in pairwise((0, *breaks, len(words))))
            for breaks in combinations(range(1, len(words)), count - 1)
        ]
        lines = min(candidates, key=lambda candidate: max(measure(line) for line in candidate))
        if max(measure(line) for line in lines) <= max_width:
            break
    return lines


def _animate(overlay: Overlay, span: Span, frame: Frame) -> Overlay:
    """The title at a frame's time: it rises while fading in, and fades out."""
    fade_in, fade_out = (frame.time - span.start) / _FADE, (span.end - frame.time) / _FADE
    opacity = smoothstep(float(min(fade_in, fade_out)))
    if opacity >= 1:
        return overlay
    offset = round(frame.height * _RISE * (1 - smoothstep(float(fade_in))) / 2) * 2
    moved = overlay.moved_to(overlay.x, overlay.y + offset)
    moved.fade(opacity)
    return moved
