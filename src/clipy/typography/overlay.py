"""Flat colours painted through masks, laid over frames in planar YUV: only the overlay's own rectangle is touched."""

from __future__ import annotations

from copy import copy, deepcopy
from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Frame, Plane, rgb_to_yuv
from clipy.typography.styles import Colour

_FINE = 3.0  # pixels; a blur this wide hides that it was made of neighbouring pixels, and of bigger ones too


class Overlay:
    """A rectangle of premultiplied YUV with alpha, at (x, y) of a picture; all four are even.

    Painting a colour through a mask is linear in RGB and so in YUV too: no picture in RGB is ever made. Chroma is
    painted at half size through the mask's 2x2 means.
    """

    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        if x % 2 or y % 2 or width % 2 or height % 2:
            raise ValueError(f"an overlay lies on even pixels, not {width}x{height} at {x},{y}")
        self.x, self.y, self.width, self.height = x, y, width, height
        self._planes = [np.zeros((height // step, width // step), np.uint8) for step in (1, 2, 2)]
        self._clear = [np.full((height // step, width // step), 255, np.uint8) for step in (1, 2)]

    def copy(self) -> Overlay:
        """The same picture, to paint on."""
        return deepcopy(self)

    def paint(self, mask: Plane, x: int, y: int, colour: Colour, opacity: float = 1.0) -> None:
        """Put a colour over what is there, through a (h, w) mask whose corner is at (x, y) of the picture."""
        full, left, top = self._on_even_pixels(mask, x - self.x, y - self.y)
        if full.size == 0:
            return
        if opacity < 1:
            full = np.asarray(cv2.convertScaleAbs(full, alpha=opacity), np.uint8)
        size = (full.shape[1] // 2, full.shape[0] // 2)
        half = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, value, part, step in zip(self._planes, _yuv(colour), (full, half, half), (1, 2, 2), strict=True):
            place = _place(plane, left // step, top // step, part)
            kept = cv2.multiply(place, 255 - part, scale=1 / 255)
            place[:] = cv2.add(kept, cv2.convertScaleAbs(part, alpha=value / 255))
        for clear, part, step in zip(self._clear, (full, half), (1, 2), strict=True):
            place = _place(clear, left // step, top // step, part)
            place[:] = cv2.multiply(place, 255 - part, scale=1 / 255)

    def lay(self, rgb: Plane, alpha: Plane, x: int, y: int) -> None:
        """Put a picture over what is there: (h, w, 3) RGB, not premultiplied, through a mask; even corner and sides."""
        size = (alpha.shape[1] // 2, alpha.shape[0] // 2)
        half = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
        left, top = x - self.x, y - self.y
        for plane, own, part, step in zip(self._planes, rgb_to_yuv(rgb), (alpha, half, half), (1, 2, 2), strict=True):
            place = _place(plane, left // step, top // step, part)
            kept = cv2.multiply(place, 255 - part, scale=1 / 255)
            place[:] = cv2.add(kept, cv2.multiply(own, part, scale=1 / 255))
        for clear, part, step in zip(self._clear, (alpha, half), (1, 2), strict=True):
            place = _place(clear, left // step, top // step, part)
            place[:] = cv2.multiply(place, 255 - part, scale=1 / 255)

    def fade(self, opacity: float) -> None:
        """Leave only this share (0..1) of the picture."""
        self._planes = [np.asarray(cv2.convertScaleAbs(plane, alpha=opacity), np.uint8) for plane in self._planes]
        covered = (cv2.convertScaleAbs(255 - clear, alpha=opacity) for clear in self._clear)
        self._clear = [np.asarray(255 - part, np.uint8) for part in covered]

    def part(self, x: int, y: int, width: int, height: int) -> Overlay:
        """A rectangle of the overlay, on even pixels of the picture and inside the overlay; the pixels are shared."""
        made = copy(self)
        made.x, made.y, made.width, made.height = x, y, width, height
        made.keep_only(x - self.x, y - self.y)
        return made

    def keep_only(self, left: int, top: int) -> None:
        """Leave out what lies before a corner and after the overlay's own size."""
        across, down = slice(left, left + self.width), slice(top, top + self.height)
        half = slice(left // 2, (left + self.width) // 2), slice(top // 2, (top + self.height) // 2)
        y, u, v = self._planes
        self._planes = [y[down, across], u[half[1], half[0]], v[half[1], half[0]]]
        self._clear = [self._clear[0][down, across], self._clear[1][half[1], half[0]]]

    def moved(self, x: int, y: int) -> Overlay:
        """The same picture at another even place; the pixels are shared."""
        made = copy(self)
        made.x, made.y = x - x % 2, y - y % 2
        return made

    def onto(self, frame: Frame) -> None:
        """Lay the overlay over a frame, in place. What would be outside the frame is left out."""
        x1, y1 = max(0, self.x), max(0, self.y)
        x2, y2 = min(frame.width, self.x + self.width), min(frame.height, self.y + self.height)
        if x2 <= x1 or y2 <= y1:
            return
        clears = (self._clear[0], self._clear[1], self._clear[1])
        for plane, own, clear, step in zip(frame.planes, self._planes, clears, (1, 2, 2), strict=True):
            rows = slice((y1 - self.y) // step, (y2 - self.y) // step)
            columns = slice((x1 - self.x) // step, (x2 - self.x) // step)
            place = plane[y1 // step : y2 // step, x1 // step : x2 // step]
            place[:] = cv2.add(cv2.multiply(place, clear[rows, columns], scale=1 / 255), own[rows, columns])

    def _on_even_pixels(self, mask: Plane, left: int, top: int) -> tuple[Plane, int, int]:
        """The part of a mask inside the overlay, grown by empty pixels until its four edges are even."""
        x1, y1 = max(0, left), max(0, top)
        x2, y2 = min(self.width, left + mask.shape[1]), min(self.height, top + mask.shape[0])
        if x2 <= x1 or y2 <= y1:
            return np.empty((0, 0), np.uint8), 0, 0
        inside = mask[y1 - top : y2 - top, x1 - left : x2 - left]
        left, top = x1 - x1 % 2, y1 - y1 % 2
        if x1 == left and y1 == top and x2 % 2 == 0 and y2 % 2 == 0:
            return inside, left, top
        grown = np.zeros((y2 + y2 % 2 - top, x2 + x2 % 2 - left), np.uint8)
        grown[y1 - top : y2 - top, x1 - left : x2 - left] = inside
        return grown, left, top


def _place(plane: Plane, x: int, y: int, like: Plane) -> Plane:
    return plane[y : y + like.shape[0], x : x + like.shape[1]]


@lru_cache(maxsize=64)
def _yuv(colour: Colour) -> tuple[int, int, int]:
    y, u, v = rgb_to_yuv(np.full((2, 2, 3), colour, np.uint8))
    return int(y[0, 0]), int(u[0, 0]), int(v[0, 0])


def softened(mask: Plane, sigma: float) -> Plane:
    """A mask blurred by a Gaussian of ``sigma`` pixels; a wide one at a smaller size, where it costs little."""
    shrink = max(1, int(sigma / _FINE))
    high, wide = mask.shape
    size = (-(-wide // shrink), -(-high // shrink))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) if shrink > 1 else mask
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, sigma / shrink))
    return np.asarray(cv2.resize(soft, (wide, high), interpolation=cv2.INTER_LINEAR) if shrink > 1 else soft, np.uint8)


def rounded(width: int, height: int, radius: float) -> Plane:
    """The mask of a rounded rectangle, smooth at its edges (from its signed distance)."""
    radius = min(radius, width / 2, height / 2)
    across = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    down = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(across, 0)[None, :], np.maximum(down, 0)[:, None])
    distance = outside + np.minimum(np.maximum(across[None, :], down[:, None]), 0) - radius
    return np.asarray(np.clip(0.5 - distance, 0, 1) * 255 + 0.5, np.uint8)
