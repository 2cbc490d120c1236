"""Characters -> glyphs, where they stand, and what they cover: HarfBuzz shapes and draws, from the font's own file.

Ligatures, Arabic joining, Indic reordering and marks come out right on every machine: nothing of the system is used.
(Pillow shapes only where the system has FriBiDi, which few Macs and no bare container have.)
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
from clipy.typography.bidi import levels, visual_order
from clipy.typography.fonts import Face, opened

_UNIT = 64  # parts of a pixel in which glyphs are placed


@dataclass(frozen=True, slots=True)
class Extent:
    """What a word covers, in pixels from its origin: the left end of its baseline. Half-open, y downwards."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a face at a size, and where its origin lies: pixels to the right of the word's, and above it."""

    face: Face
    size: float
    number: int
    x: float
    y: float

    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom in pixels, y downwards; None for a glyph without ink."""
        found = _font(self.face, self.size).get_glyph_extents(self.number)
        if found is None or not found.width:
            return None
        left, top = self.x + found.x_bearing / _UNIT, -self.y - found.y_bearing / _UNIT
        return left, top, left + found.width / _UNIT, top - found.height / _UNIT


@dataclass(frozen=True, slots=True)
class Shaped:
    """A word's glyphs, and how far it moves along its line, in pixels."""

    glyphs: tuple[Glyph, ...]
    advance: float

    def extent(self, margin: float = 0.0) -> Extent:
        """All ink with so much around it; nothing where there is none."""
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

    def drawn(self, within: Extent, fine: int = 1) -> Plane:
        """How much of each pixel is covered, 0..255, with ``fine`` pixels for each; what glyphs share counts once."""
        width, height = fine * (within.right - within.left), fine * (within.bottom - within.top)
        if not width or not height:
            return np.zeros((fine, fine), dtype=np.uint8)
        draw, scale = hb.RasterDraw(), fine / _UNIT
        for glyph in self.glyphs:
            draw.transform = (scale, 0, 0, scale, fine * glyph.x, fine * glyph.y)
            draw.draw_glyph(_font(glyph.face, glyph.size), glyph.number)
        draw.extents = hb.RasterExtents(fine * within.left, -fine * within.bottom, width, height)
        image = draw.render()
        if image is None:
            raise MemoryError(f"no memory to draw {width} x {height} pixels of text")
        rows = np.frombuffer(image.buffer, dtype=np.uint8).reshape(height, image.extents.stride)
        return np.ascontiguousarray(rows[::-1, :width])  # they come from the bottom up


def shaped(runs: Sequence[tuple[Face, float, str]], right_to_left: bool, language: str) -> Shaped:
    """Shape a word, given as pieces that one face draws at a size each, in the order in which they are read."""
    pieces = [(face, size, part) for face, size, text in runs for part in _parts(text, right_to_left)]
    texts = [text for _, _, text in pieces]
    depth = levels(texts, right_to_left)
    glyphs: list[Glyph] = []
    pen = 0.0
    for index in visual_order(texts, right_to_left):
        face, size, text = pieces[index]
        for glyph, advance in _placed(face, size, text, depth[index] % 2 == 1, language, pen):
            glyphs.append(glyph)
            pen += advance
    return Shaped(tuple(glyphs), pen)


def height_of(face: Face, char: str) -> float:
    """How far a character rises above the baseline, in em."""
    font = _font(face, 1000)
    return float(font.get_glyph_extents(font.get_nominal_glyph(ord(char))).y_bearing) / _UNIT / 1000


def family(face: Face) -> str:
    """The name by which other programs know the font."""
    return opened(face.path, face.index).get_name(hb.OTNameIdPredefined.FONT_FAMILY) or ""


def _placed(
    face: Face, size: float, text: str, right_to_left: bool, language: str, pen: float
) -> Iterator[tuple[Glyph, float]]:
    """The glyphs of a piece of one direction from left to right, each with how far it moves the pen."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()  # its script
    buffer.direction = "rtl" if right_to_left else "ltr"
    if language:
        buffer.language = language
    hb.shape(_font(face, size), buffer)
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or (), strict=True):
        x, y = pen + place.x_offset / _UNIT, place.y_offset / _UNIT
        yield Glyph(face, size, info.codepoint, x, y), place.x_advance / _UNIT
        pen += place.x_advance / _UNIT


def _parts(text: str, right_to_left: bool) -> Iterator[str]:
    """Cut a text where its script changes, or its direction; numbers keep theirs among letters from right to left."""
    script, direction = "", "R" if right_to_left else "L"
    kinds = []
    for char in text:
        script = _script(char) or script
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            direction = "L" if kind == "L" else "R"
        number = kind in ("EN", "AN") and direction == "R"
        kinds.append((script, direction, number))
    for _, group in groupby(zip(kinds, text, strict=True), key=lambda pair: pair[0]):
        yield "".join(char for _, char in group)


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """The ISO 15924 code of the script that a character belongs to; empty for what all scripts share."""
    buffer = hb.Buffer()
    buffer.add_str(char)
    buffer.guess_segment_properties()
    return buffer.script or ""


@lru_cache(maxsize=256)
def _font(face: Face, size: float) -> hb.Font:
    font = hb.Font(opened(face.path, face.index))
    font.scale = (round(size * _UNIT), round(size * _UNIT))
    font.set_variations({"wght": float(face.weight)})  # within what the font has; a static one has none
    return font
