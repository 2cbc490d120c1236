"""``render = "videotoolbox"``: H.264 by the encoder of a Mac."""

from __future__ import annotations

from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

_BITS: dict[Quality, float] = {"draft": 0.07, "good": 0.14, "best": 0.22}  # of each pixel; x264 takes 0.1 when good


class VideoToolbox(Mp4):
    """Apple's encoder. Only some Macs can be asked for a quality, so a bit rate is set by the number of pixels."""

    needs = "a Mac"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        bit_rate = round(_BITS[self.options.quality] * width * height * rate)
        return Encoding("h264_videotoolbox", {"profile": "high", "allow_sw": "0"}, layout="nv12", bit_rate=bit_rate)
