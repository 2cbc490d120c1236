"""Text -> coverage masks: shaped at a size, with fallback faces and an optional outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Plane
from clipy.typography.fonts import Face, FontStack
from clipy.typography.shaping import Extent, ShapedText, glyph_height, shape_text

_NOTO_CAP_HEIGHT = 0.714  # em; shared by all Noto Sans faces
_MAX_FALLBACK_SCALE = 1.06  # narrow display faces have tall capitals; other scripts scaled to match look too big
_SUPERSAMPLING = 2  # per axis, when the outline's distance transform is taken


@dataclass(frozen=True, slots=True)
class TextMasks:
    """A word as uint8 coverage (h, w), 0..255: glyphs alone, and glyphs with outline.

    Both have their top-left corner at (left, top) relative to the word's origin on the baseline.
    """

    glyphs: Plane
    outlined: Plane
    left: int
    top: int


@dataclass(frozen=True)
class Font:
    """A font stack at a size in pixels per em. ``language`` (BCP 47) selects local letter forms."""

    stack: FontStack
    size: float
    language: str = ""

    @property
    def cap_height(self) -> float:
        """The height of capitals in pixels."""
        return _cap_height(self.stack.primary) * self.size

    def width(self, text: str, right_to_left: bool = False) -> float:
        """The advance width of a text in pixels."""
        return _shape(self, text, right_to_left).advance

    def ink(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> Extent:
        """The ink extents of a text with an outline of ``outline`` pixels."""
        return _shape(self, text, right_to_left).extent(outline)

    def masks(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> TextMasks:
        """Rasterize a text with an outline of ``outline`` pixels."""
        word = _shape(self, text, right_to_left)
        ink = word.extent(outline)
        glyphs = word.rasterize(ink)
        outlined = glyphs
        if outline > 0:
            outlined = np.maximum(glyphs, _dilate(word.rasterize(ink, _SUPERSAMPLING), outline))
        return TextMasks(glyphs, outlined, ink.left, ink.top)

    def face_size(self, face: Face) -> float:
        """Pixels per em of a face. Fallback faces are scaled towards the cap height of the primary face."""
        if face == self.stack.primary:
            return self.size
        ratio = _cap_height(self.stack.primary) / _cap_height(face)
        return self.size * min(_MAX_FALLBACK_SCALE, max(0.85, ratio))


@lru_cache(maxsize=1024)
def _shape(font: Font, text: str, right_to_left: bool) -> ShapedText:
    runs = [(face, font.face_size(face), part) for face, part in font.stack.runs(text)]
    return shape_text(runs, right_to_left, font.language)


def _dilate(supersampled: Plane, outline: float) -> Plane:
    """Grow supersampled glyphs by an outline with round corners; returns coverage at the normal size."""
    distance = cv2.distanceTransform((supersampled < 128).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    # The edge lies half-way between the last sample inside and the first outside, and is antialiased over one sample.
    covered = np.clip(outline * _SUPERSAMPLING - distance + 1, 0, 1)
    height, width = supersampled.shape
    small = cv2.resize(covered, (width // _SUPERSAMPLING, height // _SUPERSAMPLING), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(255 * small), dtype=np.uint8)


@lru_cache(maxsize=64)
def _cap_height(face: Face) -> float:
    """The height of capitals in em."""
    return glyph_height(face, "H") if face.covers("H") else _NOTO_CAP_HEIGHT


def to_uppercase(text: str, language: str) -> str:
    """The text in capitals, by the rules of its language."""
    if language in ("tr", "az"):
        text = text.replace("i", "İ")
    if any("\u10d0" <= char <= "\u10ff" for char in text):
        return text  # Georgian running text has no capitals
    return text.upper()
