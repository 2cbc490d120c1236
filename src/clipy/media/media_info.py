"""What a media file declares about itself, read without decoding: codecs, colors, sizes, bit rate, keyframes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.reformatter import ColorRange

from clipy.media.safe_open import open_media, video_stream
from clipy.types import Seconds, Video

_BOX_HEADER = 8  # bytes of an MP4 box header: size and type
_LARGE_SIZE = 1  # size value announcing a 64-bit size
_MAX_REORDERING = 5  # frames by which an index, which is in decoding order, may be early


@dataclass(frozen=True)
class MediaInfo:
    """Codecs, profile and pixel format by FFmpeg's names; size in bytes; width and height in coded pixels.

    ``index_first``: whether an MP4 has its index before the media data, so that it can be played while it arrives (fast
    start); None for other containers. ``bit_rate`` is the whole file's, in bits per second. Colors are codes of ITU-T
    H.273; 2: unspecified. ``audio_start`` and ``audio_end`` are in seconds of the video's timeline.
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
    index_first: bool | None
    profile: str = ""
    bit_rate: float = 0.0
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool = False
    audio_start: Seconds = Fraction(0)
    audio_end: Seconds = Fraction(0)


def media_info(path: Path, audio_index: int | None = None) -> MediaInfo:
    """Inspect a file. ``audio_index`` is the index of its audio stream; the first one by default. Raises MediaError."""
    with open_media(path) as container:
        stream = video_stream(container, path)
        codec = stream.codec_context
        size, duration = path.stat().st_size, Fraction(container.duration or 0, 1_000_000)
        first_audio = container.streams.audio[0] if container.streams.audio else None
        audio = first_audio if audio_index is None else container.streams[audio_index]
        audio_start, audio_end = Fraction(0), Fraction(0)
        if audio is not None:
            base = audio.time_base or Fraction(1)
            if audio.start_time is not None:
                audio_start = audio.start_time * base - Fraction(container.start_time or 0, 1_000_000)
            audio_end = duration if audio.duration is None else audio_start + audio.duration * base
        return MediaInfo(
            container=container.format.name,
            size=size,
            duration=duration,
            video_codec=codec.name,
            audio_codec=audio.codec_context.name if audio is not None and audio.codec_context else "",
            pixel_format=codec.pix_fmt or "",
            width=codec.width,
            height=codec.height,
            frame_rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
            index_first=_index_first(path) if "mp4" in container.format.name else None,
            profile=str(codec.profile or ""),
            bit_rate=8 * size / max(0.001, float(duration)),
            primaries=int(codec.color_primaries),
            transfer=int(codec.color_trc),
            matrix=int(codec.colorspace),
            full_range=codec.color_range == ColorRange.JPEG,
            audio_start=audio_start,
            audio_end=audio_end,
        )


def keyframe_times(video: Video) -> list[Seconds]:
    """A time shortly after the start of each keyframe, in order, from the file's index; empty without an index.

    Keyframes decode by themselves, so looking only at them costs next to nothing.
    """
    if video.sound_only:
        return []
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        base = stream.time_base
        if base is None:
            return []
        delay = _MAX_REORDERING / video.frame_rate - video.start
        return sorted({entry.timestamp * base + delay for entry in stream.index_entries if entry.is_keyframe})


def _index_first(path: Path) -> bool | None:
    """Whether the box ``moov`` comes before ``mdat`` (ISO/IEC 14496-12); None where neither is found."""
    with path.open("rb") as file:
        while len(header := file.read(_BOX_HEADER)) == _BOX_HEADER:
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            if kind in {b"moov", b"mdat"}:
                return kind == b"moov"
            body = size - _BOX_HEADER
            if size == _LARGE_SIZE:
                body = int.from_bytes(file.read(8), "big") - _BOX_HEADER - 8
            if body < 0:
                return None
            file.seek(body, 1)
    return None
