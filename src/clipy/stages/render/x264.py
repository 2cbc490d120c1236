"""``render.backend = "x264"``: H.264 in software, on any machine."""

from __future__ import annotations

from fractions import Fraction

import cv2
from pydantic import Field

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

# Measured at 1080x1920: veryfast at crf 18 matches fast at 20 in half the time; crf is not comparable across presets.
_PRESETS: dict[Quality, tuple[str, int]] = {
    "draft": ("superfast", 22),
    "good": ("veryfast", 18),
    "best": ("medium", 18),
}
_AVX512 = 256  # CPU_AVX512_SKX of cv::CpuFeatures, which the Python module does not export
_LOOKAHEAD = "25"  # frames; the 40 of medium take about 90 MB more, for files no smaller


class X264(Mp4):
    """The reference software encoder. Runs everywhere; clipy's default."""

    class Options(Mp4.Options):
        threads: int = Field(0, ge=0, le=64, description="Encoder and decoder threads; 0: automatic.")

    version = 5
    options: Options
    needs = "FFmpeg with x264"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        preset, crf = _PRESETS[self.options.quality]
        options = {"preset": preset, "crf": str(crf), "profile": "high", **_deterministic()}
        if self.options.quality == "best":
            options["rc-lookahead"] = _LOOKAHEAD
        return Encoding("libx264", options, threads=self.options.threads)


def _deterministic() -> dict[str, str]:
    """Options that make x264 produce the same file for the same frames.

    With AVX-512, its macroblock tree (rate control) differs between runs, even in a single thread; with AVX2 it does
    not. Processors with the former support the latter.
    """
    return {"x264-params": "asm=avx2"} if cv2.checkHardwareSupport(_AVX512) else {}
