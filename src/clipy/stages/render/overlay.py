"""Flat colours painted through masks, laid over frames in planar YUV: only the overlay's own rectangle is touched."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Frame, Plane, rgb_to_yuv
from clipy.stages.render.presets import Colour


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

    def onto(self, frame: Frame) -> None:
        """Lay the overlay over a frame, in place."""
        for plane, own, clear, step in zip(
            frame.planes, self._planes, (self._clear[0], self._clear[1], self._clear[1]), (1, 2, 2), strict=True
        ):
            place = _place(plane, self.x // step, self.y // step, own)
            place[:] = cv2.add(cv2.multiply(place, clear, scale=1 / 255), own)

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


def rounded(width: int, height: int, radius: float) -> Plane:
    """The mask of a rounded rectangle, smooth at its edges (from its signed distance)."""
    radius = min(radius, width / 2, height / 2)
    across = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    down = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    distance = np.hypot(np.maximum(across, 0)[None, :], np.maximum(down, 0)[:, None])
    distance = np.maximum(distance, np.maximum(across[None, :], down[:, None])) - radius
    return np.asarray(np.clip(0.5 - distance, 0, 1) * 255 + 0.5, np.uint8)
