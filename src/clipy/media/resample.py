"""Decoded pictures -> panels of the output: crop, scale and rotate in a single resampling, in planar YUV 4:2:0.

Windows have subpixel accuracy. ``cv2.resize`` with an exact factor samples on a grid that starts at a whole source
pixel, so the window's edge is placed on a whole *output* pixel of such a grid. Of the grids that start at one of
sixteen pixels before the window, the best is used; where even that deviates visibly, a short Lanczos shift of the
source compensates. (Cropping in whole pixels jitters by 3 output pixels in slow pans.) When the picture is reduced, the
same filter removes frequencies above the smaller picture's limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.errors import RenderError
from clipy.media.color import BT709_LIMITED, Coded, to_bt709, yuv_planes
from clipy.media.frame import Planes, black_planes
from clipy.types import Box, Video

_LOBES = 3  # of the Lanczos filter
_SHIFT_STEPS = 1024  # per pixel, to which shifts are rounded: finer than 8 bits can show
_GRIDS = 16  # to choose from; from 16:9 to 9:16 at full height, one is within 1/32 source pixel
_MAX_ERROR = 0.06  # output pixels by which a window may be misplaced
_AREA_SCALE = 0.5  # at or below this scale, pixels are averaged by area
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_BACKDROP_WIDTH = 72  # pixels before enlargement: small enough to hide all detail
_BACKDROP_BLUR = 2.5
_BACKDROP_BRIGHTNESS = 0.45  # relative to the picture
_DIVIDER = 4  # pixels between two panels
_BLACK = (16, 128, 128)

Rectangle = tuple[int, int, int, int]
Edges = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PanelWindow:
    """A window of the upright picture (display pixels) and the rectangle of the output that it fills."""

    window: Box
    into: Rectangle


class Resampler:
    """Resamples windows of a video's pictures to an output of ``width`` x ``height`` (both even)."""

    def __init__(self, video: Video, width: int, height: int) -> None:
        self._video, self._width, self._height = video, width, height

    def draw(self, picture: av.VideoFrame, panels: Sequence[PanelWindow], *, fit: bool = False) -> Planes:
        """The output picture as Y, U and V planes, BT.709 limited range. Later panels lie over earlier ones.

        A thin dark line divides panels; what they leave free is a backdrop made of the first one.

        A window whose proportions are not those of its rectangle is trimmed, never stretched; with ``fit`` it is shown
        whole, over a backdrop made of itself: enlarged, blurred and darkened.
        """
        if fit:
            return self._fitted(picture, panels[0])
        if len(panels) == 1 and panels[0].into == (0, 0, self._width, self._height):
            return self.cut(picture, panels[0].window, self._width, self._height)
        places = tuple(_even(panel.into) for panel in panels)
        drawn = [
            self.cut(picture, panel.window, x2 - x1, y2 - y1)
            for panel, (x1, y1, x2, y2) in zip(panels, places, strict=True)
        ]
        whole = _covers(places, self._width, self._height)
        canvas = black_planes(self._width, self._height) if whole else self._backdrop(drawn[0])
        for part, into in zip(drawn, places, strict=True):
            _paste(canvas, part, into)
            self._divide(canvas, into)
        return canvas

    def _divide(self, canvas: Planes, into: Rectangle) -> None:
        """Draw a thin dark line at the edges of a panel that are not the output's."""
        x1, y1, x2, y2 = into
        line = _DIVIDER // 2
        if y1 > 0:
            _blacken(canvas, (x1, y1, x2, y1 + line))
        if y2 < self._height:
            _blacken(canvas, (x1, y2 - line, x2, y2))
        if x1 > 0:
            _blacken(canvas, (x1, y1, x1 + line, y2))
        if x2 < self._width:
            _blacken(canvas, (x2 - line, y1, x2, y2))

    def cut(self, picture: av.VideoFrame, window: Box, width: int, height: int) -> Planes:
        """One window, ``width`` x ``height`` (both even), BT.709 limited range."""
        left, top, right, bottom = self._coded(trim_to_aspect(window, width / height, self._video))
        turned = self._video.rotation in (90, 270)
        across, down = (height, width) if turned else (width, height)
        planes, colors = yuv_planes(picture)
        if picture.width * picture.height < width * height:  # convert on the side with fewer pixels
            planes, colors = to_bt709(planes, colors), BT709_LIMITED
        luma = resample_plane(planes[0], (left, top, right, bottom), (across, down))
        # Chroma is sited at the left of each pair of pixels, in the source and in the output: a quarter of a chroma
        # sample off center. Scaling would shift it by the difference of the two quarters.
        siting = 0.0 if self._video.rotation else 0.25 * (1 - (right - left) / across)
        edges = (left / 2 + siting, top / 2, right / 2 + siting, bottom / 2)
        chroma = [resample_plane(plane, edges, (across // 2, down // 2)) for plane in planes[1:]]
        return to_bt709(self._upright((luma, chroma[0], chroma[1])), colors)

    def _coded(self, window: Box) -> Edges:
        """A window of the upright picture in coded pixels."""
        video = self._video
        across, down = video.width, video.height
        x1, y1, x2, y2 = window.x1, window.y1, window.x2, window.y2
        if video.rotation == 90:
            x1, y1, x2, y2 = y1, across - x2, y2, across - x1
        elif video.rotation == 180:
            x1, y1, x2, y2 = across - x2, down - y2, across - x1, down - y1
        elif video.rotation == 270:
            x1, y1, x2, y2 = down - y2, x1, down - y1, x2
        if video.rotation in (90, 270):
            across, down = down, across
        wide, high = video.coded_width / across, video.coded_height / down
        return x1 * wide, y1 * high, x2 * wide, y2 * high

    def _upright(self, planes: Coded) -> Coded:
        turn = _TURNS.get(self._video.rotation)
        if turn is None:
            return planes
        y, u, v = (np.asarray(cv2.rotate(plane, turn)) for plane in planes)
        return y, u, v

    def _fitted(self, picture: av.VideoFrame, panel: PanelWindow) -> Planes:
        x1, y1, x2, y2 = into = _inside(panel.window, panel.into)
        drawn = self.cut(picture, panel.window, x2 - x1, y2 - y1)
        canvas = self._backdrop(drawn)
        _paste(canvas, drawn, into)
        return canvas

    def _backdrop(self, picture: Planes) -> Planes:
        """The center of a picture, enlarged to fill the output, blurred and darkened."""
        blurred = []
        for plane, dark, by in zip(picture, _BLACK, (1, 2, 2), strict=True):
            high, wide = plane.shape
            width, height = min(wide, high * self._width / self._height), min(high, wide * self._height / self._width)
            left, top = int((wide - width) / 2), int((high - height) / 2)
            middle = plane[top : top + max(1, int(height)), left : left + max(1, int(width))]
            size = (_BACKDROP_WIDTH, max(1, round(_BACKDROP_WIDTH * self._height / self._width)))
            small = cv2.GaussianBlur(cv2.resize(middle, size, interpolation=cv2.INTER_AREA), (0, 0), _BACKDROP_BLUR)
            dimmed = cv2.convertScaleAbs(small, alpha=_BACKDROP_BRIGHTNESS, beta=dark * (1 - _BACKDROP_BRIGHTNESS))
            full = (self._width // by, self._height // by)
            blurred.append(np.asarray(cv2.resize(dimmed, full, interpolation=cv2.INTER_CUBIC), dtype=np.uint8))
        return blurred[0], blurred[1], blurred[2]


def _paste(canvas: Planes, part: Planes, into: Rectangle) -> None:
    x1, y1, x2, y2 = into
    for target, plane, by in zip(canvas, part, (1, 2, 2), strict=True):
        target[y1 // by : y2 // by, x1 // by : x2 // by] = plane


def _blacken(canvas: Planes, into: Rectangle) -> None:
    x1, y1, x2, y2 = into
    for target, value, by in zip(canvas, _BLACK, (1, 2, 2), strict=True):
        target[y1 // by : y2 // by, x1 // by : x2 // by] = value


@lru_cache(maxsize=64)
def _covers(places: tuple[Rectangle, ...], width: int, height: int) -> bool:
    """Whether rectangles cover the whole output."""
    free = np.ones((height // 2, width // 2), dtype=bool)
    for x1, y1, x2, y2 in places:
        free[max(0, y1) // 2 : y2 // 2, max(0, x1) // 2 : x2 // 2] = False
    return not free.any()


def trim_to_aspect(window: Box, aspect: float, video: Video) -> Box:
    """The window inside the picture, cut on its longer sides about its middle until it has the proportions."""
    if window.width <= 0 or window.height <= 0:
        raise RenderError(f"the crop window {window} is empty", do="Give every window a positive size")
    width, height = min(window.width, video.width), min(window.height, video.height)
    width, height = min(width, height * aspect), min(height, width / aspect)
    x, y = window.center
    x1 = min(max(x - width / 2, 0.0), video.width - width)
    y1 = min(max(y - height / 2, 0.0), video.height - height)
    return Box(x1, y1, x1 + width, y1 + height)


def resample_plane(plane: NDArray[Any], edges: Edges, size: tuple[int, int]) -> NDArray[Any]:
    """The part of a plane within ``edges`` (x1, y1, x2, y2, fractions allowed) at ``size`` (width, height).

    The plane is of uint8 or of uint16, and so is the part.
    """
    average = size[0] <= _AREA_SCALE * (edges[2] - edges[0]) and size[1] <= _AREA_SCALE * (edges[3] - edges[1])
    across = _axis(edges[0], edges[2], size[0], plane.shape[1])
    down = _axis(edges[1], edges[3], size[1], plane.shape[0])
    part: NDArray[Any] = plane[down.start : down.stop, across.start : across.stop]
    right, bottom = across.padding(), down.padding()
    if right or bottom:
        part = cv2.copyMakeBorder(part, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    part = _filtered(part, across.kernel(average=average), down.kernel(average=average))
    how = cv2.INTER_AREA if average else cv2.INTER_CUBIC
    scaled = cv2.resize(part, None, fx=across.factor, fy=down.factor, interpolation=how)
    return np.asarray(scaled[down.drop : down.drop + size[1], across.drop : across.drop + size[0]])


def _filtered(part: NDArray[Any], across: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[Any]:
    """A plane through the filters of both axes, those of one tap left out."""
    if len(across) > 1 and len(down) > 1 and _is_even(across) and _is_even(down):
        # Half the time of one after the other; with a filter that shifts it would be twice.
        return np.asarray(cv2.sepFilter2D(part, -1, across, down, borderType=cv2.BORDER_REPLICATE))
    for kernel, shape in ((across, (1, -1)), (down, (-1, 1))):
        if len(kernel) > 1:
            part = np.asarray(cv2.filter2D(part, -1, kernel.reshape(shape), borderType=cv2.BORDER_REPLICATE))
    return part


def _is_even(kernel: NDArray[np.float32]) -> bool:
    return bool(np.array_equal(kernel, kernel[::-1]))


@dataclass(frozen=True, slots=True)
class _Axis:
    """The resampling of one axis: take ``start:stop``, shift by ``shift``, scale by ``factor``, skip ``drop``."""

    start: int
    stop: int
    shift: float
    factor: float
    drop: int
    length: int

    @classmethod
    def of(cls, low: float, high: float, length: int, limit: int) -> _Axis:
        factor = length / (high - low)
        margin = math.ceil((_LOBES + 1) / min(1.0, factor))  # pixels beyond the window that the filters look at
        last = min(max(0, math.floor(low) - margin), limit - 1)
        start, drop, shift = last, 0, math.inf
        for tried in range(last, max(-1, last - _GRIDS), -1):
            nearest = max(0, math.floor((low - tried) * factor + 0.5))
            off = low - tried - nearest / factor
            if abs(off) < abs(shift):
                start, drop, shift = tried, nearest, off
            if abs(off) * factor <= _MAX_ERROR:
                shift = 0.0
                break
        stop = max(start + 1, min(limit, math.ceil(high) + margin))
        return cls(start, stop, shift, factor, drop, length)

    def kernel(self, *, average: bool) -> NDArray[np.float32]:
        """The filter before scaling: subpixel shift and anti-aliasing."""
        return _kernel(round(self.shift * _SHIFT_STEPS), 1.0 if average else min(1.0, self.factor))

    def padding(self) -> int:
        """Pixels to replicate at the end, so that rounding cannot make the output too short."""
        lack = self.drop + self.length - math.floor((self.stop - self.start) * self.factor)
        return max(0, math.ceil(lack / self.factor))


_axis = lru_cache(maxsize=256)(_Axis.of)  # most windows stay in place for a while


@lru_cache(maxsize=4096)
def _kernel(step: int, cutoff: float) -> NDArray[np.float32]:
    """Lanczos low-pass at ``cutoff`` of the sampling rate, shifted by ``step`` steps; one tap for the identity."""
    if step == 0 and cutoff == 1:
        return np.ones(1, dtype=np.float32)
    reach = math.ceil(_LOBES / cutoff + abs(step) / _SHIFT_STEPS)
    at = (np.arange(-reach, reach + 1) - step / _SHIFT_STEPS) * cutoff
    taps = np.sinc(at) * np.sinc(at / _LOBES) * (np.abs(at) < _LOBES)
    return np.asarray(taps / taps.sum(), dtype=np.float32)


def _even(into: Rectangle) -> Rectangle:
    x1, y1, x2, y2 = (2 * round(value / 2) for value in into)
    return x1, y1, max(x2, x1 + 2), max(y2, y1 + 2)


def _inside(window: Box, into: Rectangle) -> Rectangle:
    """The largest even rectangle with the window's proportions in the middle of another."""
    x1, y1, x2, y2 = _even(into)
    scale = min((x2 - x1) / window.width, (y2 - y1) / window.height)
    width = min(x2 - x1, 2 * max(1, round(window.width * scale / 2)))
    height = min(y2 - y1, 2 * max(1, round(window.height * scale / 2)))
    left, top = x1 + (x2 - x1 - width) // 4 * 2, y1 + (y2 - y1 - height) // 4 * 2
    return left, top, left + width, top + height
