"""Chapters of a file, and the timecode of its first frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from clipy.media.safe_open import open_media
from clipy.types import Span, Video


def chapters(video: Video) -> list[tuple[Span, str]]:
    """The chapters in order, each with its title (possibly empty). Raises MediaError."""
    with open_media(video.path) as container:
        marks = container.chapters()
    found = []
    for mark in marks:
        base = mark["time_base"] or Fraction(1)
        start, end = (Fraction(mark[side] * base) - video.start for side in ("start", "end"))
        if end > start:
            span = Span(start, end).clamp(video.span)
            found.append((span, mark["metadata"].get("title", "").strip()))
    return sorted((item for item in found if item[0].duration > 0), key=lambda item: item[0])


def first_timecode(path: Path) -> str:
    """The timecode of the first frame as written in the file, such as ``01:00:00:00``; empty without one."""
    with open_media(path) as container:
        sources = [container.metadata, *(stream.metadata for stream in container.streams)]
    # Matroska writes keys in capitals.
    return next((value for metadata in sources for name, value in metadata.items() if name.lower() == "timecode"), "")
