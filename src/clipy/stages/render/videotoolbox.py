"""``render.backend = "videotoolbox"``: H.264 with the hardware encoder of Macs (VideoToolbox)."""

from __future__ import annotations

from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

_BITS_PER_PIXEL: dict[Quality, float] = {"draft": 0.07, "good": 0.14, "best": 0.22}  # x264: 0.1 at good


class VideoToolbox(Mp4):
    """Apple's encoder at a bit rate set by frame size and rate, as only some Macs support constant quality."""

    needs = "a Mac"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        bit_rate = round(_BITS_PER_PIXEL[self.options.quality] * width * height * rate)
        return Encoding(
            "h264_videotoolbox", {"profile": "high", "allow_sw": "0"}, pixel_format="nv12", bit_rate=bit_rate
        )
