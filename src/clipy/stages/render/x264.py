"""``render = "x264"``: H.264 by x264, on any machine."""

from __future__ import annotations

from fractions import Fraction

import cv2
from pydantic import Field

from clipy.media.encoding import Encoding
from clipy.stages.render.encoding.mp4 import Mp4, Quality

# Measured on 1080x1920: veryfast at 18 looks like fast at 20 for half the time; crf is not comparable across presets.
_PRESETS: dict[Quality, tuple[str, int]] = {
    "draft": ("superfast", 22),
    "good": ("veryfast", 18),
    "best": ("medium", 18),
}
_AVX512 = 256  # CPU_AVX512_SKX of cv::CpuFeatures, which the Python module does not name
_LOOKAHEAD = "25"  # pictures; the 40 of medium hold about 90 MB more, for clips no smaller


class X264(Mp4):
    """The encoder by which others are measured. Runs everywhere, and is clipy's default."""

    class Options(Mp4.Options):
        threads: int = Field(0, ge=0, le=64, description="Threads of the encoder and the decoder; 0 lets them choose.")

    version = 5
    options: Options
    needs = "an FFmpeg with x264"

    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        preset, crf = _PRESETS[self.options.quality]
        options = {"preset": preset, "crf": str(crf), "profile": "high", **_repeatable()}
        if self.options.quality == "best":
            options["rc-lookahead"] = _LOOKAHEAD
        return Encoding("libx264", options, threads=self.options.threads)


def _repeatable() -> dict[str, str]:
    """Options with which the same pictures always give the same file.

    With AVX-512, x264's macroblock tree (its rate control) differs from run to run, also in one thread; with AVX2 it
    does not. A processor that has the first has the second.
    """
    return {"x264-params": "asm=avx2"} if cv2.checkHardwareSupport(_AVX512) else {}
