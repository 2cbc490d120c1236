"""A small copy of a clip's pictures, made while they are decoded, so that whatever looks again looks at little."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from clipy.media.color import to_bt709, yuv_planes
from clipy.media.frame import Plane, Planes
from clipy.media.read import pictures, upright
from clipy.types import Seconds, Video

SIDE = 360  # pixels of the shorter side at most: a face of a tenth of the width is still 36 pixels wide
_TICKS = 90_000
PROXY_RATE = Fraction(5)  # times a second at which whoever looks for something in the pictures may look
_CLOSE = Fraction(1, 40)  # seconds: at most this many pictures a second are kept
_BT709 = 1
_OPTIONS = {"preset": "ultrafast", "qp": "20"}  # of even coarseness: to control the rate costs a tenth more


def proxy_size(video: Video) -> tuple[int, int]:
    """Width and height of a clip's small copy: even, upright, never bigger than the clip."""
    shrink = min(1.0, SIDE / min(video.width, video.height))
    return tuple(max(2, round(side * shrink / 2) * 2) for side in (video.width, video.height))  # type: ignore[return-value]


def shrink(frame: av.VideoFrame, video: Video) -> Planes:
    """A decoded picture at the small copy's size, upright, as Y, U and V of BT.709 in limited range."""
    planes, colours = yuv_planes(frame)
    wide, high = proxy_size(video)
    turned = video.rotation in (90, 270)
    size = (high, wide) if turned else (wide, high)
    sizes = (size, *[(size[0] // 2, size[1] // 2)] * 2)
    small = tuple(_smaller(plane, to) for plane, to in zip(planes, sizes, strict=True))
    return cast("Planes", tuple(upright(plane, video.rotation) for plane in to_bt709(small, colours)))  # type: ignore[arg-type]


def _smaller(plane: Plane, size: tuple[int, int]) -> Plane:
    """Halved by averages as often as that goes, at a fifth of the cost of averaging three pixels; then interpolated."""
    high, wide = plane.shape[:2]
    while wide >= 2 * size[0] and high >= 2 * size[1]:
        wide, high = max(size[0], wide // 2), max(size[1], high // 2)
        plane = np.asarray(cv2.resize(plane, (wide, high), interpolation=cv2.INTER_AREA), dtype=plane.dtype)
    return plane if (wide, high) == size else np.asarray(cv2.resize(plane, size), dtype=plane.dtype)


def proxy_frames(
    proxy: Video,
    *,
    rate: Fraction = PROXY_RATE,
    times: Sequence[Seconds] = (),
    height: int | None = None,
    gray: bool = False,
) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    """Pictures of a small copy as ``media.read.pictures`` gives them, up to five a second, and at little cost.

    At a time that is no multiple of 1/5 s, the picture of the one before is given.
    """
    grid = None if times else rate
    return pictures(proxy, proxy.span, rate=grid, times=times, height=height, gray=gray, keys_only=True)


class ProxyWriter:
    """Use as ``with ProxyWriter(path, video) as proxy: proxy.add(time, planes)``; the file is complete afterwards.

    Every picture keeps its time, except that the first one is shown from the beginning. What is on screen at a multiple
    of 1/5 s can be decoded without the others (see ``proxy_frames``). There is no sound.
    """

    def __init__(self, path: Path, video: Video) -> None:
        self._container = av.open(f"file:{path}", "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=25, options=dict(_OPTIONS))
        self._stream.width, self._stream.height = proxy_size(video)
        self._stream.pix_fmt = "yuv420p"
        codec = self._stream.codec_context
        codec.time_base = Fraction(1, _TICKS)
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = ColorRange.MPEG
        self._stream.thread_count = 1  # the same bytes on every machine
        self._last: tuple[Seconds, av.VideoFrame] | None = None  # waits until it is known how long it is shown

    def add(self, time: Seconds, planes: Planes) -> None:
        """Append the picture from ``time`` on; one that follows too closely is left out."""
        if self._last is None:
            time = Fraction(0)
        elif time - self._last[0] < _CLOSE:
            return
        else:
            self._encode(until=time)
        frame = av.VideoFrame(self._stream.width, self._stream.height, "yuv420p")
        for target, values in zip(frame.planes, planes, strict=True):
            rows = np.frombuffer(target, dtype=np.uint8).reshape(-1, target.line_size)  # type: ignore[call-overload]
            rows[: values.shape[0], : values.shape[1]] = values
        frame.pts, frame.time_base = round(time * _TICKS), Fraction(1, _TICKS)
        self._last = time, frame

    def _encode(self, until: Seconds | None = None) -> None:
        """Code the picture that waits; by itself where it is on screen at a time at which somebody may look."""
        if self._last is None:
            return
        since, frame = self._last
        if until is None or math.ceil(since * PROXY_RATE) < until * PROXY_RATE:
            frame.pict_type = PictureType.I
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> ProxyWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._encode()
            self._container.mux(self._stream.encode(None))
        self._container.close()
