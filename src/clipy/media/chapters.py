"""The marks that a file carries: its chapters, and the timecode of its first picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from clipy.media.safe_open import open_media
from clipy.types import Span, Video


def chapters(video: Video) -> list[tuple[Span, str]]:
    """The chapters in order, each with its title or an empty one; none when the file has none. Raises MediaError."""
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
    """The timecode of the first picture as the file says it, such as ``01:00:00:00``; empty when it says none."""
    with open_media(path) as container:
        places = [container.metadata, *(stream.metadata for stream in container.streams)]
    # Matroska writes its names in capitals.
    return next((value for place in places for name, value in place.items() if name.lower() == "timecode"), "")
