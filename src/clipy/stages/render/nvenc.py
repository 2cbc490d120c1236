"""``render = "nvenc"``: H.264 by the encoder of an NVIDIA graphics card."""

from __future__ import annotations

from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

# NVENC's preset (p1 is fastest, p7 best) and its quality target, which runs like x264's crf.
_PRESETS: dict[Quality, tuple[str, int]] = {"draft": ("p3", 26), "good": ("p5", 21), "best": ("p7", 19)}


class Nvenc(Mp4):
    """NVENC at a constant quality. The picture needs more bits than x264's for the same looks."""

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
