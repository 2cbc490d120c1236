"""Title: a line that hooks, over the first seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter

from clipy.analysis.camera.onscreen import faces_on_screen
from clipy.context import Context
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.captioning.placement import Block, heights
from clipy.types import Box, Edit, Seconds, Span, Video, Word, seconds
from clipy.typography.brand import HEX, brand_digests, colour_of, font_digests, load_brand
from clipy.typography.card_painter import CardPicture
from clipy.typography.cards import Card
from clipy.typography.fonts import digests
from clipy.typography.layout import Area, Layout, shown, typeface, width_limit
from clipy.typography.occupied import OccupiedRegion, as_json, taken
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import safe_area
from clipy.typography.styles import Ink, Look, Plate, Shadow

_FADE = Fraction(1, 4)  # seconds to come and to go
_RISE = 0.012  # of the picture's height that it comes up by
_CAPTIONS = 0.07  # of the picture's height that a line of captions needs
_USUAL = 0.1  # of the safe area's height between its top and the title's middle

_MONTSERRAT = ("fontpkg_montserrat", "Montserrat[[]wght].ttf")
_PLATE = Plate(Ink((255, 255, 255)), across=0.4, above=0.34, below=0.4, radius=0.24)
_STYLES: dict[str, Look] = {
    "plate": Look(*_MONTSERRAT, 800, size=0.058, text=Ink((17, 17, 20)), card_plate=_PLATE, line_height=1.36),
    "dark": Look(
        *_MONTSERRAT,
        800,
        size=0.058,
        card_plate=replace(_PLATE, ink=Ink((14, 14, 18), 0.84)),
        line_height=1.36,
    ),
    "accent": Look(
        *_MONTSERRAT,
        800,
        size=0.058,
        card_plate=replace(_PLATE, ink=Ink((112, 64, 255))),
        line_height=1.36,
    ),
    "bold": Look(
        "fontpkg_anton",
        "Anton-Regular.ttf",
        900,
        size=0.086,
        outline_width=0.08,
        shadow=Shadow(down=0.07, blur=0.1, opacity=0.7),
        uppercase=True,
        line_height=1.08,
        word_space=0.3,
    ),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written, in lines, when, and at which height its middle is (a share of the picture's)."""

    span: Span
    lines: tuple[tuple[str, ...], ...]
    position: float


_PLAN = TypeAdapter(_Plan)


class Title(Pizzazz):
    """The clip's title over its first seconds, clear of faces and of what other pizzazz has planned before it."""

    version = 2

    class Options(Pizzazz.Options):
        text: str | None = Field(None, max_length=200, description="What to write; else the highlight's title.")
        style: Literal["plate", "dark", "accent", "bold"] = Field(
            "plate", description="White plate, dark plate, a plate in the brand's colour, or bold letters alone."
        )
        duration: float = Field(3.5, ge=0.5, le=600, description="How long it stays, in seconds.")
        size: float | None = Field(
            None, ge=0.01, le=0.3, description="Size of the letters (one em), as a share of the picture's shorter side."
        )
        text_color: str | None = Field(None, pattern=HEX, description="Colour of the letters, as #rrggbb.")
        plate_color: str | None = Field(None, pattern=HEX, description="Colour of the plate, as #rrggbb.")
        font: Path | None = Field(None, description="A font file of your own (.ttf or .otf).")
        brand: Path | None = Field(None, description="A brand kit (TOML or JSON): its font, and its colour for accent.")
        position: float | None = Field(
            None, ge=0, le=1, description="Height of the title's middle, 0 to 1; else at the top, where there is room."
        )
        max_lines: int = Field(3, ge=1, le=5, description="Most lines.")
        avoid_faces: bool = Field(True, description="Look for faces, so as to cover none.")
        safe_area: bool = Field(True, description="Keep clear of what TikTok, Reels and Shorts draw.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide on lines and place: ``plans[name]`` holds ``title`` and ``taken``; nothing when there is no text."""
        text = edit.highlight.title if self.options.text is None else self.options.text
        words = text.split()
        if not words:
            return edit
        span = Span(Fraction(0), min(seconds(self.options.duration), edit.duration))
        look, area = self.look(), self._area(edit.crop.width, edit.crop.height)
        lines = self._broken(words, look, area, edit)
        box = self._box(lines, span, look, area, edit)
        middle = self._middle(Block(span, box, 0), area, video, edit, ctx)
        covered = Box(box.x1, box.y1 + middle, box.x2, box.y2 + middle)
        position = round(middle / edit.crop.height, 5)
        plan = {
            "title": _PLAN.dump_python(_Plan(span, lines, position), mode="json"),
            "taken": as_json([OccupiedRegion(span, covered)]),
        }
        return replace(edit, plans={**edit.plans, self.name: plan})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._titled(frames, _PLAN.validate_python(edit.plans[self.name]["title"]), edit)

    def identity(self) -> dict[str, object]:
        """Without paths: what the files hold counts, and ``weights`` tells."""
        options = self.options.model_dump(mode="json", exclude={"font", "brand"})
        return {**super().identity(), "options": options}

    def input_digests(self) -> tuple[str, ...]:
        """The fonts and the brand kit: they decide what the title looks like."""
        return (*digests(), *font_digests(self.options.font), *brand_digests(self.options.brand))

    def look(self) -> Look:
        """The style with the brand's and the user's own changes."""
        look, options, brand = _STYLES[self.options.style], self.options, load_brand(self.options.brand)
        font = options.font or brand.font
        plate = options.plate_color or (brand.highlight_color if options.style == "accent" else None)
        if font is not None:
            look = replace(look, package="", file=str(font))
        if options.text_color is not None:
            look = replace(look, text=replace(look.text, colour=colour_of(options.text_color)))
        if plate is not None and look.card_plate is not None:
            ink = replace(look.card_plate.ink, colour=colour_of(plate))
            look = replace(look, card_plate=replace(look.card_plate, ink=ink))
        return look if options.size is None else replace(look, size=options.size)

    def _area(self, width: int, height: int) -> Area:
        area = safe_area(width, height, self.options.position, self.options.safe_area)
        if self.options.position is not None:
            return area
        return replace(area, middle=area.top + _USUAL * (area.bottom - area.top))

    def _middle(self, block: Block, area: Area, video: Video, edit: Edit, ctx: Context) -> float:
        """Where the title's middle is, in pixels from the top: as asked, or clear of all that is known to be there."""
        height, limits = edit.crop.height, (area.top, area.bottom)
        if self.options.position is not None:
            return heights([block], (), (), limits, area.middle, height)[0]
        look = self.options.avoid_faces and edit.crop.shots
        faces = faces_on_screen(video, edit, ctx, speaking=False) if look else ()
        occupied = [*taken(edit, but=self.name), self._captions_room(block.span, edit)]
        return heights([block], faces, occupied, limits, area.middle, height)[0]

    def _captions_room(self, span: Span, edit: Edit) -> OccupiedRegion:
        """Where captions are, when they can choose: a title that is planned first leaves it to them."""
        width, height = edit.crop.width, edit.crop.height
        area = safe_area(width, height, clear=self.options.safe_area)
        low = min(area.bottom, area.middle + _CAPTIONS * height)
        return OccupiedRegion(span, Box(area.left, low - _CAPTIONS * height, area.right, low))

    def _broken(self, words: list[str], look: Look, area: Area, edit: Edit) -> tuple[tuple[str, ...], ...]:
        size = look.size * min(edit.crop.width, edit.crop.height)
        font = typeface(look, size, edit.language)

        def measure(line: Sequence[str]) -> float:
            width = sum(font.width(shown(word, look, edit.language)) for word in line)
            return width + look.word_space * size * (len(line) - 1)

        return balanced(words, measure, width_limit(look, area, size), self.options.max_lines)

    def _box(self, lines: tuple[tuple[str, ...], ...], span: Span, look: Look, area: Area, edit: Edit) -> Box:
        """What the title covers, when its middle is at height 0."""
        free = replace(area, middle=(area.top + area.bottom) / 2)
        size = look.size * min(edit.crop.width, edit.crop.height)
        box = Layout(_card(lines, span), look, free, size, edit.language).bounds()
        return Box(box.x1, box.y1 - free.middle, box.x2, box.y2 - free.middle)

    def _titled(self, frames: Iterator[Frame], plan: _Plan, edit: Edit) -> Iterator[Frame]:
        picture: Overlay | None = None
        for frame in frames:
            if frame.time in plan.span:
                picture = picture or self._drawn(plan, frame, edit.language)
                _appearing(picture, plan.span, frame).onto(frame)
            yield frame

    def _drawn(self, plan: _Plan, frame: Frame, language: str) -> Overlay:
        look = self.look()
        area = safe_area(frame.width, frame.height, plan.position, self.options.safe_area)
        size = look.size * min(frame.width, frame.height)
        return CardPicture(_card(plan.lines, plan.span), look, area, size, language).overlay(None)


def balanced(
    words: Sequence[str], measure: Callable[[Sequence[str]], float], limit: float, most: int
) -> tuple[tuple[str, ...], ...]:
    """Words in as few lines as fit, at most ``most``, each about as wide as the others."""
    lines: tuple[tuple[str, ...], ...] = (tuple(words),)
    for count in range(1, min(most, len(words)) + 1):
        ways = [
            tuple(tuple(words[a:b]) for a, b in pairwise((0, *cuts, len(words))))
            for cuts in combinations(range(1, len(words)), count - 1)
        ]
        lines = min(ways, key=lambda way: max(measure(line) for line in way))
        if max(measure(line) for line in lines) <= limit:
            break
    return lines


def _card(lines: tuple[tuple[str, ...], ...], span: Span) -> Card:
    return Card(span, tuple(tuple(Word(text, span.start, span.end) for text in line) for line in lines))


def _appearing(picture: Overlay, span: Span, frame: Frame) -> Overlay:
    """The title at a frame's time: it rises and fades in, and fades out."""
    come, go = (frame.time - span.start) / _FADE, (span.end - frame.time) / _FADE
    share = _eased(min(come, go))
    if share >= 1:
        return picture
    down = round(frame.height * _RISE * (1 - _eased(come)) / 2) * 2
    made = picture.moved(picture.x, picture.y + down)
    made.fade(share)
    return made


def _eased(share: Seconds) -> float:
    part = min(1.0, max(0.0, float(share)))
    return part * part * (3 - 2 * part)
