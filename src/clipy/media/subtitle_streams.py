"""Subtitle streams inside a video, as text with times."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from clipy.media.safe_open import open_media
from clipy.types import Span, Video

_TEXT = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """A stream of subtitles as text, not as pictures. ``language`` is the code that the file gives, often ISO 639-2."""

    index: int
    language: str


def subtitle_streams(video: Video) -> list[SubtitleStream]:
    """The text subtitles of a video, in the order of the file."""
    with open_media(video.path) as container:
        return [
            SubtitleStream(stream.index, stream.language or "")
            for stream in container.streams.subtitles
            if stream.codec_context.name in _TEXT
        ]


def subtitle_events(video: Video, index: int) -> list[tuple[Span, str]]:
    """When each subtitle of a stream is shown, and its text in the markup of Advanced SubStation.

    A subtitle without a duration is shown until the next one. Broken packets are passed over.
    """
    found: list[tuple[Fraction, Fraction, str]] = []
    with open_media(video.path) as container:
        stream = container.streams[index]
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            start = packet.pts * packet.time_base - video.start
            text = _text(packet)
            if text:
                found.append((start, start + (packet.duration or 0) * packet.time_base, text))
    found.sort()
    later = [start for start, _, _ in found[1:]] + [video.duration]
    spans = [(start, end if end > start else after) for (start, end, _), after in zip(found, later, strict=True)]
    return [(Span(start, end), text) for (start, end), (_, _, text) in zip(spans, found, strict=True) if end > start]


def _text(packet: Any) -> str:
    try:
        decoded = packet.decode()
    except av.error.InvalidDataError:
        return ""
    parts = [getattr(item, "dialogue", b"") or b"" for item in decoded]
    return r"\N".join(part.decode("utf-8", errors="replace").strip() for part in parts if part)
