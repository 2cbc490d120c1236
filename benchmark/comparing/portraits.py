"""Drawn people who move their lips: enough of a face for a face detector, without anybody's picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDEST = 12  # steps between a closed mouth and one that is wide open
_HEAD = 0.42  # of the picture's height
_SKIN, _SHADE, _LIGHT = (224, 172, 145), (205, 150, 125), (232, 184, 158)
_HAIR, _BROW, _LID, _SHIRT = (60, 40, 30), (70, 45, 35), (90, 55, 45), (50, 70, 120)
_WHITE, _BLACK, _LIPS, _MOUTH = (250, 250, 250), (0, 0, 0), (170, 80, 80), (60, 20, 20)


@dataclass(frozen=True)
class _Pen:
    """Draws ellipses in units of 1/200 of a head's height, from the middle of the face."""

    picture: Picture
    across: float
    down: float
    high: float

    def ellipse(self, x: float, y: float, wide: float, tall: float, colour: Colour, *, half: bool = False) -> None:
        """A filled ellipse with these radii, or the line of its upper half."""
        unit = self.high / 200
        middle = (round(self.across + x * unit), round(self.down + y * unit))
        axes = (max(1, round(wide * unit)), max(1, round(tall * unit)))
        begin, line = (180, max(1, round(2 * unit))) if half else (0, -1)
        cv2.ellipse(self.picture, middle, axes, 0, begin, 360, colour, line, cv2.LINE_AA)


@lru_cache(maxsize=2 * WIDEST)
def people(size: tuple[int, int], mouths: tuple[int, ...]) -> Picture:
    """RGB picture (h, w, 3) of people side by side, each with the mouth so far open: 0 to ``WIDEST``."""
    width, height = size
    picture = _backdrop(width, height)
    for number, opened in enumerate(mouths, start=1):
        pen = _Pen(picture, width * number / (len(mouths) + 1), _HEAD * height, _HEAD * height)
        _person(pen, opened / WIDEST)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), height / 400), dtype=np.uint8)


def _backdrop(width: int, height: int) -> Picture:
    y, x = np.mgrid[0:height, 0:width]
    red, green, blue = 100 + 30 * np.sin(x / 97), 110 + 20 * np.cos(y / 61), 120 + 25 * np.sin((x + y) / 83)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def _person(pen: _Pen, opened: float) -> None:
    pen.ellipse(0, -15, 92, 112, _HAIR)
    pen.ellipse(0, 190, 150, 90, _SHIRT)
    pen.ellipse(0, 110, 38, 50, (190, 140, 115))
    pen.ellipse(0, 0, 76, 100, _SKIN)
    pen.ellipse(0, -85, 72, 40, _HAIR)
    for side in (-1, 1):
        pen.ellipse(side * 77, 5, 10, 20, _SHADE)
        pen.ellipse(side * 32, -30, 18, 4, _BROW)
        pen.ellipse(side * 32, -12, 15, 8, _WHITE)
        pen.ellipse(side * 32, -12, 7, 8, _HAIR)
        pen.ellipse(side * 32, -12, 3, 3, _BLACK)
        pen.ellipse(side * 32, -12, 15, 9, _LID, half=True)
        pen.ellipse(side * 10, 32, 5, 3, (130, 80, 70))
    pen.ellipse(0, 12, 8, 24, _LIGHT)
    pen.ellipse(0, 28, 13, 9, _SHADE)
    pen.ellipse(0, 60, 28, 9 + 12 * opened, _LIPS)
    pen.ellipse(0, 60, 22, 1 + 12 * opened, _MOUTH)
