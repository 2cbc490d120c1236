"""What a video file is made of: what platforms ask before they take one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from clipy.media.safe_open import open_media, video_stream
from clipy.types import Seconds

_HEADER = 8  # bytes of an MP4 box header: size and type
_LONG = 1  # the size that says: the real one follows in 64 bits


@dataclass(frozen=True)
class MediaInfo:
    """Codec names are those of FFmpeg (``h264``, ``aac``); sizes are coded pixels; ``streams_at_once`` says whether an
    MP4 has its index in front of the pictures, so that it can be played while it arrives.
    """

    container: str
    size: int
    duration: Seconds
    video_codec: str
    audio_codec: str
    pixel_format: str
    width: int
    height: int
    frame_rate: Fraction
    streams_at_once: bool


def media_info(path: Path) -> MediaInfo:
    """Look into a file without decoding it. Raises MediaError."""
    with open_media(path) as container:
        stream = video_stream(container, path)
        sounds = container.streams.audio
        return MediaInfo(
            container=container.format.name,
            size=path.stat().st_size,
            duration=Fraction(container.duration or 0, 1_000_000),
            video_codec=stream.codec_context.name,
            audio_codec=sounds[0].codec_context.name if sounds and sounds[0].codec_context else "",
            pixel_format=stream.codec_context.pix_fmt or "",
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            frame_rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
            streams_at_once=_index_comes_first(path),
        )


def _index_comes_first(path: Path) -> bool:
    """Whether the ``moov`` box of an MP4 (ISO 14496-12) lies before ``mdat``; True for other containers."""
    with path.open("rb") as file:
        while len(header := file.read(_HEADER)) == _HEADER:
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            if kind in {b"moov", b"mdat"}:
                return kind == b"moov"
            body = size - _HEADER
            if size == _LONG:
                body = int.from_bytes(file.read(8), "big") - _HEADER - 8
            if body < 0:
                return True
            file.seek(body, 1)
    return True
