"""A small upright picture cut out of a decoded frame, without converting the rest of it."""

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


def patch(
    frame: av.VideoFrame, video: Video, center: tuple[float, float], side: float, size: int, roll: float = 0.0
) -> NDArray[np.uint8]:
    """The square around ``center`` with sides of ``side`` display pixels as (size, size, 3) RGB; ``size`` is even.

    ``roll`` turns the square clockwise, in radians, so that a tilted head comes out upright. What lies outside the
    picture repeats its edge.
    """
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuv420p")
    over = max(1, min(8, round(side / size)))  # a square much bigger than the patch is averaged, not skipped over
    to_coded = _coded_from_display(video) @ _display_from_patch(center, side, size * over, roll)
    planes = []
    for index, plane in enumerate(frame.planes):
        shrink = 1 if index == 0 else 2
        high, wide = -(-frame.height // shrink), -(-frame.width // shrink)
        pixels = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)[:high, :wide]
        matrix = _scaling(1 / shrink) @ to_coded @ _scaling(shrink)
        cut = _warp(pixels, matrix, size * over // shrink)
        planes.append(cv2.resize(cut, (size // shrink,) * 2, interpolation=cv2.INTER_AREA) if over > 1 else cut)
    return yuv_to_rgb(*planes)


def _warp(pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> Any:
    """Matrices map edges of pixels (the first pixel spans 0..1); OpenCV counts from the middle of the first pixel."""
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
