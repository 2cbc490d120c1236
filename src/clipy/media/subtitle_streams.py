"""Embedded text subtitle streams."""

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
    """A subtitle stream as text (not bitmaps). ``language`` is the code in the file, often ISO 639-2."""

    index: int
    language: str


def subtitle_streams(video: Video) -> list[SubtitleStream]:
    """The text subtitle streams of a video, in file order."""
    with open_media(video.path) as container:
        return [
            SubtitleStream(stream.index, stream.language or "")
            for stream in container.streams.subtitles
            if stream.codec_context.name in _TEXT
        ]


def subtitle_events(video: Video, index: int) -> list[tuple[Span, str]]:
    """The events of a subtitle stream: when each is shown, and its text in ASS markup.

    An event without duration lasts until the next one. Broken packets are skipped.
    """
    events: list[tuple[Fraction, Fraction, str]] = []
    with open_media(video.path) as container:
        stream = container.streams[index]
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            start = packet.pts * packet.time_base - video.start
            text = _text(packet)
            if text:
                events.append((start, start + (packet.duration or 0) * packet.time_base, text))
    events.sort()
    later = [start for start, _, _ in events[1:]] + [video.duration]
    spans = [(start, end if end > start else after) for (start, end, _), after in zip(events, later, strict=True)]
    return [(Span(start, end), text) for (start, end), (_, _, text) in zip(spans, events, strict=True) if end > start]


def _text(packet: Any) -> str:
    try:
        decoded = packet.decode()
    except av.error.InvalidDataError:
        return ""
    parts = [getattr(item, "dialogue", b"") or b"" for item in decoded]
    return r"\N".join(part.decode("utf-8", errors="replace").strip() for part in parts if part)
