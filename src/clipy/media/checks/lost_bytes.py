"""Detection of lost bytes in H.264 and HEVC: decoders render something from the zeros in their place."""

from __future__ import annotations

from typing import Any

import av

_FORBIDDEN = bytes(3)


class LostBytesDetector:
    """Looks for what no encoder writes: three zero bytes in a row inside a NAL unit (ITU-T H.264 and H.265, 7.4.1).

    Only for streams with length-prefixed NAL units, as in MP4, MOV and Matroska; in others, zeros may be between units.
    """

    def __init__(self, context: av.CodecContext) -> None:
        head = bytes(context.extradata or b"")
        at = {"h264": 4, "hevc": 21}.get(context.name)
        prefixed = at is not None and len(head) > at and head[0] == 1
        self._prefix = (head[at] & 3) + 1 if prefixed and at is not None else 0

    def affects(self, packet: av.Packet[Any]) -> bool:
        """Whether the packet has lost bytes."""
        if not self._prefix or not packet.size:
            return False
        data = bytes(packet)
        at = 0
        while at + self._prefix < len(data):
            start = at + self._prefix
            at = start + int.from_bytes(data[at:start], "big")
            if data[start:at].rstrip(b"\0").find(_FORBIDDEN) >= 0:
                return True
        return False
