"""Words and lines -> places: sizes, positions and edges of a card, without a pixel drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from clipy.types import Box
from clipy.typography.bidi import is_right_to_left, levels, visual_order
from clipy.typography.cards import Card, spaced
from clipy.typography.fonts import Face, Fonts, packaged
from clipy.typography.glyph_masks import Type, capitals
from clipy.typography.styles import Look, Plate


@dataclass(frozen=True, slots=True)
class Area:
    """Where text may be, in pixels, and at which height a card's middle should be.

    ``spare`` is how far down it may go rather than cover something: the bottom, or below it.
    """

    left: float
    top: float
    right: float
    bottom: float
    middle: float
    spare: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A word on its place: the left end of its baseline, and how far it moves along the line."""

    text: str
    x: float
    baseline: float
    width: float
    right_to_left: bool


def typeface(look: Look, size: float, language: str) -> Type:
    """The look's fonts at a size in pixels."""
    first = packaged(look.package, look.file, look.weight) if look.package else Face(Path(look.file), 0, look.weight)
    return Type(Fonts(first), size, language)


def shown(text: str, look: Look, language: str) -> str:
    """A word's text as the look writes it."""
    return capitals(text, language) if look.uppercase else text


def reach(look: Look) -> float:
    """How far a line's picture may stick out of its text on either side, in em, but for the pop."""
    plates = (look.word_plate, look.rest_plate, look.card_plate)
    return max([look.outline_width + 0.02, *(plate.across for plate in plates if plate is not None)])


def width_limit(look: Look, area: Area, size: float) -> float:
    """How wide a line of text may be, in pixels, for all of it to stay inside the area."""
    return (area.right - area.left - 2) / (1 + look.pop) - 2 * reach(look) * size


class Layout:
    """A card's words on their places, smaller than ``size`` when a line is too wide or the lines are too tall.

    ``lines`` are in the order in which they are spoken. ``ornament`` (an emoji) has a line of its own above them.
    """

    def __init__(self, card: Card, look: Look, area: Area, size: float, language: str, ornament: str = "") -> None:
        self.look, self.area = look, area
        texts = [[shown(word.text, look, language) for word in line] for line in card.lines]
        placed = self._fitted([[ornament], *texts] if ornament else texts, size, language)
        self.ornament = placed.pop(0)[0] if ornament else None
        self.lines = placed
        self.words = [word for line in self.lines for word in line]

    def all_lines(self) -> list[list[Placed]]:
        """The lines from top to bottom, the ornament's among them."""
        return [[self.ornament], *self.lines] if self.ornament is not None else self.lines

    def bounds(self) -> Box:
        """What the card may cover, without its soft shadow."""
        look, top, bottom = self.look, *self.extremes(self.all_lines())
        margin = reach(look) * self.type.size
        inks = [(word, self.type.ink(word.text, word.right_to_left)) for line in self.all_lines() for word in line]
        left = min(word.x + ink.left - look.pop / 2 * word.width for word, ink in inks) - margin
        right = max(word.x + ink.right + look.pop / 2 * word.width for word, ink in inks) + margin
        return Box(left, top, right, bottom)

    def extremes(self, lines: list[list[Placed]]) -> tuple[float, float]:
        """The highest and the lowest pixel that lines may cover, with outline, plates and pop."""
        look, tops, bottoms = self.look, [], []
        for line in lines:
            plates = (look.word_plate, look.rest_plate, look.card_plate)
            edges = [self.plate_edges(line, plate) for plate in plates if plate is not None]
            outline = look.outline_width * self.type.size
            inks = [self.type.ink(word.text, word.right_to_left, outline) for word in line]
            top = min(ink.top for ink in inks)
            bottom = max(ink.bottom for ink in inks)
            grown = look.pop * (bottom - top) + 1
            tops.append(min([line[0].baseline + top - grown, *(top for top, _ in edges)]))
            bottoms.append(max([line[0].baseline + bottom + grown, *(bottom for _, bottom in edges)]))
        return min(tops), max(bottoms)

    def plate_edges(self, line: list[Placed], plate: Plate) -> tuple[int, int]:
        """Top and bottom of a plate behind words: as tall as capitals, taller for scripts that need it."""
        inks, em = [self.type.ink(word.text, word.right_to_left) for word in line], self.type.size
        above = max(self.type.capitals, max(-ink.top for ink in inks) - 0.08 * em) + plate.above * em
        below = max(0.0, max(ink.bottom for ink in inks) - 0.3 * em) + plate.below * em
        return round(line[0].baseline - above), round(line[0].baseline + below)

    def _fitted(self, lines: list[list[str]], size: float, language: str) -> list[list[Placed]]:
        look, area = self.look, self.area
        right_to_left = is_right_to_left(language, [word for line in lines for word in line])
        for _ in range(4):
            self.type = typeface(look, size, language)
            placed = self._laid_out(lines, right_to_left)
            widest = max(line[-1].x + line[-1].width - line[0].x for line in map(from_left, placed))
            top, bottom = self.extremes(placed)
            shrink = min(1.0, width_limit(look, area, size) / max(widest, 1), (area.bottom - area.top) / (bottom - top))
            if shrink == 1:
                break
            size *= shrink * 0.995
        shift = max(area.top - top, 0.0) - max(bottom - area.spare, 0.0)
        return [[replace(word, baseline=round(word.baseline + shift)) for word in line] for line in placed]

    def _laid_out(self, lines: list[list[str]], right_to_left: bool) -> list[list[Placed]]:
        baselines, middle = self._baselines(lines), (self.area.left + self.area.right) / 2
        placed = []
        for words, baseline in zip(lines, baselines, strict=True):
            depth = levels(words, right_to_left)
            order = visual_order(words, right_to_left)
            widths = [self.type.width(word, level % 2 == 1) for word, level in zip(words, depth, strict=True)]
            gaps = [
                self.look.word_space * self.type.size if spaced(words[min(a, b)], words[max(a, b)]) else 0.0
                for a, b in pairwise(order)
            ]
            x = middle - (sum(widths) + sum(gaps)) / 2
            line: dict[int, Placed] = {}
            for index, gap in zip(order, [*gaps, 0.0], strict=True):
                line[index] = Placed(words[index], x, baseline, widths[index], depth[index] % 2 == 1)
                x += widths[index] + gap
            placed.append([line[index] for index in range(len(words))])
        return placed

    def _baselines(self, lines: list[list[str]]) -> list[float]:
        """Lines at an even distance around the middle; further apart where tall scripts would touch."""
        pitch = self.look.line_height * self.type.capitals / 0.72 if self.look.uppercase else 0.0
        pitch = pitch or self.look.line_height * self.type.size
        inks = [[self.type.ink(word) for word in line] for line in lines]
        for above, below in pairwise(inks):
            touching = max(ink.bottom for ink in above) - min(ink.top for ink in below)
            pitch = max(pitch, touching + (2 * self.look.outline_width + 0.04) * self.type.size)
        first = self.area.middle - pitch * (len(lines) - 1) / 2 + self.type.capitals / 2
        return [first + pitch * index for index in range(len(lines))]


def from_left(line: list[Placed]) -> list[Placed]:
    """The words of a line as they stand on the picture."""
    return sorted(line, key=lambda word: word.x)
