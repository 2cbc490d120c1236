"""A card and the word that is being spoken -> an overlay."""

from __future__ import annotations

from collections.abc import Collection
from math import floor

import cv2
import numpy as np

from clipy.media.frame import Plane
from clipy.typography.cards import Card
from clipy.typography.glyph_masks import Masks, Type
from clipy.typography.layout import Area, Layout, Placed, from_left
from clipy.typography.overlay import Overlay, rounded, softened
from clipy.typography.styles import Ink, Look, Plate, Shadow

POP_STEPS = 4  # pictures from a word's own size to its popped one
_GLASS = 0.5  # opacity of the inside of hollow letters
_GLOW = ((1.6, 0.6), (0.5, 1.0))  # light is laid on twice: how wide and how strong, far and faint first


class CardPicture:
    """One card at one size. Words are drawn once; a new spoken word only puts the pieces together anew.

    ``emphasised`` are the indexes of the key words; ``ornament`` is an emoji above the words.
    """

    def __init__(
        self,
        card: Card,
        look: Look,
        area: Area,
        size: float,
        language: str,
        emphasised: Collection[int] = (),
        ornament: str = "",
    ) -> None:
        self.look, self._emphasised = look, frozenset(emphasised)
        self._layout = Layout(card, look, area, size, language, ornament)
        self._type, self._words = self._layout.type, self._layout.words
        self._outline = look.outline_width * self._type.size
        self._masks = [self._drawn(word, 1.0) for word in self._words]
        self._popped: dict[int, Masks] = {}
        self._base: Overlay | None = None
        self._quiet: tuple[int, Overlay] | None = None  # the card without the word that is spoken, and which that is

    def overlay(self, active: int | None, step: int = POP_STEPS) -> Overlay:
        """The card while word ``active`` is spoken (None: none yet), ``step`` pictures into its pop."""
        if active is None or self.look.glow is not None:  # a glow lies below the other words, and grows with its own
            picture = self._around(active, step)
        else:
            if self._quiet is None or self._quiet[0] != active:
                self._quiet = active, self._around(active, step)
            picture = self._quiet[1].copy()
        if active is not None:
            self._speak(picture, active, step)
        return picture

    def _around(self, active: int | None, step: int) -> Overlay:
        """All of the card but the spoken word itself."""
        base = self._base = self._base or self._backdrop()
        picture, look = base.copy(), self.look
        others = [index for index in range(len(self._words)) if index != active and not self._hidden(index, active)]
        if look.rest_plate is not None:
            for index in others:
                self._plate(picture, [[self._words[index]]], look.rest_plate)
        if active is not None and look.word_plate is not None:
            self._plate(picture, [[self._words[active]]], look.word_plate)
        if look.reveal and look.shadow is not None:
            now = [*others, *([] if active is None else [active])]
            self._cast(picture, [(self._words[index], self._masks[index]) for index in now], look.shadow)
        if active is not None and look.glow is not None:
            self._glow(picture, active, step, look.glow)
        self._outlines(picture, active, others)
        for index in others:
            self._fill(picture, index, active)
        return picture

    def _hidden(self, index: int, active: int | None) -> bool:
        return self.look.reveal and (active is None or index > active)

    def _coming(self, index: int, active: int | None) -> bool:
        return active is None or index > active

    def _ink(self, index: int, active: int | None) -> Ink:
        """What a word that is not being spoken is written with."""
        look = self.look
        if index in self._emphasised and look.emphasis is not None:
            return look.emphasis
        return look.text if self._coming(index, active) or look.spoken is None else look.spoken

    def _outlines(self, picture: Overlay, active: int | None, others: list[int]) -> None:
        if not self._outline:
            return
        for index in others:
            if not (self.look.hollow and self._coming(index, active)):
                self._paint(
                    picture, self._words[index], self._masks[index].outlined, self._masks[index], self.look.outline
                )

    def _fill(self, picture: Overlay, index: int, active: int | None) -> None:
        mask = self._masks[index]
        hollow = self.look.hollow and self._coming(index, active)
        shape = mask.letters
        if hollow:  # a dark glass inside keeps a white edge readable on white
            self._paint(picture, self._words[index], mask.outlined, mask, Ink(self.look.outline.colour, _GLASS))
            shape = np.asarray(cv2.subtract(mask.outlined, mask.letters), np.uint8)
        self._paint(picture, self._words[index], shape, mask, self._ink(index, active))

    def _speak(self, picture: Overlay, active: int, step: int) -> None:
        look, word, mask = self.look, self._words[active], self._pop(active, step)
        if self._outline and look.word_plate is None:
            self._paint(picture, word, mask.outlined, mask, self.look.outline)
        plain = look.highlight.colour == look.text.colour  # then a key word is told by its colour while it is spoken
        emphasised = look.emphasis if active in self._emphasised and plain and look.word_plate is None else None
        self._paint(picture, word, mask.letters, mask, emphasised or look.highlight)

    def _backdrop(self) -> Overlay:
        """What does not change while words are spoken: shadows, the plates of lines, and the ornament."""
        look = self.look
        picture = self._empty()
        if look.shadow is not None and not look.reveal:
            self._cast(picture, list(zip(self._words, self._masks, strict=True)), look.shadow)
        if look.card_plate is not None:
            self._plate(picture, self._layout.lines, look.card_plate)
        if self._layout.ornament is not None:
            self._decorate(picture, self._layout.ornament)
        return picture

    def _decorate(self, picture: Overlay, ornament: Placed) -> None:
        """An emoji, in the colour of the highlight, with a dark edge so that it can be seen on anything."""
        em = self._type.size
        masks = self._type.masks(ornament.text, outline=max(self._outline, 0.05 * em))
        plate = self.look.word_plate
        colour = plate.ink.colour if plate is not None else self.look.highlight.colour
        self._cast(picture, [(ornament, masks)], Shadow(0.03, 0.1, 0.5))
        self._paint(picture, ornament, masks.outlined, masks, Ink(self.look.outline.colour))
        self._paint(picture, ornament, masks.letters, masks, Ink(colour))

    def _cast(self, picture: Overlay, words: list[tuple[Placed, Masks]], shadow: Shadow) -> None:
        """Lay one shadow under several words."""
        em = self._type.size
        union = np.zeros((picture.height, picture.width), np.uint8)
        for word, mask in words:
            x, y = _corner(word, mask)
            _join(union, mask.outlined, x - picture.x, y - picture.y + round(shadow.down * em))
        if shadow.blur:
            union = softened(union, shadow.blur * em)
        picture.paint(union, picture.x, picture.y, shadow.colour, shadow.opacity)

    def _glow(self, picture: Overlay, active: int, step: int, glow: Shadow) -> None:
        """Light around the spoken word, as a neon tube has it."""
        word, mask = self._words[active], self._pop(active, step)
        for wider, share in _GLOW:
            light = Shadow(glow.down, glow.blur * wider, glow.opacity * share, self.look.highlight.colour)
            self._cast(picture, [(word, mask)], light)

    def _empty(self) -> Overlay:
        """An overlay that has room for all that this card can show."""
        look, em, bounds = self.look, self._type.size, self._layout.bounds()
        shades = [(look.shadow, 1.0), (look.glow, _GLOW[0][0])]
        soft = max((3 * wider * shade.blur + shade.down) * em if shade is not None else 0.0 for shade, wider in shades)
        margin = max(soft, 0.1 * em) + look.pop * em + 2
        x, y = _even(bounds.x1 - margin), _even(bounds.y1 - soft - 2)
        return Overlay(x, y, _even(bounds.x2 + margin) + 2 - x, _even(bounds.y2 + soft + 2) + 2 - y)

    def _plate(self, picture: Overlay, lines: list[list[Placed]], plate: Plate) -> None:
        """A rounded rectangle behind each line. They are one shape: where two meet, they do not darken each other."""
        union, em = np.zeros((picture.height, picture.width), np.uint8), self._type.size
        drawable = ([word for word in line if word.width > 0] for line in lines)
        for line in map(from_left, filter(None, drawable)):
            x1, x2 = round(line[0].x - plate.across * em), round(line[-1].x + line[-1].width + plate.across * em)
            y1, y2 = self._layout.plate_edges(line, plate)
            _join(union, rounded(x2 - x1, y2 - y1, plate.radius * em), x1 - picture.x, y1 - picture.y)
        picture.paint(union, picture.x, picture.y, plate.ink.colour, plate.ink.opacity)

    def _drawn(self, word: Placed, scale: float) -> Masks:
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

    def _shift(self, word: Placed, scale: float) -> tuple[float, float]:
        """How far a word's origin moves when it grows about its middle."""
        return -word.width / 2 * (scale - 1), self._type.capitals / 2 * (scale - 1)

    def _paint(self, picture: Overlay, word: Placed, mask: Plane, masks: Masks, ink: Ink) -> None:
        x, y = _corner(word, masks)
        picture.paint(mask, x, y, ink.colour, ink.opacity)


def _corner(word: Placed, masks: Masks) -> tuple[int, int]:
    return round(word.x) + masks.left, round(word.baseline) + masks.top


def _join(union: Plane, mask: Plane, x: int, y: int) -> None:
    """Put a mask into a bigger one; what has no room there is left out."""
    x1, y1 = max(0, x), max(0, y)
    part = union[y1 : y + mask.shape[0], x1 : x + mask.shape[1]]
    np.maximum(part, mask[y1 - y : y1 - y + part.shape[0], x1 - x : x1 - x + part.shape[1]], out=part)


def _even(value: float) -> int:
    return floor(value / 2) * 2
