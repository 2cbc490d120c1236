"""Deinterlacing with FFmpeg's bwdif; progressive frames pass through untouched."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
from av.filter import Graph

from clipy.types import Seconds

_TIME_BASE = Fraction(1, 1_000_000)  # inside the filter, where times only need to increase
_FORMATS = "yuv420p|yuv422p|yuv444p|yuvj420p|yuvj422p|yuvj444p|yuv420p10le|yuv422p10le|yuv444p10le"

Timed = tuple[Seconds, av.VideoFrame]


def deinterlace(frames: Iterator[Timed]) -> Iterator[Timed]:
    """The same frames at the same times, with the interlaced ones deinterlaced.

    Interlaced frames are recognized by the decoder's flag. Sources without any cost nothing; after the first one, all
    frames go through the filter, which leaves progressive ones unchanged.
    """
    filtering: _Deinterlacer | None = None
    for time, frame in frames:
        if filtering is not None and not filtering.accepts(frame):
            yield from filtering.flush()
            filtering = None
        if filtering is None and frame.interlaced_frame:
            filtering = _Deinterlacer(frame)
        if filtering is None:
            yield time, frame
        else:
            yield from filtering.push(time, frame)
    if filtering is not None:
        yield from filtering.flush()


class _Deinterlacer:
    """One filter graph, for frames of one size and format. It delays frames by one."""

    def __init__(self, like: av.VideoFrame) -> None:
        self._format = _format(like)
        self._times: deque[Seconds] = deque()
        self._count = 0
        self._graph = Graph()
        source = self._graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=_TIME_BASE)
        convert = self._graph.add("format", f"pix_fmts={_FORMATS}")
        bwdif = self._graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        self._graph.link_nodes(source, convert, bwdif, self._graph.add("buffersink")).configure()

    def accepts(self, frame: av.VideoFrame) -> bool:
        return self._format == _format(frame)

    def push(self, time: Seconds, frame: av.VideoFrame) -> Iterator[Timed]:
        self._times.append(time)
        frame.pts, frame.time_base = self._count, _TIME_BASE
        self._count += 1
        self._graph.push(frame)
        yield from self._pull()

    def flush(self) -> Iterator[Timed]:
        self._graph.push(None)
        yield from self._pull()

    def _pull(self) -> Iterator[Timed]:
        while True:
            try:
                frame = cast("av.VideoFrame", self._graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield self._times.popleft(), frame


def _format(frame: av.VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name
