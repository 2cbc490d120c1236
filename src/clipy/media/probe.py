"""A file -> ``Video``: what it is, checked before anything works on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
import av.container
import av.stream

from clipy.errors import MediaError
from clipy.store import file_digest
from clipy.types import AudioStream, Seconds, Video

log = logging.getLogger(__name__)

# Demuxers that read one plain file. Playlists (HLS, DASH, concat) make FFmpeg open other files and addresses, whatever
# the file is called; a protocol list alone does not stop them, a format list does.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,mp3,flac,aac,mxf"
_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
_MICROSECOND = Fraction(1, 1_000_000)


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a media file for reading, with only plain file formats allowed. Raises MediaError with one clear line."""
    try:
        # The prefix keeps a name such as "http:x.mp4" or "-y.mp4" a file name.
        with av.open(f"file:{path}", mode="r", options=_OPTIONS, metadata_errors="ignore") as container:
            yield container
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f"cannot read this as a video ({reason})",
            where=path,
            do="Check that it plays in a video player; if it does, convert it with: ffmpeg -i FILE -c copy fixed.mkv",
        ) from error


def probe(path: Path) -> Video:
    """Read what a file holds. Raises MediaError for what is no readable video, and says why."""
    _check_file(path)
    with opened(path) as container:
        stream = picture_stream(container, path)
        _check_complete(container, stream, path)
        start = Fraction(container.start_time or 0) * _MICROSECOND
        rotation = _rotation(container, stream, path)
        width, height = _display_size(stream, rotation)
        audio = tuple(_audio_stream(sound, start) for sound in container.streams.audio if sound.codec_context)
        return Video(
            fingerprint=file_digest(path),
            duration=_duration(container, stream),
            frame_rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
            width=width,
            height=height,
            coded_width=stream.codec_context.width,
            coded_height=stream.codec_context.height,
            rotation=rotation,
            start=start,
            audio=audio,
            path=path,
        )


def picture_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The stream of moving pictures; a cover picture is not one. Raises MediaError when there is none."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
            return stream
    raise MediaError("there is no video stream", where=path, do="clipy needs moving pictures; give it the video file")


def _check_file(path: Path) -> None:
    if not path.exists():
        raise MediaError("no such file", where=path, do="Check the name and the folder")
    if path.is_dir():
        raise MediaError("this is a folder, not a video", where=path, do="Name the video files in it")
    if not path.is_file():
        raise MediaError("this is not a regular file", where=path, do="Save the stream to a file first")
    if path.stat().st_size == 0:
        raise MediaError("the file is empty", where=path, do="Copy or download it again")


def _check_complete(container: av.container.InputContainer, stream: av.VideoStream, path: Path) -> None:
    """An MP4 or MOV says where each picture lies: a file cut short is known by pictures beyond its end."""
    size = path.stat().st_size
    entries = stream.index_entries
    if "mp4" not in container.format.name or len(entries) == 0:
        return
    if entries[-1].pos + entries[-1].size > size:
        there = [entry for entry in entries if entry.pos + entry.size <= size]
        promised = float(_duration(container, stream))
        raise MediaError(
            f"the file is truncated: about {promised * len(there) / len(entries):.0f} s of {promised:.0f} s are there",
            where=path,
            do="Copy or download it again, or keep what is there with: ffmpeg -i FILE -c copy part.mkv",
        )


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> Seconds:
    if container.duration is not None:
        return container.duration * _MICROSECOND
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    last = Fraction(0)
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base is not None:
            last = max(last, (packet.pts + (packet.duration or 0)) * packet.time_base)
    container.seek(0)
    return last - Fraction(container.start_time or 0) * _MICROSECOND


def _rotation(container: av.container.InputContainer, stream: av.VideoStream, path: Path) -> Literal[0, 90, 180, 270]:
    """Degrees clockwise, from the first picture (FFmpeg counts them the other way round)."""
    try:
        frame = next(container.decode(stream))
    except (StopIteration, av.error.FFmpegError) as error:
        raise MediaError(
            "no picture can be decoded", where=path, do="Check that it plays in a video player, and copy it again"
        ) from error
    return cast("Literal[0, 90, 180, 270]", round(-frame.rotation / 90) * 90 % 360)


def _display_size(stream: av.VideoStream, rotation: int) -> tuple[int, int]:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    width, height = stream.codec_context.width, stream.codec_context.height
    width = max(1, round(width * aspect))
    return (height, width) if rotation in (90, 270) else (width, height)


def _audio_stream(stream: av.AudioStream, start: Seconds) -> AudioStream:
    first = Fraction(stream.start_time or 0) * (stream.time_base or Fraction(1))
    return AudioStream(
        index=stream.index,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        start=first - start if stream.start_time is not None else Fraction(0),
        language=stream.language,
    )
