"""Proxies: small copies of clips, made while they are decoded, for all further image analysis."""

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

SIDE = 360  # maximum of the shorter side in pixels; a face of a tenth of the width is still 36 pixels wide
_TICKS = 90_000
PROXY_RATE = Fraction(5)  # Hz, at which frames decode independently of others
_MIN_INTERVAL = Fraction(1, 40)  # seconds between frames; closer ones are dropped
_BT709 = 1
_OPTIONS = {"preset": "ultrafast", "qp": "20"}  # constant quantizer: rate control costs 10 % more


def proxy_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the proxy of a clip of this size: even, upright, never larger than the clip."""
    shrink = min(1.0, SIDE / min(width, height))
    return max(2, round(width * shrink / 2) * 2), max(2, round(height * shrink / 2) * 2)


def shrink(frame: av.VideoFrame, video: Video) -> Planes:
    """A decoded picture in proxy size, upright, as BT.709 Y, U and V in limited range."""
    planes, colors = yuv_planes(frame)
    wide, high = proxy_size(video.width, video.height)
    turned = video.rotation in (90, 270)
    small = shrink_planes(planes, (high, wide) if turned else (wide, high))
    return cast("Planes", tuple(upright(plane, video.rotation) for plane in to_bt709(small, colors)))  # type: ignore[arg-type]


def shrink_planes(planes: Sequence[Plane], size: tuple[int, int]) -> tuple[Plane, ...]:
    """The planes of a 4:2:0 picture, for a width and height of its luma."""
    sizes = (size, *[(size[0] // 2, size[1] // 2)] * 2)
    return tuple(_downscale(plane, to) for plane, to in zip(planes, sizes, strict=True))


def _downscale(plane: Plane, size: tuple[int, int]) -> Plane:
    """Halve by averaging as often as possible, at a fifth of the cost of averaging three pixels; then interpolate."""
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
    """Frames of a proxy, like ``media.read.pictures``, up to five per second and at little cost.

    For times that are not multiples of 1/5 s, the frame at the multiple before is returned.
    """
    grid = None if times else rate
    return pictures(proxy, proxy.span, rate=grid, times=times, height=height, gray=gray, keyframes_only=True)


class ProxyWriter:
    """Use as ``with ProxyWriter(path, size) as proxy: proxy.add(time, planes)``; the file is complete afterwards.

    Every picture keeps its time, except that the first one is shown from the beginning. What is on screen at a multiple
    of 1/5 s can be decoded without the others (see ``proxy_frames``). There is no sound.
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._container = av.open(f"file:{path}", "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=25, options=dict(_OPTIONS))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        codec = self._stream.codec_context
        codec.time_base = Fraction(1, _TICKS)
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = ColorRange.MPEG
        self._stream.thread_count = 1  # identical output on every machine
        self._last: tuple[Seconds, av.VideoFrame] | None = None  # pending until its duration is known

    def add(self, time: Seconds, planes: Planes) -> None:
        """Append the frame at ``time``; frames that follow too closely are dropped."""
        if self._last is None:
            time = Fraction(0)
        elif time - self._last[0] < _MIN_INTERVAL:
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
        """Encode the pending frame, as an I-frame if it is on screen at a multiple of 1/5 s."""
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
