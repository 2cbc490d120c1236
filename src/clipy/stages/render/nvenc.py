"""``render.backend = "nvenc"``: H.264 with the hardware encoder of NVIDIA graphics cards (NVENC)."""

from __future__ import annotations

from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

# Preset (p1 is fastest, p7 best) and constant quality, on a scale like that of the crf of x264.
_PRESETS: dict[Quality, tuple[str, int]] = {"draft": ("p3", 26), "good": ("p5", 21), "best": ("p7", 19)}


class Nvenc(Mp4):
    """NVENC at constant quality. Needs a higher bit rate than x264 for the same visual quality."""

    needs = "an NVIDIA card with NVENC"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        preset, quality = _PRESETS[self.options.quality]
        options = {
            "preset": preset,
            "tune": "hq",
            "profile": "high",
            "rc": "vbr",
            "cq": str(quality),
            "spatial-aq": "1",
        }
        return Encoding("h264_nvenc", {**options, "rc-lookahead": "20", "strict_gop": "1"})
