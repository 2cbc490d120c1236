"""What a file says about itself: codecs, colours, bit rates, and whether its index comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from av.video.reformatter import ColorRange

from clipy.media.safe_open import open_media, video_stream
from clipy.types import Seconds, Video

_BOX_HEADER = 8


@dataclass(frozen=True, slots=True)
class ContainerInfo:
    """Of the picture: codec, profile and pixel format by FFmpeg's names, colours by the codes of ITU-T H.273 (2: not
    said). Of the sound, when there is any: codec, samples a second, channels, and where it starts and ends.

    ``bit_rate`` is the whole file's, in bits a second. ``index_first`` tells whether an MP4 can start playing before
    all of it has arrived; None for other containers.
    """

    container: str
    codec: str
    profile: str
    pixel_format: str
    primaries: int
    transfer: int
    matrix: int
    full_range: bool
    bit_rate: float
    size: int
    index_first: bool | None
    sound_codec: str = ""
    sound_rate: int = 0
    sound_channels: int = 0
    sound_start: Seconds = Fraction(0)
    sound_end: Seconds = Fraction(0)


def container_info(video: Video) -> ContainerInfo:
    """Read them. Raises MediaError for a file that cannot be opened."""
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        codec = stream.codec_context
        size = video.path.stat().st_size
        facts = ContainerInfo(
            container=container.format.name,
            codec=codec.name,
            profile=str(codec.profile or ""),
            pixel_format=codec.pix_fmt or "",
            primaries=int(codec.color_primaries),
            transfer=int(codec.color_trc),
            matrix=int(codec.colorspace),
            full_range=codec.color_range == ColorRange.JPEG,
            bit_rate=8 * size / max(0.001, float(video.duration)),
            size=size,
            index_first=_index_first(video.path) if "mp4" in container.format.name else None,
        )
        if not video.audio:
            return facts
        sound = container.streams[video.audio[0].index]
        length = video.duration
        if sound.duration is not None and sound.time_base is not None:
            length = video.audio[0].start + sound.duration * sound.time_base
        return replace(
            facts,
            sound_codec=sound.codec_context.name,
            sound_rate=video.audio[0].sample_rate,
            sound_channels=video.audio[0].channels,
            sound_start=video.audio[0].start,
            sound_end=length,
        )


def _index_first(path: Path) -> bool | None:
    """Whether the box ``moov`` comes before ``mdat`` (ISO/IEC 14496-12); None where neither is found."""
    with path.open("rb") as file:
        while len(header := file.read(_BOX_HEADER)) == _BOX_HEADER:
            length, kind = int.from_bytes(header[:4], "big"), header[4:]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            if length == 1:
                length = int.from_bytes(file.read(8), "big") - 8
            if length < _BOX_HEADER:
                return None
            file.seek(length - _BOX_HEADER, 1)
    return None
