"""Frames and blocks of sound on their way through the renderer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Seconds

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

# ITU-R BT.709, limited range, 8 bit. Exact to rounding with OpenCV; swscale's fast path darkens the picture by one code
# value on each round trip.
_TO_RGB = np.array(
    [[1.164384, 0.0, 1.792741], [1.164384, -0.213249, -0.532909], [1.164384, 2.112402, 0.0]], dtype=np.float64
)
_TO_YUV = np.linalg.inv(_TO_RGB)
_SILENCE_BLOCK = 4800  # samples
_OFFSET = np.array([16.0, 128.0, 128.0])
_RGB_AFFINE = np.hstack([_TO_RGB, -(_TO_RGB @ _OFFSET)[:, None]])
_YUV_AFFINE = np.hstack([_TO_YUV, _OFFSET[:, None]])


class Frame:
    """A frame at ``time`` seconds of clip time, as planar YUV 4:2:0 (BT.709, limited range) or as RGB.

    Both views are arrays that may be modified in place. Reading one view converts the frame to it, once for a whole
    chain of effects that use the same view; references to the other view become stale. Prefer ``planes``: a round trip
    through RGB costs more than the rest of the renderer's loop.
    """

    def __init__(self, time: Seconds, planes: Planes | None = None, rgb: Plane | None = None) -> None:
        view = rgb if planes is None else planes
        if view is None or (planes is not None and rgb is not None):
            raise ValueError("a frame is made from either planes or rgb")
        self.time = time
        self._view: Planes | Plane = view

    @property
    def width(self) -> int:
        return int(self._full_size.shape[1])

    @property
    def height(self) -> int:
        return int(self._full_size.shape[0])

    @property
    def planes(self) -> Planes:
        """Y (h, w), U and V (h/2, w/2), uint8."""
        if isinstance(self._view, np.ndarray):
            self._view = rgb_to_yuv(self._view)
        return self._view

    @property
    def rgb(self) -> Plane:
        """(h, w, 3) uint8."""
        if not isinstance(self._view, np.ndarray):
            self._view = yuv_to_rgb(*self._view)
        return self._view

    @rgb.setter
    def rgb(self, picture: Plane) -> None:
        self._view = picture

    def problem(self, width: int, height: int) -> str:
        """What is wrong with the frame for a clip of a size; empty if nothing is. Converts nothing."""
        half = (height // 2, width // 2)
        if isinstance(self._view, np.ndarray):
            views = [((height, width, 3), self._view)]
        else:
            views = [*zip(((height, width), half, half), self._view, strict=True)]  # type: ignore[list-item]
        for shape, view in views:
            if not isinstance(view, np.ndarray) or view.shape != shape or view.dtype != np.uint8:
                return f"{getattr(view, 'dtype', type(view).__name__)} of shape {getattr(view, 'shape', ())}"
        return ""

    @property
    def _full_size(self) -> Plane:
        return self._view if isinstance(self._view, np.ndarray) else self._view[0]


@dataclass(frozen=True)
class AudioBlock:
    """Sound of the clip from ``time`` on (clip time): float32 (channels, samples) in -1..1 at ``rate`` Hz."""

    time: Seconds
    samples: NDArray[np.float32]
    rate: int


def pad_or_trim(blocks: Iterator[NDArray[np.float32]], length: int) -> Iterator[NDArray[np.float32]]:
    """Trim stereo sound (2, n) to ``length`` samples, or pad it with silence."""
    position = 0
    for block in blocks:
        part = block[:, : length - position]
        position += part.shape[1]
        yield part
    while position < length:
        silence = np.zeros((2, min(_SILENCE_BLOCK, length - position)), dtype=np.float32)
        position += silence.shape[1]
        yield silence


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
