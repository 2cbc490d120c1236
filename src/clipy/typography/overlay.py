"""Overlays in planar YUV 4:2:0: colors painted through masks, blended onto frames within their own rectangle only."""

from __future__ import annotations

from copy import copy, deepcopy
from functools import lru_cache

import cv2
import numpy as np

from clipy.media.frame import Frame, Plane, rgb_to_yuv
from clipy.typography.styles import Color

_MAX_BLUR_SIGMA = 3.0  # pixels; wider blurs are computed at a reduced size, which this much blur hides


class Overlay:
    """A rectangle of premultiplied YUV 4:2:0 with alpha at (x, y) of the frame; position and size are even.

    Painting a color through a mask is linear in RGB, and therefore in YUV: no RGB image is needed. Chroma is painted at
    half size through the 2x2 means of the mask.
    """

    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        if x % 2 or y % 2 or width % 2 or height % 2:
            raise ValueError(f"an overlay must have even position and size, not {width}x{height} at {x},{y}")
        self.x, self.y, self.width, self.height = x, y, width, height
        self._planes = [np.zeros((height // step, width // step), np.uint8) for step in (1, 2, 2)]
        # Transparency at full and at chroma resolution; 255 is fully transparent.
        self._clear = [np.full((height // step, width // step), 255, np.uint8) for step in (1, 2)]

    def copy(self) -> Overlay:
        """A copy with pixels of its own."""
        return deepcopy(self)

    def paint(self, mask: Plane, x: int, y: int, color: Color, opacity: float = 1.0) -> None:
        """Paint a color over the overlay through a (h, w) uint8 mask with its corner at (x, y) of the frame."""
        full, left, top = self._pad_to_even(mask, x - self.x, y - self.y)
        if full.size == 0:
            return
        if opacity < 1:
            full = np.asarray(cv2.convertScaleAbs(full, alpha=opacity), np.uint8)
        size = (full.shape[1] // 2, full.shape[0] // 2)
        half = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, value, part, step in zip(self._planes, _yuv(color), (full, half, half), (1, 2, 2), strict=True):
            region = _region(plane, left // step, top // step, part)
            kept = cv2.multiply(region, 255 - part, scale=1 / 255)
            region[:] = cv2.add(kept, cv2.convertScaleAbs(part, alpha=value / 255))
        for clear, part, step in zip(self._clear, (full, half), (1, 2), strict=True):
            region = _region(clear, left // step, top // step, part)
            region[:] = cv2.multiply(region, 255 - part, scale=1 / 255)

    def paint_image(self, rgb: Plane, alpha: Plane, x: int, y: int) -> None:
        """Paint a (h, w, 3) RGB image (straight alpha) over the overlay; its corner and sides must be even."""
        size = (alpha.shape[1] // 2, alpha.shape[0] // 2)
        half = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
        left, top = x - self.x, y - self.y
        for plane, own, part, step in zip(self._planes, rgb_to_yuv(rgb), (alpha, half, half), (1, 2, 2), strict=True):
            region = _region(plane, left // step, top // step, part)
            kept = cv2.multiply(region, 255 - part, scale=1 / 255)
            region[:] = cv2.add(kept, cv2.multiply(own, part, scale=1 / 255))
        for clear, part, step in zip(self._clear, (alpha, half), (1, 2), strict=True):
            region = _region(clear, left // step, top // step, part)
            region[:] = cv2.multiply(region, 255 - part, scale=1 / 255)

    def fade(self, opacity: float) -> None:
        """Multiply the opacity by a factor in 0..1."""
        self._planes = [np.asarray(cv2.convertScaleAbs(plane, alpha=opacity), np.uint8) for plane in self._planes]
        covered = (cv2.convertScaleAbs(255 - clear, alpha=opacity) for clear in self._clear)
        self._clear = [np.asarray(255 - part, np.uint8) for part in covered]

    def crop(self, x: int, y: int, width: int, height: int) -> Overlay:
        """A rectangle inside the overlay, at even frame coordinates; the pixels are shared."""
        cropped = copy(self)
        cropped.x, cropped.y, cropped.width, cropped.height = x, y, width, height
        left, top = x - self.x, y - self.y
        full = slice(top, top + height), slice(left, left + width)
        half = slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2)
        cropped._planes = [  # noqa: SLF001  of its own class
            plane[area] for plane, area in zip(self._planes, (full, half, half), strict=True)
        ]
        cropped._clear = [  # noqa: SLF001
            clear[area] for clear, area in zip(self._clear, (full, half), strict=True)
        ]
        return cropped

    def moved_to(self, x: int, y: int) -> Overlay:
        """The overlay at another position, rounded down to even; the pixels are shared."""
        moved = copy(self)
        moved.x, moved.y = x - x % 2, y - y % 2
        return moved

    def blend_onto(self, frame: Frame) -> None:
        """Blend the overlay over a frame, in place, clipped to the frame."""
        x1, y1 = max(0, self.x), max(0, self.y)
        x2, y2 = min(frame.width, self.x + self.width), min(frame.height, self.y + self.height)
        if x2 <= x1 or y2 <= y1:
            return
        clears = (self._clear[0], self._clear[1], self._clear[1])
        for plane, own, clear, step in zip(frame.planes, self._planes, clears, (1, 2, 2), strict=True):
            rows = slice((y1 - self.y) // step, (y2 - self.y) // step)
            columns = slice((x1 - self.x) // step, (x2 - self.x) // step)
            region = plane[y1 // step : y2 // step, x1 // step : x2 // step]
            region[:] = cv2.add(cv2.multiply(region, clear[rows, columns], scale=1 / 255), own[rows, columns])

    def _pad_to_even(self, mask: Plane, left: int, top: int) -> tuple[Plane, int, int]:
        """The part of a mask inside the overlay, padded so that all edges are even."""
        x1, y1 = max(0, left), max(0, top)
        x2, y2 = min(self.width, left + mask.shape[1]), min(self.height, top + mask.shape[0])
        if x2 <= x1 or y2 <= y1:
            return np.empty((0, 0), np.uint8), 0, 0
        inside = mask[y1 - top : y2 - top, x1 - left : x2 - left]
        left, top = x1 - x1 % 2, y1 - y1 % 2
        if x1 == left and y1 == top and x2 % 2 == 0 and y2 % 2 == 0:
            return inside, left, top
        padded = np.zeros((y2 + y2 % 2 - top, x2 + x2 % 2 - left), np.uint8)
        padded[y1 - top : y2 - top, x1 - left : x2 - left] = inside
        return padded, left, top


def _region(plane: Plane, x: int, y: int, like: Plane) -> Plane:
    return plane[y : y + like.shape[0], x : x + like.shape[1]]


@lru_cache(maxsize=64)
def _yuv(color: Color) -> tuple[int, int, int]:
    y, u, v = rgb_to_yuv(np.full((2, 2, 3), color, np.uint8))
    return int(y[0, 0]), int(u[0, 0]), int(v[0, 0])


def gaussian_blur(mask: Plane, sigma: float) -> Plane:
    """A mask with a Gaussian blur of ``sigma`` pixels; wide blurs are computed at a reduced size."""
    shrink = max(1, int(sigma / _MAX_BLUR_SIGMA))
    high, wide = mask.shape
    size = (-(-wide // shrink), -(-high // shrink))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) if shrink > 1 else mask
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, sigma / shrink))
    return np.asarray(cv2.resize(soft, (wide, high), interpolation=cv2.INTER_LINEAR) if shrink > 1 else soft, np.uint8)


def rounded_rectangle(width: int, height: int, radius: float) -> Plane:
    """The antialiased mask of a rounded rectangle (from its signed distance)."""
    radius = min(radius, width / 2, height / 2)
    across = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    down = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(across, 0)[None, :], np.maximum(down, 0)[:, None])
    distance = outside + np.minimum(np.maximum(across[None, :], down[:, None]), 0) - radius
    return np.asarray(np.clip(0.5 - distance, 0, 1) * 255 + 0.5, np.uint8)
