"""Decoding less where only some pictures are looked at: one that no other is built on can be left out.

About half of the pictures of a usual H.264 file are such; to leave them out halves what decoding costs. Other codecs
are decoded whole: HEVC may mark as such pictures that others of a higher layer are built on, and the rest have none.
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
_AHEAD = 34  # packets that are looked at for the next picture: at most 16 come out of order, of two halves each


class NonReferenceSkipper:
    """Tells the decoder of ``stream`` which pictures it may leave out, packet by packet.

    Those on screen at ``times`` (in order; on the timeline of the file) are decoded, and all that they are built on;
    without times all that is on screen at ``start`` or later.
    """

    def __init__(self, stream: av.VideoStream, start: Seconds, times: Sequence[Seconds] = ()) -> None:
        base = stream.time_base or Fraction(1)
        self._context = stream.codec_context
        self._start = math.floor(start / base)
        self._due = [math.floor(time / base) for time in times]
        self._seen = self._woven = False  # a picture, and an interlaced one

    def packets(self, packets: Iterable[av.Packet[Any]]) -> Iterator[av.Packet[Any]]:
        """The same packets, each of which is to be decoded before the next is asked for."""
        if self._context.codec.canonical_name not in _CODECS or self._context.skip_frame == "NONKEY":
            yield from packets  # some are left out already
            return
        waiting: deque[av.Packet[Any]] = deque()
        for packet in packets:
            waiting.append(packet)
            if len(waiting) > _AHEAD:
                yield self._told(waiting)
        while waiting:
            yield self._told(waiting)

    def see(self, frame: av.VideoFrame) -> None:
        """Take note of a decoded picture: to make an interlaced one whole takes its neighbours."""
        self._seen, self._woven = True, self._woven or frame.interlaced_frame

    def _told(self, waiting: deque[av.Packet[Any]]) -> av.Packet[Any]:
        packet = waiting.popleft()
        spared = self._seen and not self._woven and not self._is_due(packet, waiting)
        self._context.skip_frame = "NONREF" if spared else "DEFAULT"
        return packet

    def _is_due(self, packet: av.Packet[Any], later: Iterable[av.Packet[Any]]) -> bool:
        if packet.pts is None or (not self._due and packet.pts >= self._start):
            return True
        following = min((one.pts for one in later if one.pts is not None and one.pts > packet.pts), default=None)
        if following is None or (not self._due and following > self._start):
            return True
        place = bisect_left(self._due, packet.pts)
        return place < len(self._due) and self._due[place] < following
