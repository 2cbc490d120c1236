"""``render.backend = "qsv"``: H.264 with Intel Quick Sync Video."""

from __future__ import annotations

from fractions import Fraction

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

_PRESETS: dict[Quality, tuple[str, int]] = {"draft": ("veryfast", 26), "good": ("medium", 21), "best": ("veryslow", 19)}


class Qsv(Mp4):
    """Quick Sync at constant quality, on Intel processors and graphics cards."""

    needs = "an Intel GPU with Quick Sync"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        preset, quality = _PRESETS[self.options.quality]
        options = {"preset": preset, "profile": "high", "global_quality": str(quality)}
        return Encoding("h264_qsv", options, pixel_format="nv12")
