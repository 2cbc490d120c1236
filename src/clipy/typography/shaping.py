"""Text shaping and rasterization with HarfBuzz: characters -> positioned glyphs -> coverage.

Ligatures, Arabic joining, Indic reordering and marks come out the same on every machine, independent of system
libraries. (Pillow shapes complex scripts only where the system has FriBiDi, which few Macs and no bare container have.)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import ceil, floor

import numpy as np
import uharfbuzz as hb

from clipy.media.frame import Plane
from clipy.typography.bidi import embedding_levels, visual_order
from clipy.typography.fonts import Face, open_face

_SUBPIXELS = 64  # HarfBuzz units per pixel


@dataclass(frozen=True, slots=True)
class Extent:
    """Ink extents in whole pixels relative to the origin (left end of the baseline). Half-open, y downwards."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a face at a size (pixels per em), with its origin in pixels right of and above the word's origin."""

    face: Face
    size: float
    index: int
    x: float
    y: float

    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom in pixels, y downwards; None for a glyph without ink."""
        extents = _sized_font(self.face, self.size).get_glyph_extents(self.index)
        if extents is None or not extents.width:
            return None
        left, top = self.x + extents.x_bearing / _SUBPIXELS, -self.y - extents.y_bearing / _SUBPIXELS
        return left, top, left + extents.width / _SUBPIXELS, top - extents.height / _SUBPIXELS


@dataclass(frozen=True, slots=True)
class ShapedText:
    """The positioned glyphs of a word, and its advance width in pixels."""

    glyphs: tuple[Glyph, ...]
    advance: float

    def extent(self, margin: float = 0.0) -> Extent:
        """The ink extents with a margin in pixels; empty for text without ink."""
        boxes = [box for glyph in self.glyphs if (box := glyph.box()) is not None]
        if not boxes:
            return Extent(0, 0, 0, 0)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return Extent(
            floor(min(lefts) - margin) - 1,
            floor(min(tops) - margin) - 1,
            ceil(max(rights) + margin) + 1,
            ceil(max(bottoms) + margin) + 1,
        )

    def rasterize(self, within: Extent, supersampling: int = 1) -> Plane:
        """Coverage 0..255 of an extent, (h, w) times ``supersampling``; overlaps of glyphs count once."""
        width = supersampling * (within.right - within.left)
        height = supersampling * (within.bottom - within.top)
        if not width or not height:
            return np.zeros((supersampling, supersampling), dtype=np.uint8)
        draw, scale = hb.RasterDraw(), supersampling / _SUBPIXELS
        for glyph in self.glyphs:
            draw.transform = (scale, 0, 0, scale, supersampling * glyph.x, supersampling * glyph.y)
            draw.draw_glyph(_sized_font(glyph.face, glyph.size), glyph.index)
        draw.extents = hb.RasterExtents(supersampling * within.left, -supersampling * within.bottom, width, height)
        image = draw.render()
        if image is None:
            raise MemoryError(f"out of memory rasterizing {width} x {height} pixels of text")
        rows = np.frombuffer(image.buffer, dtype=np.uint8).reshape(height, image.extents.stride)
        return np.ascontiguousarray(rows[::-1, :width])  # HarfBuzz renders bottom-up


def shape_text(runs: Sequence[tuple[Face, float, str]], right_to_left: bool, language: str) -> ShapedText:
    """Shape a word, given as runs (face, pixels per em, text) in logical order."""
    items = [(face, size, part) for face, size, text in runs for part in _itemize(text, right_to_left)]
    texts = [text for _, _, text in items]
    levels = embedding_levels(texts, right_to_left)
    glyphs: list[Glyph] = []
    pen = 0.0
    for index in visual_order(texts, right_to_left):
        face, size, text = items[index]
        for glyph, advance in _shape_run(face, size, text, levels[index] % 2 == 1, language, pen):
            glyphs.append(glyph)
            pen += advance
    return ShapedText(tuple(glyphs), pen)


def glyph_height(face: Face, char: str) -> float:
    """The height of a character above the baseline, in em."""
    font = _sized_font(face, 1000)
    return float(font.get_glyph_extents(font.get_nominal_glyph(ord(char))).y_bearing) / _SUBPIXELS / 1000


def family_name(face: Face) -> str:
    """The font family name, as other programs list it."""
    return open_face(face.path, face.index).get_name(hb.OTNameIdPredefined.FONT_FAMILY) or ""


def _shape_run(
    face: Face, size: float, text: str, right_to_left: bool, language: str, pen: float
) -> Iterator[tuple[Glyph, float]]:
    """The glyphs of an item from left to right, each with its advance; ``pen`` is where the item starts."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()  # sets the script
    buffer.direction = "rtl" if right_to_left else "ltr"
    if language:
        buffer.language = language
    hb.shape(_sized_font(face, size), buffer)
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True):
        x, y = pen + place.x_offset / _SUBPIXELS, place.y_offset / _SUBPIXELS
        yield Glyph(face, size, info.codepoint, x, y), place.x_advance / _SUBPIXELS
        pen += place.x_advance / _SUBPIXELS


def _itemize(text: str, right_to_left: bool) -> Iterator[str]:
    """Split a text where its script or direction changes; numbers in right-to-left text are items of their own."""
    script, direction = "", "R" if right_to_left else "L"
    properties = []
    for char in text:
        script = _script(char) or script
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            direction = "L" if kind == "L" else "R"
        number = kind in ("EN", "AN") and direction == "R"
        properties.append((script, direction, number))
    for _, group in groupby(zip(properties, text, strict=True), key=lambda pair: pair[0]):
        yield "".join(char for _, char in group)


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """The ISO 15924 code of a character's script; empty for characters that all scripts share."""
    buffer = hb.Buffer()
    buffer.add_str(char)
    buffer.guess_segment_properties()
    return buffer.script or ""


@lru_cache(maxsize=256)
def _sized_font(face: Face, size: float) -> hb.Font:
    font = hb.Font(open_face(face.path, face.index))
    font.scale = (round(size * _SUBPIXELS), round(size * _SUBPIXELS))
    font.set_variations({"wght": float(face.weight)})  # clamped to the font's range; static fonts ignore it
    return font
