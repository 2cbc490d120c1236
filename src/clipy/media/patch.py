"""Extraction of small upright square patches from decoded frames, without converting the rest."""

from __future__ import annotations

import math
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.frame import yuv_to_rgb
from clipy.types import Video

_PLANAR = {"yuv420p", "yuvj420p"}


def extract_patch(
    frame: av.VideoFrame, video: Video, center: tuple[float, float], side: float, size: int, roll: float = 0.0
) -> NDArray[np.uint8]:
    """The square of ``side`` display pixels around ``center`` as (size, size, 3) RGB; ``size`` is even.

    ``roll`` rotates the square clockwise, in radians, so that a tilted head comes out upright. Outside the frame, its
    edge is replicated.
    """
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuv420p")
    over = max(1, min(8, round(side / size)))  # large squares are averaged first, against aliasing
    to_coded = _coded_from_display(video) @ _display_from_patch(center, side, size, roll)
    planes = []
    for index, plane in enumerate(frame.planes):
        shrink = 1 if index == 0 else 2
        high, wide = -(-frame.height // shrink), -(-frame.width // shrink)
        pixels = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)[:high, :wide]
        matrix = _scaling(1 / shrink) @ to_coded @ _scaling(shrink)
        planes.append(_cut(pixels, matrix, size // shrink, over))
    return yuv_to_rgb(*planes)


def _cut(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, over: int) -> Any:
    """The square that ``matrix`` maps to in a plane, from a copy of its surroundings reduced by ``over``."""
    if over == 1:
        return _warp(pixels, matrix, size)
    corners = matrix @ np.array([[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]])
    left, right = _around(corners[0], over, pixels.shape[1])
    top, bottom = _around(corners[1], over, pixels.shape[0])
    small = cv2.resize(
        pixels[top:bottom, left:right], ((right - left) // over, (bottom - top) // over), interpolation=cv2.INTER_AREA
    )
    moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]])
    return _warp(np.asarray(small, dtype=np.uint8), _scaling(1 / over) @ moved @ matrix, size)


def _around(places: NDArray[np.float64], step: int, count: int) -> tuple[int, int]:
    """The range of ``count`` pixels that covers some positions, with a margin, in whole steps."""
    if count <= step:
        return 0, count
    first = min(max(0, math.floor(places.min()) - step), count - step)
    last = max(min(count, math.ceil(places.max()) + step), first + step)
    if last == count:
        return max(last - -(-(last - first) // step) * step, count % step), last
    return first, first + (last - first) // step * step


def _warp(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> Any:
    """Warp with a matrix of pixel edges (the first pixel spans 0..1); OpenCV counts from pixel centers."""
    shifted = _shift(-0.5) @ matrix @ _shift(0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(pixels, shifted[:2], (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _display_from_patch(center: tuple[float, float], side: float, size: int, roll: float) -> NDArray[np.float64]:
    step = side / size
    along, across = step * math.cos(roll), step * math.sin(roll)
    x, y = center
    return np.array(
        [
            [along, -across, x - (along - across) * size / 2],
            [across, along, y - (across + along) * size / 2],
            [0, 0, 1],
        ]
    )


def _coded_from_display(video: Video) -> NDArray[np.float64]:
    width, height = video.coded_width, video.coded_height
    turned = video.rotation in (90, 270)
    x_scale = (height if turned else width) / video.width
    y_scale = (width if turned else height) / video.height
    unrolled = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        90: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
        180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        270: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
    }[video.rotation]
    return np.array(unrolled, dtype=np.float64) @ np.diag([x_scale, y_scale, 1.0])


def _scaling(factor: float) -> NDArray[np.float64]:
    return np.diag([factor, factor, 1.0])


def _shift(by: float) -> NDArray[np.float64]:
    return np.array([[1, 0, by], [0, 1, by], [0, 0, 1]], dtype=np.float64)
