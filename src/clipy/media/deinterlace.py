"""Interlaced pictures, two half pictures of two moments woven together, as whole ones. Others pass untouched."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
from av.filter import Graph

from clipy.types import Seconds

_BASE = Fraction(1, 1_000_000)  # of times inside the filter, which only need to rise
_FORMATS = "yuv420p|yuv422p|yuv444p|yuvj420p|yuvj422p|yuvj444p|yuv420p10le|yuv422p10le|yuv444p10le"

Timed = tuple[Seconds, av.VideoFrame]


def deinterlace(frames: Iterator[Timed]) -> Iterator[Timed]:
    """The same pictures at the same times, each interlaced one made whole by FFmpeg's bwdif.

    Interlacing is known by the decoder's own mark on each picture. A source without any such picture costs nothing;
    after the first one every picture goes through the filter, which leaves those without the mark as they are.
    """
    weaver: _Weaver | None = None
    for time, frame in frames:
        if weaver is not None and not weaver.takes(frame):
            yield from weaver.rest()
            weaver = None
        if weaver is None and frame.interlaced_frame:
            weaver = _Weaver(frame)
        if weaver is None:
            yield time, frame
        else:
            yield from weaver.made(time, frame)
    if weaver is not None:
        yield from weaver.rest()


class _Weaver:
    """One run of the filter, for pictures of one size and format. It looks one picture ahead."""

    def __init__(self, like: av.VideoFrame) -> None:
        self._kind = _kind(like)
        self._times: deque[Seconds] = deque()
        self._given = 0
        self._graph = Graph()
        source = self._graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=_BASE)
        shape = self._graph.add("format", f"pix_fmts={_FORMATS}")
        filled = self._graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        self._graph.link_nodes(source, shape, filled, self._graph.add("buffersink")).configure()

    def takes(self, frame: av.VideoFrame) -> bool:
        return self._kind == _kind(frame)

    def made(self, time: Seconds, frame: av.VideoFrame) -> Iterator[Timed]:
        self._times.append(time)
        frame.pts, frame.time_base = self._given, _BASE
        self._given += 1
        self._graph.push(frame)
        yield from self._pulled()

    def rest(self) -> Iterator[Timed]:
        self._graph.push(None)
        yield from self._pulled()

    def _pulled(self) -> Iterator[Timed]:
        while True:
            try:
                frame = cast("av.VideoFrame", self._graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield self._times.popleft(), frame


def _kind(frame: av.VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name
