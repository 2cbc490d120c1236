"""How pictures are to be encoded: which encoder, with which options; and whether this machine can."""

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
    """An H.264 encoder by FFmpeg's name, with its own options and the layout of pictures that it takes.

    ``bit_rate`` (bits a second) is for encoders that cannot be asked for a quality. ``threads`` of 0 lets the encoder
    choose.
    """

    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=dict)
    layout: Literal["yuv420p", "nv12"] = "yuv420p"
    bit_rate: int = 0
    threads: int = 0

    def problem(self) -> str:
        """Why this machine cannot encode so; empty when it can. Opens the encoder and lets go of it again."""
        if self.codec not in av.codecs_available:
            return f"FFmpeg was built without {self.codec}"
        with _listening() as heard:
            try:
                encoder = cast("av.VideoCodecContext", av.CodecContext.create(self.codec, "w"))
                encoder.width, encoder.height, encoder.pix_fmt = 1080, 1920, self.layout
                encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
                encoder.options = dict(self.options)
                if self.bit_rate:
                    encoder.bit_rate = self.bit_rate
                encoder.open()
            except (av.error.FFmpegError, OSError, ValueError) as error:
                return heard[0][2].strip() if heard else getattr(error, "strerror", None) or str(error)
        return ""


@contextmanager
def _listening() -> Iterator[list[tuple[int, str, str]]]:
    """What FFmpeg complains about meanwhile: its error code alone says little about a driver."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as heard:
            yield heard
    finally:
        av.logging.set_level(before)
