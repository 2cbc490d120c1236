"""Skipping of non-reference frames where only some frames are needed.

About half of the frames of a typical H.264 file are not references; skipping them halves the cost of decoding. Other
codecs are decoded completely: HEVC's non-reference frames may be references of higher layers, and the rest have none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av

from clipy.types import Seconds

_CODECS = {"h264"}
_LOOKAHEAD = 34  # packets, to find the next frame: up to 16 are reordered, of two fields each


class NonReferenceSkipper:
    """Tells the decoder of ``stream``, packet by packet, which frames to skip.

    The frames on screen at ``times`` (in order; on the file's timeline) and their references are decoded; without
    times, all frames from ``start`` on.
    """

    def __init__(self, stream: av.VideoStream, start: Seconds, times: Sequence[Seconds] = ()) -> None:
        base = stream.time_base or Fraction(1)
        self._context = stream.codec_context
        self._start = math.floor(start / base)
        self._due = [math.floor(time / base) for time in times]
        self._has_frame = self._is_interlaced = False

    def packets(self, packets: Iterable[av.Packet[Any]]) -> Iterator[av.Packet[Any]]:
        """The same packets; decode each before requesting the next."""
        if self._context.codec.canonical_name not in _CODECS or self._context.skip_frame == "NONKEY":
            yield from packets  # frames are skipped already
            return
        waiting: deque[av.Packet[Any]] = deque()
        for packet in packets:
            waiting.append(packet)
            if len(waiting) > _LOOKAHEAD:
                yield self._configure(waiting)
        while waiting:
            yield self._configure(waiting)

    def observe(self, frame: av.VideoFrame) -> None:
        """Note a decoded frame: deinterlacing requires the neighbors of interlaced frames."""
        self._has_frame, self._is_interlaced = True, self._is_interlaced or frame.interlaced_frame

    def _configure(self, waiting: deque[av.Packet[Any]]) -> av.Packet[Any]:
        packet = waiting.popleft()
        skip = self._has_frame and not self._is_interlaced and not self._is_due(packet, waiting)
        self._context.skip_frame = "NONREF" if skip else "DEFAULT"
        return packet

    def _is_due(self, packet: av.Packet[Any], later: Iterable[av.Packet[Any]]) -> bool:
        if packet.pts is None or (not self._due and packet.pts >= self._start):
            return True
        following = min((one.pts for one in later if one.pts is not None and one.pts > packet.pts), default=None)
        if following is None or (not self._due and following > self._start):
            return True
        place = bisect_left(self._due, packet.pts)
        return place < len(self._due) and self._due[place] < following
