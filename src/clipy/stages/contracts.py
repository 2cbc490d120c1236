"""What stages promise, as checks at the border (``clipy.contract``)."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from clipy.analysis.contracts import fill, in_seconds
from clipy.contract import Broken
from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.types import Clip, CropPath, Edit, Finding, Highlight, Panel, Post, Review, Severity, Span, Video

_ROUNDING = 0.001  # seconds by which a length in exact time may differ from one that a person wrote
_PIXEL = 1e-6  # pixels that arithmetic may be off
_LATE = Fraction(1, 5)  # seconds that a file may be longer or shorter than its edit
_AFTER = 1  # seconds that a finding may reach past a clip's end: containers round their durations


def picked(backend: Any, inputs: tuple[Any, ...], found: list[Highlight]) -> None:
    """Clips inside the video, apart, of the length that was asked for, with scores in 0..1.

    Where a person gave the times (``given``), length and overlap are that person's.
    """
    video: Video = inputs[0]
    shortest, longest = backend.options.min_duration, backend.options.max_duration
    for pick in found:
        span = pick.span
        if not 0 <= span.start < span.end <= video.duration:
            raise Broken(f"clips inside the video (0 to {float(video.duration):.2f} s)", in_seconds(span))
        if not 0 <= pick.score <= 1:
            raise Broken("scores in 0..1", f"{pick.score} for {in_seconds(span)}")
        if not (pick.given or shortest - _ROUNDING <= span.duration <= longest + _ROUNDING):
            came = f"one of {float(span.duration):.2f} s ({in_seconds(span)})"
            raise Broken(f"clips of {shortest:g} to {longest:g} s", came)
    for a, b in pairwise(sorted(pick.span for pick in found if not pick.given)):
        if b.start < a.end:
            raise Broken("clips that do not overlap", f"{in_seconds(a)} and {in_seconds(b)}")


def framed(backend: Any, inputs: tuple[Any, ...], path: CropPath) -> None:
    """Windows for every moment of the highlight, inside the picture, on an output of the size that was asked for."""
    video: Video = inputs[0]
    span: Span = inputs[1].span
    wanted = _size(backend.options.width, backend.options.height)
    if _size(path.width, path.height) != wanted:
        raise Broken(f"an output of {wanted}", _size(path.width, path.height))
    if not fill(span, [shot.span for shot in path.shots]):
        came = _spans([shot.span for shot in path.shots])
        raise Broken(f"shots that fill {in_seconds(span)} in order, without gaps", came)
    for shot in path.shots:
        if not shot.panels:
            raise Broken("a window in every shot", f"none at {in_seconds(shot.span)}")
        for panel in shot.panels:
            _panel(panel, path, video)


def _panel(panel: Panel, path: CropPath, video: Video) -> None:
    x1, y1, x2, y2 = panel.into
    if not (0 <= x1 < x2 <= path.width and 0 <= y1 < y2 <= path.height):
        raise Broken(f"places inside the output of {_size(path.width, path.height)}", f"({x1}, {y1}) to ({x2}, {y2})")
    times = [key.time for key in panel.keyframes]
    if not times or times != sorted(set(times)):
        raise Broken("keyframes in order of time", ", ".join(f"{float(time):.3f} s" for time in times) or "none")
    for box in (key.box for key in panel.keyframes):
        wide = -_PIXEL <= box.x1 < box.x2 <= video.width + _PIXEL
        high = -_PIXEL <= box.y1 < box.y2 <= video.height + _PIXEL
        if not (wide and high):
            came = f"({box.x1:.1f}, {box.y1:.1f}) to ({box.x2:.1f}, {box.y2:.1f})"
            raise Broken(f"windows inside the picture of {_size(video.width, video.height)}", came)


def planned(backend: Any, inputs: tuple[Any, ...], edit: Edit) -> None:
    """Kept spans in order, unchanged unless it retimes; the size, and what others planned, as they were."""
    before: Edit = inputs[1]
    size = _size(before.crop.width, before.crop.height)
    if _size(edit.crop.width, edit.crop.height) != size:
        raise Broken(f"an output of {size}, as before", _size(edit.crop.width, edit.crop.height))
    if edit.keep != before.keep:
        _retimed(backend, before, edit)
    lost = [name for name, plan in before.plans.items() if edit.plans.get(name) != plan]
    if lost:
        raise Broken("the plans of others as they were", f"another plan of {', '.join(lost)}")


def _retimed(backend: Any, before: Edit, edit: Edit) -> None:
    if not backend.retimes:
        raise Broken("the kept spans as they were, because retimes is False", _spans(edit.keep))
    if before.plans:
        raise Broken("to cut before others plan", f"cuts after {', '.join(before.plans)} had planned")
    ordered = all(span.start < span.end for span in edit.keep) and all(a.end <= b.start for a, b in pairwise(edit.keep))
    if not edit.keep or not ordered:
        raise Broken("kept spans in order, apart, at least one", _spans(edit.keep))
    if not all(any(old.start <= span.start and span.end <= old.end for old in before.keep) for span in edit.keep):
        raise Broken(f"kept spans within {_spans(before.keep)}", _spans(edit.keep))


def written(_: object, inputs: tuple[Any, ...], path: Path) -> None:
    """A readable video of the edit's size and length, with sound."""
    edit: Edit = inputs[1]
    try:
        video = probe(path)
    except MediaError as error:
        raise Broken("a video file", error.what) from error
    size = _size(edit.crop.width, edit.crop.height)
    if _size(video.width, video.height) != size:
        raise Broken(f"a video of {size}", _size(video.width, video.height))
    if abs(video.duration - edit.duration) > _LATE:
        raise Broken(f"a video of {float(edit.duration):.2f} s", f"{float(video.duration):.2f} s")
    if not video.audio:
        raise Broken("a video with a sound track", "none")


def reviewed(backend: Any, inputs: tuple[Any, ...], review: Review) -> None:
    """Findings that say what was checked and found, inside the clip."""
    clip: Clip = inputs[0]
    if review.reviewer != backend.name:
        raise Broken(f"a review by {backend.name!r}", f"one by {review.reviewer!r}")
    for finding in review.findings:
        _finding(finding, clip)


def _finding(finding: Finding, clip: Clip) -> None:
    if not finding.check or not finding.message:
        raise Broken("findings with a check and a message", f"{finding.check!r}, {finding.message!r}")
    if finding.severity not in get_args(Severity):
        raise Broken(f"a severity: {', '.join(get_args(Severity))}", repr(finding.severity))
    span = finding.span
    if span is not None and clip.duration and not 0 <= span.start <= span.end <= clip.duration + _AFTER:
        raise Broken(f"findings inside the clip (0 to {float(clip.duration):.2f} s)", in_seconds(span))
    if any(number is not None and math.isnan(number) for number in (finding.value, finding.limit)):
        raise Broken("values that are numbers", f"NaN for {finding.check}")


def posted(backend: Any, _: tuple[Any, ...], post: Post) -> None:
    """Proof: by whom, and where it is now."""
    if post.uploader != backend.name or not post.where:
        raise Broken(f"a post by {backend.name!r} that says where", f"one by {post.uploader!r} at {post.where!r}")


def _spans(spans: tuple[Span, ...] | list[Span]) -> str:
    return ", ".join(in_seconds(span) for span in spans) or "none"


def _size(width: int, height: int) -> str:
    return f"{width}x{height}"
