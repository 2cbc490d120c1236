"""A caption card and its active word -> an overlay."""

from __future__ import annotations

from collections.abc import Collection
from math import floor

import cv2
import numpy as np

from clipy.media.frame import Plane
from clipy.typography.cards import Card
from clipy.typography.glyph_masks import Font, TextMasks
from clipy.typography.layout import Layout, PlacedWord, in_visual_order
from clipy.typography.overlay import Overlay, gaussian_blur, rounded_rectangle
from clipy.typography.safe_area import Area
from clipy.typography.styles import CaptionStyle, Paint, Plate, Shadow

POP_STEPS = 4  # frames of the pop animation, from a word's normal size to its peak
_HOLLOW_OPACITY = 0.5  # of the inside of hollow letters
_GLOW_LAYERS = ((1.6, 0.6), (0.5, 1.0))  # relative blur and opacity, wide and faint first


class CardPainter:
    """Paints one card at one size. Words are rasterized once; for another active word, only the layers are recombined.

    ``emphasized`` holds the indexes of the key words; ``ornament`` is an emoji above the words.
    """

    def __init__(
        self,
        card: Card,
        style: CaptionStyle,
        area: Area,
        size: float,
        language: str,
        emphasized: Collection[int] = (),
        ornament: str = "",
    ) -> None:
        self.style, self._emphasized = style, frozenset(emphasized)
        self._layout = Layout(card, style, area, size, language, ornament)
        self._font, self._words = self._layout.font, self._layout.words
        self._outline = style.outline_width * self._font.size
        self._masks = [self._rasterize(word, 1.0) for word in self._words]
        self._peak_masks: dict[int, TextMasks] = {}
        self._static: Overlay | None = None
        self._inactive: tuple[int, Overlay] | None = None  # the active word's index, and the card without that word

    def overlay(self, active: int | None, step: int = POP_STEPS) -> Overlay:
        """The card with the active word's index (None: no word yet), ``step`` frames into its pop animation."""
        if active is None or self.style.glow is not None:  # a glow lies below the other words, and grows with its own
            overlay = self._inactive_layers(active, step)
        else:
            if self._inactive is None or self._inactive[0] != active:
                self._inactive = active, self._inactive_layers(active, step)
            overlay = self._inactive[1].copy()
        if active is not None:
            self._paint_active_word(overlay, active, step)
        return overlay

    def _inactive_layers(self, active: int | None, step: int) -> Overlay:
        """Everything but the active word itself."""
        static = self._static = self._static or self._static_layers()
        overlay, style = static.copy(), self.style
        others = [index for index in range(len(self._words)) if index != active and not self._is_hidden(index, active)]
        if style.other_words_plate is not None:
            for index in others:
                self._paint_plate(overlay, [[self._words[index]]], style.other_words_plate)
        if active is not None and style.active_word_plate is not None:
            self._paint_plate(overlay, [[self._words[active]]], style.active_word_plate)
        if style.reveal and style.shadow is not None:
            visible = [*others, *([] if active is None else [active])]
            self._paint_shadow(overlay, [(self._words[index], self._masks[index]) for index in visible], style.shadow)
        if active is not None and style.glow is not None:
            self._paint_glow(overlay, active, step, style.glow)
        self._paint_outlines(overlay, active, others)
        for index in others:
            self._paint_glyphs(overlay, index, active)
        return overlay

    def _is_hidden(self, index: int, active: int | None) -> bool:
        return self.style.reveal and self._is_upcoming(index, active)

    def _is_upcoming(self, index: int, active: int | None) -> bool:
        return active is None or index > active

    def _word_paint(self, index: int, active: int | None) -> Paint:
        """The paint of a word that is not active."""
        style = self.style
        if index in self._emphasized and style.emphasis is not None:
            return style.emphasis
        return style.text if self._is_upcoming(index, active) or style.spoken is None else style.spoken

    def _paint_outlines(self, overlay: Overlay, active: int | None, others: list[int]) -> None:
        if not self._outline:
            return
        for index in others:
            if not (self.style.hollow and self._is_upcoming(index, active)):
                masks = self._masks[index]
                self._paint(overlay, self._words[index], masks.outlined, masks, self.style.outline)

    def _paint_glyphs(self, overlay: Overlay, index: int, active: int | None) -> None:
        masks, word = self._masks[index], self._words[index]
        shape = masks.glyphs
        if self.style.hollow and self._is_upcoming(index, active):  # the dark inside keeps it readable on white
            self._paint(overlay, word, masks.outlined, masks, Paint(self.style.outline.color, _HOLLOW_OPACITY))
            shape = np.asarray(cv2.subtract(masks.outlined, masks.glyphs), np.uint8)
        self._paint(overlay, word, shape, masks, self._word_paint(index, active))

    def _paint_active_word(self, overlay: Overlay, active: int, step: int) -> None:
        style, word, masks = self.style, self._words[active], self._popped(active, step)
        if self._outline and style.active_word_plate is None:
            self._paint(overlay, word, masks.outlined, masks, style.outline)
        # Without a highlight color of its own, an active key word keeps the color of key words.
        no_highlight = style.highlight.color == style.text.color and style.active_word_plate is None
        emphasis = style.emphasis if active in self._emphasized and no_highlight else None
        self._paint(overlay, word, masks.glyphs, masks, emphasis or style.highlight)

    def _static_layers(self) -> Overlay:
        """The layers that do not depend on the active word: shadows, line plates, and the ornament."""
        style = self.style
        overlay = self._empty_overlay()
        if style.shadow is not None and not style.reveal:
            self._paint_shadow(overlay, list(zip(self._words, self._masks, strict=True)), style.shadow)
        if style.line_plate is not None:
            self._paint_plate(overlay, self._layout.lines, style.line_plate)
        if self._layout.ornament is not None:
            self._paint_ornament(overlay, self._layout.ornament)
        return overlay

    def _paint_ornament(self, overlay: Overlay, ornament: PlacedWord) -> None:
        """An emoji in the highlight color, with an outline that keeps it visible on any background."""
        em = self._font.size
        masks = self._font.masks(ornament.text, outline=max(self._outline, 0.05 * em))
        self._paint_shadow(overlay, [(ornament, masks)], Shadow(0.03, 0.1, 0.5))
        self._paint(overlay, ornament, masks.outlined, masks, Paint(self.style.outline.color))
        self._paint(overlay, ornament, masks.glyphs, masks, Paint(self.style.highlight_color))

    def _paint_shadow(self, overlay: Overlay, words: list[tuple[PlacedWord, TextMasks]], shadow: Shadow) -> None:
        """One shadow below several words."""
        em = self._font.size
        union = np.zeros((overlay.height, overlay.width), np.uint8)
        for word, masks in words:
            x, y = _top_left(word, masks)
            _merge(union, masks.outlined, x - overlay.x, y - overlay.y + round(shadow.offset_y * em))
        if shadow.blur:
            union = gaussian_blur(union, shadow.blur * em)
        overlay.paint(union, overlay.x, overlay.y, shadow.color, shadow.opacity)

    def _paint_glow(self, overlay: Overlay, active: int, step: int, glow: Shadow) -> None:
        """Light around the active word, like that of a neon tube."""
        word, masks = self._words[active], self._popped(active, step)
        for blur, opacity in _GLOW_LAYERS:
            layer = Shadow(glow.offset_y, glow.blur * blur, glow.opacity * opacity, self.style.highlight.color)
            self._paint_shadow(overlay, [(word, masks)], layer)

    def _empty_overlay(self) -> Overlay:
        """An overlay with room for everything that this card can show."""
        style, em, bounds = self.style, self._font.size, self._layout.bounds()
        shadows = [(style.shadow, 1.0), (style.glow, _GLOW_LAYERS[0][0])]
        soft = max((3 * wider * shade.blur + shade.offset_y) * em if shade else 0.0 for shade, wider in shadows)
        margin = max(soft, 0.1 * em) + style.pop_scale * em + 2
        x, y = _even(bounds.x1 - margin), _even(bounds.y1 - soft - 2)
        return Overlay(x, y, _even(bounds.x2 + margin) + 2 - x, _even(bounds.y2 + soft + 2) + 2 - y)

    def _paint_plate(self, overlay: Overlay, lines: list[list[PlacedWord]], plate: Plate) -> None:
        """A rounded rectangle behind each line, as one shape: where two meet, opacity does not add up."""
        union, em = np.zeros((overlay.height, overlay.width), np.uint8), self._font.size
        drawable = ([word for word in line if word.width > 0] for line in lines)
        for line in map(in_visual_order, filter(None, drawable)):
            x1 = round(line[0].x - plate.padding_x * em)
            x2 = round(line[-1].x + line[-1].width + plate.padding_x * em)
            y1, y2 = self._layout.plate_edges(line, plate)
            mask = rounded_rectangle(x2 - x1, y2 - y1, plate.radius * em)
            _merge(union, mask, x1 - overlay.x, y1 - overlay.y)
        overlay.paint(union, overlay.x, overlay.y, plate.fill.color, plate.fill.opacity)

    def _rasterize(self, word: PlacedWord, scale: float) -> TextMasks:
        font = self._font if scale == 1 else Font(self._font.stack, self._font.size * scale, self._font.language)
        return font.masks(word.text, word.right_to_left, self._outline * scale)

    def _popped(self, index: int, step: int) -> TextMasks:
        """The active word, enlarged about its middle: rasterized at the peak size, and scaled down on the way there."""
        word, peak = self._words[index], 1 + self.style.pop_scale
        if self.style.pop_scale == 0 or step <= 0:
            return self._masks[index]
        if index not in self._peak_masks:
            masks = self._rasterize(word, peak)
            left, top = -word.width / 2 * (peak - 1), self._font.cap_height / 2 * (peak - 1)
            placed = TextMasks(masks.glyphs, masks.outlined, masks.left + round(left), masks.top + round(top))
            self._peak_masks[index] = placed
        full = self._peak_masks[index]
        if step >= POP_STEPS:
            return full
        scale = (1 + self.style.pop_scale * step / POP_STEPS) / peak
        center = word.width / 2 - full.left, -self._font.cap_height / 2 - full.top
        matrix = np.array([[scale, 0, center[0] * (1 - scale)], [0, scale, center[1] * (1 - scale)]])
        size = (full.glyphs.shape[1], full.glyphs.shape[0])
        glyphs, outlined = (
            np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
            for mask in (full.glyphs, full.outlined)
        )
        return TextMasks(glyphs, outlined, full.left, full.top)

    def _paint(self, overlay: Overlay, word: PlacedWord, mask: Plane, masks: TextMasks, paint: Paint) -> None:
        x, y = _top_left(word, masks)
        overlay.paint(mask, x, y, paint.color, paint.opacity)


def _top_left(word: PlacedWord, masks: TextMasks) -> tuple[int, int]:
    return round(word.x) + masks.left, round(word.baseline) + masks.top


def _merge(union: Plane, mask: Plane, x: int, y: int) -> None:
    """Merge a mask into a bigger one at (x, y), in place and clipped."""
    x1, y1 = max(0, x), max(0, y)
    part = union[y1 : y + mask.shape[0], x1 : x + mask.shape[1]]
    np.maximum(part, mask[y1 - y : y1 - y + part.shape[0], x1 - x : x1 - x + part.shape[1]], out=part)


def _even(value: float) -> int:
    return floor(value / 2) * 2
