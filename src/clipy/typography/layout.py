"""Layout of a caption card: sizes, positions and edges of its words and lines, without drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from clipy.types import Box
from clipy.typography.bidi import embedding_levels, is_right_to_left, visual_order
from clipy.typography.cards import Card, needs_space
from clipy.typography.fonts import Face, FontStack, packaged_face
from clipy.typography.glyph_masks import Font, to_uppercase
from clipy.typography.safe_area import Area
from clipy.typography.styles import CaptionStyle, Plate


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word with the left end of its baseline and its advance width, in pixels."""

    text: str
    x: float
    baseline: float
    width: float
    right_to_left: bool


def style_font(style: CaptionStyle, size: float, language: str) -> Font:
    """The style's font at a size in pixels per em."""
    if style.package:
        primary = packaged_face(style.package, style.file, style.weight)
    else:
        primary = Face(Path(style.file), 0, style.weight)
    return Font(FontStack(primary), size, language)


def display_text(text: str, style: CaptionStyle, language: str) -> str:
    """A word's text in the case that the style asks for."""
    return to_uppercase(text, language) if style.uppercase else text


def overhang(style: CaptionStyle) -> float:
    """How far outlines and plates extend beyond the text on either side, in em, before the pop."""
    plates = (style.active_word_plate, style.other_words_plate, style.line_plate)
    return max([style.outline_width + 0.02, *(plate.padding_x for plate in plates if plate is not None)])


def max_line_width(style: CaptionStyle, area: Area, size: float) -> float:
    """The maximum advance width of a line, in pixels, for it to stay inside the area with all its decoration."""
    return (area.right - area.left - 2) / (1 + style.pop_scale) - 2 * overhang(style) * size


class Layout:
    """The placed words of a card; smaller than ``size`` where a line is too wide or the lines are too tall.

    ``lines`` hold the words in spoken order. ``ornament`` (an emoji) has a line of its own above them.
    """

    def __init__(
        self, card: Card, style: CaptionStyle, area: Area, size: float, language: str, ornament: str = ""
    ) -> None:
        self.style, self.area = style, area
        texts = [[display_text(word.text, style, language) for word in line] for line in card.lines]
        placed = self._fit([[ornament], *texts] if ornament else texts, size, language)
        self.ornament = placed.pop(0)[0] if ornament else None
        self.lines = placed
        self.words = [word for line in self.lines for word in line]

    def all_lines(self) -> list[list[PlacedWord]]:
        """The lines from top to bottom, including the ornament's."""
        return [[self.ornament], *self.lines] if self.ornament is not None else self.lines

    def bounds(self) -> Box:
        """The pixels that the card may cover, without its soft shadow."""
        style, top, bottom = self.style, *self.vertical_extent(self.all_lines())
        margin = overhang(style) * self.font.size
        inks = [(word, self.font.ink(word.text, word.right_to_left)) for line in self.all_lines() for word in line]
        left = min(word.x + ink.left - style.pop_scale / 2 * word.width for word, ink in inks) - margin
        right = max(word.x + ink.right + style.pop_scale / 2 * word.width for word, ink in inks) + margin
        return Box(left, top, right, bottom)

    def vertical_extent(self, lines: list[list[PlacedWord]]) -> tuple[float, float]:
        """The top and bottom that lines may cover, including outline, plates and pop."""
        style, tops, bottoms = self.style, [], []
        plates = (style.active_word_plate, style.other_words_plate, style.line_plate)
        for line in lines:
            edges = [self.plate_edges(line, plate) for plate in plates if plate is not None]
            outline = style.outline_width * self.font.size
            inks = [self.font.ink(word.text, word.right_to_left, outline) for word in line]
            top = min(ink.top for ink in inks)
            bottom = max(ink.bottom for ink in inks)
            growth = style.pop_scale * (bottom - top) + 1
            tops.append(min([line[0].baseline + top - growth, *(top for top, _ in edges)]))
            bottoms.append(max([line[0].baseline + bottom + growth, *(bottom for _, bottom in edges)]))
        return min(tops), max(bottoms)

    def plate_edges(self, line: list[PlacedWord], plate: Plate) -> tuple[int, int]:
        """Top and bottom of a plate behind words: as tall as capitals, taller for scripts that need it."""
        inks, em = [self.font.ink(word.text, word.right_to_left) for word in line], self.font.size
        above = max(self.font.cap_height, max(-ink.top for ink in inks) - 0.08 * em) + plate.padding_top * em
        below = max(0.0, max(ink.bottom for ink in inks) - 0.3 * em) + plate.padding_bottom * em
        return round(line[0].baseline - above), round(line[0].baseline + below)

    def _fit(self, lines: list[list[str]], size: float, language: str) -> list[list[PlacedWord]]:
        """Place the lines, shrinking the font until they fit; sets ``font``."""
        style, area = self.style, self.area
        right_to_left = is_right_to_left(language, [word for line in lines for word in line])
        for _ in range(4):
            self.font = style_font(style, size, language)
            placed = self._place_words(lines, right_to_left)
            widest = max(line[-1].x + line[-1].width - line[0].x for line in map(in_visual_order, placed))
            top, bottom = self.vertical_extent(placed)
            width_ratio = max_line_width(style, area, size) / max(widest, 1)
            shrink = min(1.0, width_ratio, (area.bottom - area.top) / (bottom - top))
            if shrink == 1:
                break
            size *= shrink * 0.995
        shift = max(area.top - top, 0.0) - max(bottom - area.spare, 0.0)
        return [[replace(word, baseline=round(word.baseline + shift)) for word in line] for line in placed]

    def _place_words(self, lines: list[list[str]], right_to_left: bool) -> list[list[PlacedWord]]:
        baselines, middle = self._baselines(lines), (self.area.left + self.area.right) / 2
        space = self.style.word_space * self.font.size
        placed = []
        for words, baseline in zip(lines, baselines, strict=True):
            levels = embedding_levels(words, right_to_left)
            order = visual_order(words, right_to_left)
            widths = [self.font.width(word, level % 2 == 1) for word, level in zip(words, levels, strict=True)]
            gaps = [space if needs_space(words[min(a, b)], words[max(a, b)]) else 0.0 for a, b in pairwise(order)]
            x = middle - (sum(widths) + sum(gaps)) / 2
            line: dict[int, PlacedWord] = {}
            for index, gap in zip(order, [*gaps, 0.0], strict=True):
                line[index] = PlacedWord(words[index], x, baseline, widths[index], levels[index] % 2 == 1)
                x += widths[index] + gap
            placed.append([line[index] for index in range(len(words))])
        return placed

    def _baselines(self, lines: list[list[str]]) -> list[float]:
        """Baselines evenly spaced around the middle; further apart where tall scripts would touch."""
        style, font = self.style, self.font
        pitch = style.line_height * font.cap_height / 0.72 if style.uppercase else style.line_height * font.size
        inks = [[font.ink(word) for word in line] for line in lines]
        for above, below in pairwise(inks):
            touching = max(ink.bottom for ink in above) - min(ink.top for ink in below)
            pitch = max(pitch, touching + (2 * style.outline_width + 0.04) * font.size)
        first = self.area.middle - pitch * (len(lines) - 1) / 2 + font.cap_height / 2
        return [first + pitch * index for index in range(len(lines))]


def in_visual_order(line: list[PlacedWord]) -> list[PlacedWord]:
    """The words of a line from left to right."""
    return sorted(line, key=lambda word: word.x)
