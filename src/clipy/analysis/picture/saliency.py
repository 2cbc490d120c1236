"""Saliency of pictures without faces: contrast, motion and a centre prior.

Contrast is the colour difference of a region to its surroundings, at two scales (the centre-surround differences of
Itti, Koch, Niebur, "A model of saliency-based visual attention", PAMI 1998; in CIE Lab as Achanta et al., CVPR 2009).
Motion is the change between two frames beyond camera motion, which phase correlation removes; it weighs far more than
contrast. A weak centre prior (Tatler 2007) decides where there is neither. The window's path maximizes the saliency it
covers minus a cost of motion, by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.read import pictures
from clipy.types import Array, Box, Span, Video

Map = NDArray[np.float64]

RATE = Fraction(5)  # frames per second

_HEIGHT = 72  # pixels of the analysed frames
_SIZES = ((1.0, 6.0), (2.5, 12.0))  # standard deviations in pixels: centre and surround
_MOVES = 4.0  # weight of motion relative to contrast
_NOTICED = 0.06  # motion (share of the gradient that moved) below which it is negligible
_SPREAD = 0.3  # standard deviation of the centre prior, as a share of the picture's side
_PRIOR = 0.5  # its weight
_PLACES = 61
_COST = 5.0  # cost of moving by a whole picture side, in units of the total saliency


@dataclass(frozen=True, slots=True)
class SaliencyPath:
    """Path of the window on one shot. ``times``: float64 (n,) seconds; ``centers``: float64 (n, 2) display pixels.

    ``coverage`` is the share of the shot's saliency that a window around those centers holds; ``baseline`` what it
    would hold if saliency were uniform.
    """

    times: Array
    centers: Array
    coverage: float
    baseline: float


def saliency_path(video: Video, span: Span, picture: Box, window: tuple[float, float]) -> SaliencyPath:
    """Follow the saliency of one shot with a window (width, height), inside ``picture`` (display pixels)."""
    times, maps = [], []
    before: NDArray[np.uint8] | None = None
    for time, rgb in pictures(video, span, rate=RATE, height=min(_HEIGHT, video.height)):
        shown = _within(rgb, picture, video)
        maps.append(saliency_map(shown, before))
        times.append(float(time))
        before = shown
    maps[0] = maps[min(1, len(maps) - 1)]  # the first frame has no motion
    wide, high = min(1.0, window[0] / picture.width), min(1.0, window[1] / picture.height)
    x = _path(np.array([one.sum(axis=0) for one in maps]), wide)
    y = _path(np.array([one.sum(axis=1) for one in maps]), high)
    held = float(np.mean([_held(one, at, wide, high) for one, at in zip(maps, zip(x, y, strict=True), strict=True)]))
    centers = np.stack([picture.x1 + x * picture.width, picture.y1 + y * picture.height], axis=1)
    return SaliencyPath(np.array(times), centers, held, wide * high)


def saliency_map(rgb: NDArray[np.uint8], before: NDArray[np.uint8] | None = None) -> Map:
    """Saliency of each pixel of a small frame (h, w, 3): (h, w), sum 1. ``before`` is the previous one of the shot."""
    lab = np.asarray(cv2.cvtColor((rgb / 255).astype(np.float32), cv2.COLOR_RGB2LAB))
    contrast = np.zeros(lab.shape[:2])
    for near, far in _SIZES:
        apart = cv2.GaussianBlur(lab, (0, 0), near) - cv2.GaussianBlur(lab, (0, 0), far)
        contrast += np.sqrt((apart**2).sum(axis=2))
    found = _normal(contrast)
    if before is not None:
        moved = _motion(rgb, before)
        found += _MOVES * min(1.0, float(np.percentile(moved, 98)) / (4 * _NOTICED)) * _normal(moved)
    return _normal(found * _middle(found.shape[0], found.shape[1]))


def _normal(values: NDArray[np.floating]) -> Map:
    """Normalize to sum 1; uniform where all is zero."""
    total = float(values.sum())
    if total <= 1e-9:
        return np.full(values.shape, 1 / values.size)
    return np.asarray(values / total, dtype=np.float64)


def _middle(high: int, wide: int) -> Map:
    y, x = (np.linspace(-0.5, 0.5, count) / _SPREAD for count in (high, wide))
    return np.asarray(1 - _PRIOR + _PRIOR * np.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / 2))


def _motion(rgb: NDArray[np.uint8], before: NDArray[np.uint8]) -> Map:
    """Normal flow: the change of a pixel over its gradient, without camera motion and noise."""
    now, then = (
        cv2.GaussianBlur(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), (0, 0), 1.0).astype(np.float32) for one in (rgb, before)
    )
    (dx, dy), _ = cv2.phaseCorrelate(then, now, cv2.createHanningWindow((now.shape[1], now.shape[0]), cv2.CV_32F))
    moved = cv2.warpAffine(
        then, np.array([[1, 0, dx], [0, 1, dy]], np.float32), (now.shape[1], now.shape[0]),
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    still = float(np.abs(now - then).mean())
    change = np.abs(now - (moved if float(np.abs(now - moved).mean()) < still else then))
    steep = np.hypot(cv2.Sobel(now, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(now, cv2.CV_32F, 0, 1, scale=0.25))
    flow = np.maximum(0, change - 3) / (steep + 12)
    return np.asarray(cv2.GaussianBlur(flow, (0, 0), 2.0), dtype=np.float64)


def _within(rgb: NDArray[np.uint8], picture: Box, video: Video) -> NDArray[np.uint8]:
    high, wide = rgb.shape[:2]
    top, bottom = round(picture.y1 / video.height * high), round(picture.y2 / video.height * high)
    left, right = round(picture.x1 / video.width * wide), round(picture.x2 / video.width * wide)
    return np.ascontiguousarray(rgb[top : max(bottom, top + 1), left : max(right, left + 1)])


def _path(profiles: Map, side: float) -> Map:
    """Window centre for each profile (times, pixels), as shares of the side: Viterbi over ``_PLACES`` positions."""
    if side >= 1 - 1e-6:
        return np.full(len(profiles), 0.5)
    places = np.linspace(side / 2, 1 - side / 2, _PLACES)
    total = np.concatenate([np.zeros((len(profiles), 1)), np.cumsum(profiles, axis=1)], axis=1)
    edges = np.linspace(0, 1, total.shape[1])
    rewards = np.array(
        [np.interp(places + side / 2, edges, row) - np.interp(places - side / 2, edges, row) for row in total]
    )
    cost = _COST * np.abs(places[:, None] - places[None, :])
    value = rewards[0].copy()
    came = np.zeros((len(rewards), _PLACES), dtype=np.int64)
    for index in range(1, len(rewards)):
        options = value[None, :] - cost
        came[index] = options.argmax(axis=1)
        value = options.max(axis=1) + rewards[index]
    chosen = [int(value.argmax())]
    for index in range(len(rewards) - 1, 0, -1):
        chosen.append(int(came[index, chosen[-1]]))
    return np.asarray(places[chosen[::-1]])


def _held(one: Map, at: tuple[float, float], wide: float, high: float) -> float:
    rows, columns = one.shape
    x1, x2 = ((at[0] + sign * wide / 2) * columns for sign in (-1, 1))
    y1, y2 = ((at[1] + sign * high / 2) * rows for sign in (-1, 1))
    part = one[max(0, round(y1)) : round(y2), max(0, round(x1)) : round(x2)]
    return float(part.sum())
