"""One picture and one block of sound on their way through the renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Seconds

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

# ITU-R BT.709, limited range, 8 bit. Our own matrix with OpenCV is exact to rounding; swscale's fast path darkens
# the picture by one code on each round trip.
_TO_RGB = np.array(
    [[1.164384, 0.0, 1.792741], [1.164384, -0.213249, -0.532909], [1.164384, 2.112402, 0.0]], dtype=np.float64
)
_TO_YUV = np.linalg.inv(_TO_RGB)
_OFFSET = np.array([16.0, 128.0, 128.0])
_RGB_AFFINE = np.hstack([_TO_RGB, -(_TO_RGB @ _OFFSET)[:, None]])
_YUV_AFFINE = np.hstack([_TO_YUV, _OFFSET[:, None]])


class Frame:
    """A picture of the clip at ``time`` seconds of clip time, as planar YUV 4:2:0 (BT.709, limited range) or as RGB.

    Both views are arrays that may be changed in place. Whichever was touched last is the picture: reading the other
    converts, once for a whole chain of effects that use the same view. Prefer ``planes``: a round trip through RGB
    costs more than all the rest of the renderer's loop.
    """

    def __init__(self, time: Seconds, planes: Planes | None = None, rgb: Plane | None = None) -> None:
        if (planes is None) == (rgb is None):
            raise ValueError("a frame is made from either planes or rgb")
        self.time = time
        self._planes, self._rgb = planes, rgb

    @property
    def width(self) -> int:
        return int((self._planes[0] if self._planes is not None else self._other(self._rgb)).shape[1])

    @property
    def height(self) -> int:
        return int((self._planes[0] if self._planes is not None else self._other(self._rgb)).shape[0])

    @property
    def planes(self) -> Planes:
        """Y (h, w), U and V (h/2, w/2), uint8."""
        if self._planes is None:
            self._planes, self._rgb = rgb_to_yuv(self._other(self._rgb)), None
        return self._planes

    @property
    def rgb(self) -> Plane:
        """(h, w, 3) uint8."""
        if self._rgb is None:
            self._rgb, self._planes = yuv_to_rgb(*self._other(self._planes)), None
        return self._rgb

    @rgb.setter
    def rgb(self, picture: Plane) -> None:
        self._rgb, self._planes = picture, None

    def problem(self, width: int, height: int) -> str:
        """What is wrong with the picture for a clip of some size; empty when nothing is. Converts nothing."""
        half = (height // 2, width // 2)
        views = [((height, width, 3), self._rgb)]
        if self._planes is not None:
            views = [*zip(((height, width), half, half), self._planes, strict=True)]  # type: ignore[list-item]
        for shape, view in views:
            if view is None or view.shape != shape or view.dtype != np.uint8:
                return f"{getattr(view, 'dtype', type(view).__name__)} of shape {getattr(view, 'shape', ())}"
        return ""

    @staticmethod
    def _other(view: Any) -> Any:
        if view is None:
            raise AssertionError("a frame always holds one of its two views")
        return view


@dataclass(frozen=True)
class AudioBlock:
    """Sound of the clip from ``time`` on: float32 (channels, samples) in -1..1 at ``rate`` samples a second."""

    time: Seconds
    samples: NDArray[np.float32]
    rate: int


def black_planes(width: int, height: int) -> Planes:
    """A black picture as Y, U and V."""
    half = (height // 2, width // 2)
    return (
        np.full((height, width), 16, dtype=np.uint8),
        np.full(half, 128, dtype=np.uint8),
        np.full(half, 128, dtype=np.uint8),
    )


def yuv_to_rgb(y: Plane, u: Plane, v: Plane) -> Plane:
    """Planar 4:2:0, BT.709 limited -> (h, w, 3) RGB."""
    size = (y.shape[1], y.shape[0])
    full = cv2.merge(
        (y, cv2.resize(u, size, interpolation=cv2.INTER_LINEAR), cv2.resize(v, size, interpolation=cv2.INTER_LINEAR))
    )
    return np.asarray(cv2.transform(full, _RGB_AFFINE), dtype=np.uint8)


def rgb_to_yuv(rgb: Plane) -> Planes:
    """(h, w, 3) RGB with even sides -> planar 4:2:0, BT.709 limited."""
    y, u, v = cv2.split(cv2.transform(rgb, _YUV_AFFINE))
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    shrunk = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v))
    return (np.asarray(y, dtype=np.uint8), *(np.asarray(plane, dtype=np.uint8) for plane in shrunk))  # type: ignore[return-value]
