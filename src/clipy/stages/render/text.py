"""Words -> masks: shaped, at a size, in the faces that have their characters, with an outline around them.

Pillow draws (FreeType), and shapes with Raqm and HarfBuzz, which its wheels bring: ligatures, Arabic joining, Indic
reordering and marks come out right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from typing import Any

import numpy as np

from clipy.media.frame import Plane
from clipy.stages.render.fonts import Face, Fonts

_NOTO_CAPITALS = 0.714  # em; the height of capitals that all Noto Sans faces are designed around
_TALLEST = 1.06  # a narrow display face has tall capitals; other scripts as tall would look much bigger


@dataclass(frozen=True, slots=True)
class Extent:
    """What a word covers, in pixels from its origin: the left end of its baseline. Half-open, y downwards."""

    left: int
    top: int
    right: int
    bottom: int


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
        return sum(self._length(face, part, right_to_left) for face, part in self.fonts.runs(text))

    def ink(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> Extent:
        """What the text covers with an outline of this many pixels."""
        boxes, x = [], 0.0
        for face, part in self._visual(text, right_to_left):
            left, top, right, bottom = self._font(face).getbbox(
                part, anchor="ls", stroke_width=outline, **self._shaping(right_to_left)
            )
            boxes.append((x + left, top, x + right, bottom))
            x += self._length(face, part, right_to_left)
        if not boxes:
            return Extent(0, 0, 0, 0)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        margin = ceil(outline) + 1
        return Extent(
            floor(min(lefts)) - margin,
            floor(min(tops)) - margin,
            ceil(max(rights)) + margin,
            ceil(max(bottoms)) + margin,
        )

    def masks(self, text: str, right_to_left: bool = False, outline: float = 0.0) -> Masks:
        """Draw the text."""
        ink = self.ink(text, right_to_left, outline)
        letters = self._drawn(text, right_to_left, 0.0, ink)
        outlined = self._drawn(text, right_to_left, outline, ink) if outline > 0 else letters
        return Masks(letters, outlined, ink.left, ink.top)

    def _drawn(self, text: str, right_to_left: bool, outline: float, ink: Extent) -> Plane:
        from PIL import Image, ImageDraw

        picture = Image.new("L", (max(1, ink.right - ink.left), max(1, ink.bottom - ink.top)))
        draw, x = ImageDraw.Draw(picture), float(-ink.left)
        for face, part in self._visual(text, right_to_left):
            shaping = self._shaping(right_to_left)
            draw.text(
                (x, -ink.top), part, fill=255, font=self._font(face), anchor="ls", stroke_width=outline, **shaping
            )
            x += self._length(face, part, right_to_left)
        return np.array(picture, dtype=np.uint8)

    def _visual(self, text: str, right_to_left: bool) -> list[tuple[Face, str]]:
        runs = self.fonts.runs(text)
        return runs[::-1] if right_to_left else runs

    def _length(self, face: Face, text: str, right_to_left: bool) -> float:
        return float(self._font(face).getlength(text, **self._shaping(right_to_left)))

    def _font(self, face: Face) -> Any:
        """A face that stands in is scaled towards capitals as tall as those of the first."""
        if face == self.fonts.first:
            return face.sized(self.size)
        return face.sized(self.size * min(_TALLEST, max(0.85, _capitals(self.fonts.first) / _capitals(face))))

    def _shaping(self, right_to_left: bool) -> dict[str, Any]:
        return {"direction": "rtl" if right_to_left else "ltr", "language": self.language or None}


@lru_cache(maxsize=64)
def _capitals(face: Face) -> float:
    """The height of capitals in em."""
    if not face.covers("H"):
        return _NOTO_CAPITALS
    return -float(face.sized(1000).getbbox("H", anchor="ls")[1]) / 1000


def capitals(text: str, language: str) -> str:
    """The text in capitals, as its language writes them."""
    if language in ("tr", "az"):
        text = text.replace("i", "İ")
    if any("\u10d0" <= char <= "\u10ff" for char in text):
        return text  # Georgian sets running text without capitals
    return text.upper()
