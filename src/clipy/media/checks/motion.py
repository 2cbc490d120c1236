"""Global motion from frame to frame, independent of moving subjects."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_WIDTH = 180  # pixels of the reduced picture on which points are tracked
_POINTS = (8, 14)  # across and down
_WINDOW = (15, 15)
_MIN_EIGENVALUE = 1e-4  # below, a point cannot be tracked
_INLIER = 0.35  # pixels within which a point moves with the picture
_MIN_INLIERS = 0.5  # share of the points
_MIN_POINTS = 12
_TEXTURE = 2.0  # mean difference of adjacent pixels, in code values, from which a cell would show motion
_STILL = 0.1  # pixels; textured cells that changed by less have not moved


def motion_luma(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The reduced luma (h, w) on which motion is estimated."""
    size = (_WIDTH, max(_WINDOW[1], round(_WIDTH * luma.shape[0] / luma.shape[1])))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


class MotionEstimator:
    """Fed with every frame; ``shifts`` are their displacements from the frame before, as shares of the width.

    Points of a regular grid are tracked (pyramidal Lucas-Kanade, 1981); the picture moves by their median if at least
    half of them agree. NaN where they do not: at a cut, or when the subject fills the picture. If most textured cells
    are unchanged, nothing is tracked: the picture is static.
    """

    def __init__(self) -> None:
        self.shifts: list[tuple[float, float]] = []
        self._before: NDArray[np.uint8] | None = None
        self._points: NDArray[np.float32] | None = None

    def add(self, now: NDArray[np.uint8]) -> None:
        """Add the next frame, reduced by ``motion_luma``."""
        if self._before is None:
            self.shifts.append((float("nan"),) * 2)
        else:
            self.shifts.append((0.0, 0.0) if _is_static(self._before, now) else self._shift(self._before, now))
        self._before = now

    def _shift(self, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> tuple[float, float]:
        if self._points is None:
            self._points = _grid(now.shape[1], now.shape[0])
        to, found, _ = cv2.calcOpticalFlowPyrLK(
            before,
            now,
            self._points,
            np.empty_like(self._points),
            winSize=_WINDOW,
            maxLevel=2,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 8, 0.03),
            minEigThreshold=_MIN_EIGENVALUE,
        )
        moved = (np.asarray(to) - self._points)[np.asarray(found).ravel() == 1].reshape(-1, 2)
        if len(moved) < _MIN_POINTS:
            return (float("nan"),) * 2
        middle = np.median(moved, axis=0)
        near = np.hypot(*(moved - middle).T) <= _INLIER
        if near.mean() < _MIN_INLIERS:
            return (float("nan"),) * 2
        x, y = moved[near].mean(axis=0) / now.shape[1]
        return float(x), float(y)


def _is_static(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> bool:
    """Whether most textured cells of a grid are unchanged: motion by a pixel changes a cell by its texture."""
    beside = cv2.max(
        cv2.absdiff(before[1:, 1:], before[1:, :-1]),
        cv2.absdiff(before[1:, 1:], before[:-1, 1:]),
    )
    texture, change = _cells(beside), _cells(cv2.absdiff(before, now))
    textured = texture >= _TEXTURE
    return bool(textured.sum() >= _MIN_POINTS and np.median(change[textured] / texture[textured]) < _STILL)


def _cells(values: NDArray[Any]) -> NDArray[np.float32]:
    """The mean of each grid cell, (14, 8): the result of OpenCV's INTER_AREA at a quarter of its cost."""
    across, down = _POINTS
    left, right = _shares(values.shape[0], down), _shares(values.shape[1], across).T
    return np.asarray(left @ (values.astype(np.float32) @ right), dtype=np.float32)


@lru_cache(maxsize=8)
def _shares(pixels: int, cells: int) -> NDArray[np.float32]:
    """(cells, pixels): the share of each cell that each pixel of a row fills."""
    edges, at = np.linspace(0, pixels, cells + 1), np.arange(pixels)
    inside = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    return np.asarray(np.maximum(inside, 0) * cells / pixels, dtype=np.float32)


def _grid(width: int, height: int) -> NDArray[np.float32]:
    """(n, 1, 2) points, evenly spaced."""
    x = (np.arange(_POINTS[0]) + 0.5) * width / _POINTS[0]
    y = (np.arange(_POINTS[1]) + 0.5) * height / _POINTS[1]
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2).astype(np.float32)
