"""Probing: a file -> ``Video``, checked before anything else is done with it."""

from __future__ import annotations

import logging
import re
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import av
import av.container
import av.stream

from clipy.errors import MediaError
from clipy.media.dolby_vision import check_dolby_vision
from clipy.media.safe_open import (
    check_audio_stream,
    check_duration,
    find_video_stream,
    is_decodable_audio,
    open_media,
    video_stream,
)
from clipy.media.still_picture import STILL_RATE, STILL_SIZE
from clipy.storage.store import file_digest
from clipy.types import AudioStream, Seconds, Video

log = logging.getLogger(__name__)

_MICROSECOND = Fraction(1, 1_000_000)
_PROGRAMS = re.compile(r"handler|handle|core media|gpac|iso media|mainconcept|bento4|vide[o]?$|^sound$", re.IGNORECASE)
_ASIDE = av.stream.Disposition.comment | av.stream.Disposition.visual_impaired | av.stream.Disposition.descriptions


def probe(path: str | Path, *, sound_only: bool = False) -> Video:
    """Probe a video file. Raises MediaError for anything but a readable video.

    ``sound_only``: a file that has only sound will do; its cover, or a plain ground, is then its picture.
    """
    path = Path(path)
    with open_media(path) as container:
        if sound_only and find_video_stream(container, path) is None:
            return _probe_sound(container, path)
        stream = video_stream(container, path)
        _check_complete(container, stream, path)
        check_dolby_vision(path, stream.codec_context.name, stream.codec_context.codec_tag)
        start = Fraction(container.start_time or 0) * _MICROSECOND
        rotation = _rotation(container, stream, path)
        width, height = _display_size(stream, rotation)
        duration = _duration(container, stream)
        check_duration(duration, path)
        audio = tuple(_audio_stream(sound, start) for sound in _sounds(container, path))
        return Video(
            fingerprint=_fingerprint(path),
            duration=duration,
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


def _fingerprint(path: Path) -> str:
    """The sha256 of a file, which this process reads once as long as neither its size nor its time changes."""
    facts = path.stat()
    return _digest(path.absolute(), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int) -> str:  # noqa: ARG001 - by these it is remembered
    """For hours of video this takes seconds, and each step of a run asks."""
    return file_digest(path)


def _probe_sound(container: av.container.InputContainer, path: Path) -> Video:
    start = Fraction(container.start_time or 0) * _MICROSECOND
    audio = tuple(_audio_stream(sound, start) for sound in _sounds(container, path))
    if not audio:
        raise MediaError("the file has neither a picture nor sound", where=path, do="Use a video or a sound file")
    duration = _duration(container, container.streams.audio[0])
    check_duration(duration, path)
    width, height = STILL_SIZE
    return Video(
        fingerprint=_fingerprint(path),
        duration=duration,
        frame_rate=STILL_RATE,
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        rotation=0,
        start=start,
        audio=audio,
        path=path,
        sound_only=True,
    )


def _check_complete(container: av.container.InputContainer, stream: av.VideoStream, path: Path) -> None:
    """Detect truncated MP4 and MOV files: their index refers to frames beyond the end of the file."""
    size = path.stat().st_size
    entries = stream.index_entries
    if "mp4" not in container.format.name or len(entries) == 0:
        return
    if entries[-1].pos + entries[-1].size > size:
        there = [entry for entry in entries if entry.pos + entry.size <= size]
        promised = float(_duration(container, stream))
        raise MediaError(
            f"the file is truncated: it has about {promised * len(there) / len(entries):.0f} s of {promised:.0f} s",
            where=path,
            do="Copy or download it again, or keep the intact part with: ffmpeg -i FILE -c copy part.mkv",
        )


def _duration(container: av.container.InputContainer, stream: av.VideoStream | av.AudioStream) -> Seconds:
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
    """The rotation in degrees clockwise, from the first frame (FFmpeg counts counterclockwise)."""
    try:
        frame = next(container.decode(stream))
    except (StopIteration, av.error.FFmpegError) as error:
        raise MediaError(
            "no frame can be decoded", where=path, do="Check that it plays in a video player, or copy it again"
        ) from error
    return cast("Literal[0, 90, 180, 270]", round(-frame.rotation / 90) * 90 % 360)


def _display_size(stream: av.VideoStream, rotation: int) -> tuple[int, int]:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    width, height = stream.codec_context.width, stream.codec_context.height
    width = max(1, round(width * aspect))
    return (height, width) if rotation in (90, 270) else (width, height)


def _sounds(container: av.container.InputContainer, path: Path) -> list[av.AudioStream]:
    """The sound tracks that can be decoded; the one that players choose first."""
    found = []
    for stream in container.streams.audio:
        if is_decodable_audio(stream):
            check_audio_stream(stream, path)
            found.append(stream)
        else:
            log.warning("%s: sound track %d cannot be decoded and is left out", path.name, stream.index)
    return sorted(found, key=lambda stream: not stream.disposition & av.stream.Disposition.default)


def _audio_stream(stream: av.AudioStream, start: Seconds) -> AudioStream:
    first = Fraction(stream.start_time or 0) * (stream.time_base or Fraction(1))
    return AudioStream(
        index=stream.index,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        start=first - start if stream.start_time is not None else Fraction(0),
        language=stream.language,
        title=_title(stream),
        aside=bool(stream.disposition & _ASIDE),
    )


def _title(stream: av.AudioStream) -> str:
    """What a person called the track; programs that write MP4 put their own name there."""
    named = next((stream.metadata[key] for key in ("title", "name", "handler_name") if stream.metadata.get(key)), "")
    return "" if _PROGRAMS.search(named) else " ".join(named.split())
