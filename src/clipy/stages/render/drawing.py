"""A card and the word that is being spoken -> an overlay."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor

import cv2
import numpy as np

from clipy.cards import Card, spaced
from clipy.media.frame import Plane
from clipy.stages.render.bidi import is_right_to_left, levels, visual_order
from clipy.stages.render.fonts import Fonts, packaged
from clipy.stages.render.overlay import Overlay, rounded
from clipy.stages.render.presets import BLACK, Ink, Look, Plate
from clipy.stages.render.text import Masks, Type, capitals

POP_STEPS = 4  # pictures from a word's own size to its popped one


@dataclass(frozen=True, slots=True)
class Area:
    """Where text may be, in pixels, and at which height a card's middle should be."""

    left: float
    top: float
    right: float
    bottom: float
    middle: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word on its place: the left end of its baseline, and how far it moves along the line."""

    text: str
    x: float
    baseline: float
    width: float
    right_to_left: bool


def typeface(look: Look, size: float, language: str) -> Type:
    """The look's fonts at a size in pixels."""
    return Type(Fonts(packaged(look.package, look.file, look.weight)), size, language)


def shown(text: str, look: Look, language: str) -> str:
    """A word's text as the look writes it."""
    return capitals(text, language) if look.uppercase else text


def reach(look: Look) -> float:
    """How far a line's picture may stick out of its text on either side, in em, but for the pop."""
    plates = [plate.across for plate in (look.word_plate, look.card_plate) if plate is not None]
    return max([look.outline_width + 0.02, *plates])


def width_limit(look: Look, area: Area, size: float) -> float:
    """How wide a line of text may be, in pixels, for all of it to stay inside the area."""
    return (area.right - area.left - 2) / (1 + look.pop) - 2 * reach(look) * size


class CardPicture:
    """One card at one size. Words are drawn once; a new spoken word only puts the pieces together anew."""

    def __init__(self, card: Card, look: Look, area: Area, size: float, language: str) -> None:
        self.look, self._area = look, area
        lines = [[shown(word.text, look, language) for word in line] for line in card.lines]
        self._lines = self._fitted(lines, size, language)
        self._words = [word for line in self._lines for word in line]
        self._outline = look.outline_width * self._type.size
        self._masks = [self._drawn(word, 1.0) for word in self._words]
        self._popped: dict[int, Masks] = {}
        self._base: Overlay | None = None

    def overlay(self, active: int | None, step: int = POP_STEPS) -> Overlay:
        """The card while word ``active`` is spoken (None: none yet), ``step`` pictures into its pop."""
        base = self._base = self._base or self._backdrop()
        picture, look = base.copy(), self.look
        others = [index for index in range(len(self._words)) if index != active]
        if active is not None and look.word_plate is not None:
            self._plate(picture, [[self._words[active]]], look.word_plate)
        if self._outline:
            for index in others:
                mask = self._masks[index]
                self._paint(picture, self._words[index], mask.outlined, mask, look.outline)
        for index in others:
            ink = look.spoken if active is not None and index < active and look.spoken else look.text
            self._paint(picture, self._words[index], self._masks[index].letters, self._masks[index], ink)
        if active is not None:
            word, mask = self._words[active], self._pop(active, step)
            if self._outline and look.word_plate is None:
                self._paint(picture, word, mask.outlined, mask, look.outline)
            self._paint(picture, word, mask.letters, mask, look.highlight)
        return picture

    def _fitted(self, lines: list[list[str]], size: float, language: str) -> list[list[_Placed]]:
        """Lay the card out, smaller when a line is too wide or the lines are too tall for the area."""
        look, area = self.look, self._area
        right_to_left = is_right_to_left(language, [word for line in lines for word in line])
        for _ in range(4):
            self._type = typeface(look, size, language)
            placed = self._laid_out(lines, right_to_left)
            widest = max(line[-1].x + line[-1].width - line[0].x for line in map(_from_left, placed))
            top, bottom = self._extremes(placed)
            shrink = min(1.0, width_limit(look, area, size) / max(widest, 1), (area.bottom - area.top) / (bottom - top))
            if shrink == 1:
                break
            size *= shrink * 0.995
        shift = max(area.top - top, 0.0) - max(bottom - area.bottom, 0.0)
        return [
            [_Placed(w.text, w.x, round(w.baseline + shift), w.width, w.right_to_left) for w in line] for line in placed
        ]

    def _laid_out(self, lines: list[list[str]], right_to_left: bool) -> list[list[_Placed]]:
        baselines, middle = self._baselines(lines), (self._area.left + self._area.right) / 2
        placed = []
        for words, baseline in zip(lines, baselines, strict=True):
            depth = levels(words, right_to_left)
            order = visual_order(words, right_to_left)
            widths = [self._type.width(word, level % 2 == 1) for word, level in zip(words, depth, strict=True)]
            gaps = [
                self.look.word_space * self._type.size if spaced(words[min(a, b)], words[max(a, b)]) else 0.0
                for a, b in pairwise(order)
            ]
            x = middle - (sum(widths) + sum(gaps)) / 2
            line: dict[int, _Placed] = {}
            for index, gap in zip(order, [*gaps, 0.0], strict=True):
                line[index] = _Placed(words[index], x, baseline, widths[index], depth[index] % 2 == 1)
                x += widths[index] + gap
            placed.append([line[index] for index in range(len(words))])
        return placed

    def _baselines(self, lines: list[list[str]]) -> list[float]:
        """Lines at an even distance around the middle; further apart where tall scripts would touch."""
        pitch = self.look.line_height * self._type.capitals / 0.72 if self.look.uppercase else 0.0
        pitch = pitch or self.look.line_height * self._type.size
        inks = [[self._type.ink(word) for word in line] for line in lines]
        for above, below in pairwise(inks):
            touching = max(ink.bottom for ink in above) - min(ink.top for ink in below)
            pitch = max(pitch, touching + (2 * self.look.outline_width + 0.04) * self._type.size)
        first = self._area.middle - pitch * (len(lines) - 1) / 2 + self._type.capitals / 2
        return [first + pitch * index for index in range(len(lines))]

    def _extremes(self, lines: list[list[_Placed]]) -> tuple[float, float]:
        """The highest and the lowest pixel that the card may cover, with outline, plates and pop."""
        look, tops, bottoms = self.look, [], []
        for line in lines:
            edges = [
                self._plate_edges(line, plate) for plate in (look.word_plate, look.card_plate) if plate is not None
            ]
            inks = [
                self._type.ink(word.text, word.right_to_left, look.outline_width * self._type.size) for word in line
            ]
            top = min(ink.top for ink in inks)
            bottom = max(ink.bottom for ink in inks)
            grown = look.pop * (bottom - top) + 1
            tops.append(min([line[0].baseline + top - grown, *(top for top, _ in edges)]))
            bottoms.append(max([line[0].baseline + bottom + grown, *(bottom for _, bottom in edges)]))
        return min(tops), max(bottoms)

    def _plate_edges(self, line: list[_Placed], plate: Plate) -> tuple[int, int]:
        """Top and bottom of a plate behind words: as tall as capitals, taller for scripts that need it."""
        inks, em = [self._type.ink(word.text, word.right_to_left) for word in line], self._type.size
        above = max(self._type.capitals, max(-ink.top for ink in inks) - 0.08 * em) + plate.above * em
        below = max(0.0, max(ink.bottom for ink in inks) - 0.3 * em) + plate.below * em
        return round(line[0].baseline - above), round(line[0].baseline + below)

    def _backdrop(self) -> Overlay:
        """What does not change while words are spoken: shadows and the plates of lines."""
        look, em = self.look, self._type.size
        picture = self._empty()
        if look.shadow is not None:
            union = np.zeros((picture.height, picture.width), np.uint8)
            for word, mask in zip(self._words, self._masks, strict=True):
                x, y = _corner(word, mask)
                _join(union, mask.outlined, x - picture.x, y - picture.y + round(look.shadow.down * em))
            soft = np.asarray(cv2.GaussianBlur(union, (0, 0), max(0.5, look.shadow.blur * em)), np.uint8)
            picture.paint(soft, picture.x, picture.y, BLACK, look.shadow.opacity)
        if look.card_plate is not None:
            self._plate(picture, self._lines, look.card_plate)
        return picture

    def _empty(self) -> Overlay:
        """An overlay that has room for all that this card can show."""
        look, em = self.look, self._type.size
        soft = 0.0 if look.shadow is None else (3 * look.shadow.blur + look.shadow.down) * em
        inks = [(word, self._type.ink(word.text, word.right_to_left, self._outline)) for word in self._words]
        top, bottom = self._extremes(self._lines)
        margin = max(reach(look) * em, soft) + 2
        left = min(word.x + ink.left - look.pop * word.width for word, ink in inks) - margin
        right = max(word.x + ink.right + look.pop * word.width for word, ink in inks) + margin
        x, y = _even(left), _even(top - soft)
        return Overlay(x, y, _even(right) + 2 - x, _even(bottom + soft) + 2 - y)

    def _plate(self, picture: Overlay, lines: list[list[_Placed]], plate: Plate) -> None:
        """A rounded rectangle behind each line. They are one shape: where two meet, they do not darken each other."""
        union, em = np.zeros((picture.height, picture.width), np.uint8), self._type.size
        drawable = ([word for word in line if word.width > 0] for line in lines)
        for line in map(_from_left, filter(None, drawable)):
            x1, x2 = round(line[0].x - plate.across * em), round(line[-1].x + line[-1].width + plate.across * em)
            y1, y2 = self._plate_edges(line, plate)
            _join(union, rounded(x2 - x1, y2 - y1, plate.radius * em), x1 - picture.x, y1 - picture.y)
        picture.paint(union, picture.x, picture.y, plate.ink.colour, plate.ink.opacity)

    def _drawn(self, word: _Placed, scale: float) -> Masks:
        size = self._type if scale == 1 else Type(self._type.fonts, self._type.size * scale, self._type.language)
        return size.masks(word.text, word.right_to_left, self._outline * scale)

    def _pop(self, index: int, step: int) -> Masks:
        """The spoken word, grown about its middle: drawn at its full size, and scaled down on the way there."""
        word, peak = self._words[index], 1 + self.look.pop
        if self.look.pop == 0 or step <= 0:
            return self._masks[index]
        if index not in self._popped:
            drawn = self._drawn(word, peak)
            left, top = self._shift(word, peak)
            self._popped[index] = Masks(drawn.letters, drawn.outlined, drawn.left + round(left), drawn.top + round(top))
        full = self._popped[index]
        if step >= POP_STEPS:
            return full
        share = (1 + self.look.pop * step / POP_STEPS) / peak
        centre = word.width / 2 - full.left, -self._type.capitals / 2 - full.top
        matrix = np.array([[share, 0, centre[0] * (1 - share)], [0, share, centre[1] * (1 - share)]])
        size = (full.letters.shape[1], full.letters.shape[0])
        letters, outlined = (
            np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
            for mask in (full.letters, full.outlined)
        )
        return Masks(letters, outlined, full.left, full.top)

    def _shift(self, word: _Placed, scale: float) -> tuple[float, float]:
        """How far a word's origin moves when it grows about its middle."""
        return -word.width / 2 * (scale - 1), self._type.capitals / 2 * (scale - 1)

    def _paint(self, picture: Overlay, word: _Placed, mask: Plane, masks: Masks, ink: Ink) -> None:
        x, y = _corner(word, masks)
        picture.paint(mask, x, y, ink.colour, ink.opacity)


def _corner(word: _Placed, masks: Masks) -> tuple[int, int]:
    return round(word.x) + masks.left, round(word.baseline) + masks.top


def _join(union: Plane, mask: Plane, x: int, y: int) -> None:
    """Put a mask into a bigger one that has room for it."""
    part = union[y : y + mask.shape[0], x : x + mask.shape[1]]
    np.maximum(part, mask, out=part)


def _from_left(line: list[_Placed]) -> list[_Placed]:
    return sorted(line, key=lambda word: word.x)


def _even(value: float) -> int:
    return floor(value / 2) * 2
