"""Delivered clips as timelines: which stretches of the source play when, on a grid of whole frames.

Editing software counts frames, so that every time is rounded to the frame rate of the timeline. The pictures of a
source with a variable frame rate are found by time when it is imported; their order stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from clipy import documents
from clipy.analysis.subtitles.writer import cues
from clipy.errors import DocumentError, MediaError
from clipy.media.probe import probe
from clipy.types import Clip, CropShot, Edit, Keyframe, Panel, Seconds, Span, Video
from clipy.typography.cards import Card

# The rates that Final Cut Pro, Premiere Pro and DaVinci Resolve offer for a timeline.
STANDARD_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the source in one layout: ``start`` in the source, ``at`` on the timeline, all in whole frames."""

    start: int
    length: int
    at: int
    shot: CropShot

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Timeline:
    """One clip as cuts of its source. ``cards`` are its captions, in clip time."""

    name: str
    title: str
    reason: str
    video: Video
    rate: Fraction
    width: int
    height: int
    segments: tuple[Segment, ...]
    cards: tuple[Card, ...]

    @property
    def length(self) -> int:
        """Whole frames."""
        return sum(segment.length for segment in self.segments)

    def seconds(self, frames: int) -> Fraction:
        return frames / self.rate

    def frames(self, time: Seconds) -> int:
        return round(time * self.rate)


def read_timelines(folder: Path, source: Path | None = None) -> list[Timeline]:
    """The clips that ``clips.json`` of a folder lists, best first. ``source``: where the video lies by now.

    Raises DocumentError where the source is gone or is another video, and MediaError where a clip is missing.
    """
    clips = [delivered.clip for delivered in documents.read_clips(folder)]
    video = _source(folder, source)
    return [_timeline(clip, clip.edit, video) for clip in clips if clip.edit is not None]


def windows(panel: Panel, span: Span) -> tuple[Keyframe, ...]:
    """The keyframes of a panel within a span, with one at each of its edges; a single one where nothing moves."""
    times = [span.start, *(key.time for key in panel.keyframes if span.start < key.time < span.end), span.end]
    keys = tuple(Keyframe(time, panel.window(time)) for time in times)
    return keys if any(key.box != keys[0].box for key in keys) else keys[:1]


def _source(folder: Path, moved: Path | None) -> Video:
    document = documents.read_json(folder / "clips.json")
    known = document.get("source") if isinstance(document, dict) else None
    if not isinstance(known, dict):
        raise DocumentError("no source is named", where=folder / "clips.json", do="Run clipy again")
    path = moved or Path(str(known.get("path", "")))
    try:
        video = probe(path, sound_only=True)
    except MediaError as error:
        raise DocumentError(
            f"the source of these clips cannot be read ({error.what})", where=path, do="Say where it is with --source"
        ) from error
    if video.fingerprint != known.get("fingerprint"):
        raise DocumentError(
            "this is not the video that the clips were cut from", where=path, do="Say where that is with --source"
        )
    return video


def _timeline(clip: Clip, edit: Edit, video: Video) -> Timeline:
    rate = min(STANDARD_RATES, key=lambda standard: abs(standard - video.frame_rate))
    return Timeline(
        clip.name,
        edit.highlight.title or clip.name,
        edit.highlight.reason,
        video,
        rate,
        edit.crop.width,
        edit.crop.height,
        tuple(_segments(edit, rate)),
        cues(edit.clip_words()),
    )


def _segments(edit: Edit, rate: Fraction) -> Iterator[Segment]:
    """The kept spans, cut where the layout changes. Rounding a boundary once keeps the timeline free of gaps."""
    passed = Fraction(0)
    for span, shot in _laid_out(edit.keep, edit.crop.shots):
        at, end = round(passed * rate), round((passed + span.duration) * rate)
        passed += span.duration
        if end > at:
            yield Segment(round(span.start * rate), end - at, at, shot)


def _laid_out(keep: Sequence[Span], shots: Sequence[CropShot]) -> Iterator[tuple[Span, CropShot]]:
    """Each kept span in the shots that it shows; time before the first or after the last shot belongs to that one."""
    for span in keep:
        borders = [span.start, *(shot.span.start for shot in shots[1:] if shot.span.start in span), span.end]
        for start, end in pairwise(borders):
            if end > start:
                yield Span(start, end), next((shot for shot in reversed(shots) if shot.span.start <= start), shots[0])
