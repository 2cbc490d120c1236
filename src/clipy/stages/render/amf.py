"""``render.backend = "amf"``: H.264 with the hardware encoder of AMD graphics cards (AMF)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

_PRESETS: dict[Quality, tuple[str, int]] = {"draft": ("speed", 26), "good": ("balanced", 21), "best": ("quality", 19)}


class Amf(Mp4):
    """AMD's encoder at constant quality."""

    needs = "an AMD card with AMF"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        preset, quality = _PRESETS[self.options.quality]
        options = {"quality": preset, "profile": "high", "rc": "cqp", "qp_i": str(quality), "qp_p": str(quality + 1)}
        return Encoding("h264_amf", options, pixel_format="nv12")

    def capped(self, encoding: Encoding, cap: int) -> Encoding:
        """Constant quantizers know no limit: a variable bit rate with a peak takes their place."""
        kept = {name: value for name, value in encoding.options.items() if name not in {"rc", "qp_i", "qp_p"}}
        return super().capped(replace(encoding, options={**kept, "rc": "vbr_peak"}, bit_rate=cap), cap)
