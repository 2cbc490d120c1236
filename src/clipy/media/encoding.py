"""Video encoder settings, and whether the encoder is available on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, cast

import av
import av.logging


@dataclass(frozen=True, slots=True)
class Encoding:
    """An H.264 encoder by FFmpeg's name, its private options, and the pixel format that it takes.

    ``bit_rate`` (bits per second) is for encoders without constant quality. ``threads`` 0: chosen by the encoder.
    """

    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=dict)
    pixel_format: Literal["yuv420p", "nv12"] = "yuv420p"
    bit_rate: int = 0
    threads: int = 0

    def unavailable_reason(self) -> str:
        """Why this machine cannot use the encoder; empty if it can. Opens the encoder and closes it again."""
        if self.codec not in av.codecs_available:
            return f"FFmpeg was built without {self.codec}"
        with _captured_log() as messages:
            try:
                encoder = cast("av.VideoCodecContext", av.CodecContext.create(self.codec, "w"))
                encoder.width, encoder.height, encoder.pix_fmt = 1080, 1920, self.pixel_format
                encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
                encoder.options = dict(self.options)
                if self.bit_rate:
                    encoder.bit_rate = self.bit_rate
                encoder.open()
            except (av.error.FFmpegError, OSError, ValueError) as error:
                return messages[0][2].strip() if messages else getattr(error, "strerror", None) or str(error)
        return ""


@contextmanager
def _captured_log() -> Iterator[list[tuple[int, str, str]]]:
    """Capture FFmpeg's error messages: error codes alone say little about driver problems."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as messages:
            yield messages
    finally:
        av.logging.set_level(before)
