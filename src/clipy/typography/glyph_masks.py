"""Words -> masks: shaped, at a size, in the faces that have their characters, with an outline around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Plane
from clipy.typography.fonts import Face, Fonts
from clipy.typography.shaping import Extent, Shaped, height_of, shaped

_NOTO_CAPITALS = 0.714  # em; the height of capitals that all Noto Sans faces are designed around
_TALLEST = 1.06  # a narrow display face has tall capitals; other scripts as tall would look much bigger
_FINE = 2  # parts of a pixel, in each direction, in which an outline's distance is taken


@dataclass(frozen=True, slots=True)
class Masks:
    """A word as coverage 0..255: letters, and letters with their outline. Both have their corner at (left, top)."""

    letters: Plane
    outlined: Plane
    left: int
    top: int


@dataclass(frozen=True)
class Type:
    """A choice of fonts at a size, in pixels an em. ``language`` (BCP 47) picks local letter forms."""

    fonts: Fonts
    size: float
    language: str = ""

    @property
    def capitals(self) -> float:
        """How tall capitals are, in pixels."""
        return _capitals(self.fonts.first) * self.size

    def width(self, text: str, right_to_left: bool = False) -> float:
        """How far the text moves along its line, in pixels."""
        return _shaped(self, text, right_to_left).advance

    def ink(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> Extent:
        """What the text covers with an outline of this many pixels."""
        return _shaped(self, text, right_to_left).extent(outline)

    def masks(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> Masks:
        """Draw the text."""
        word = _shaped(self, text, right_to_left)
        ink = word.extent(outline)
        letters = word.drawn(ink)
        outlined = np.maximum(letters, _grown(word.drawn(ink, _FINE), outline)) if outline > 0 else letters
        return Masks(letters, outlined, ink.left, ink.top)

    def sized(self, face: Face) -> float:
        """Pixels an em of a face. One that stands in is scaled towards capitals as tall as those of the first."""
        if face == self.fonts.first:
            return self.size
        return self.size * min(_TALLEST, max(0.85, _capitals(self.fonts.first) / _capitals(face)))


@lru_cache(maxsize=1024)
def _shaped(font: Type, text: str, right_to_left: bool) -> Shaped:
    runs = [(face, font.sized(face), part) for face, part in font.fonts.runs(text)]
    return shaped(runs, right_to_left, font.language)


def _grown(fine: Plane, outline: float) -> Plane:
    """What lies within an outline's width of letters drawn ``_FINE`` times as large; corners come out round."""
    away = cv2.distanceTransform((fine < 128).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    # The edge runs half-way between the last point inside and the first outside: half a point nearer, half a one soft.
    covered = np.clip(outline * _FINE - away + 1, 0, 1)
    height, width = fine.shape
    small = cv2.resize(covered, (width // _FINE, height // _FINE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(255 * small), dtype=np.uint8)


@lru_cache(maxsize=64)
def _capitals(face: Face) -> float:
    """The height of capitals in em."""
    return height_of(face, "H") if face.covers("H") else _NOTO_CAPITALS


def capitals(text: str, language: str) -> str:
    """The text in capitals, as its language writes them."""
    if language in ("tr", "az"):
        text = text.replace("i", "İ")
    if any("\u10d0" <= char <= "\u10ff" for char in text):
        return text  # Georgian sets running text without capitals
    return text.upper()
