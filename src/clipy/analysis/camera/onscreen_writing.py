"""Writing of the source on the output: names and quotes in the lower part of a picture, through the crop windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clipy.analysis.base import ShotDetector
from clipy.analysis.camera.onscreen import on_output
from clipy.analysis.picture.shot_analysis import analyze_shots
from clipy.context import Context
from clipy.geometry import share_inside
from clipy.types import LETTERBOXED, Box, CropShot, Edit, Span, Video

_VERSION = 1
_VISIBLE = 0.25  # share of a piece of writing that must be inside a panel to count as shown


@dataclass(frozen=True, slots=True)
class Writing:
    """Text of the source that lasts for a span of it, in its display pixels."""

    span: Span
    box: Box


def writing_on_screen(video: Video, edit: Edit, ctx: Context) -> list[Writing]:
    """The writing that the windows of a clip show: spans in clip time, boxes in output pixels.

    Pictures that are shown whole over a backdrop are left out: they are not to be written on anyway.
    """
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, edit.highlight.span)

    def measure() -> list[Writing]:
        scenes = analyze_shots(video, shots, ctx)
        return [Writing(scene.span, box) for scene in scenes for box in scene.lower_thirds()]

    found = ctx.cached_value("shots.writing", _VERSION, (video, shots), list[Writing], measure)
    return list(mapped_writing(found, edit))


def mapped_writing(found: Sequence[Writing], edit: Edit) -> Iterator[Writing]:
    """Writing of the source where the windows of an edit show it."""
    for writing in found:
        for shot in edit.crop.shots:
            part = shot.span.clamp(writing.span)
            if part.duration > 0 and shot.layout not in LETTERBOXED:
                shown = Span(edit.clip_time(part.start), edit.clip_time(part.end))
                if shown.duration > 0:
                    yield from (Writing(shown, box) for box in _shown(writing.box, part, shot))


def _shown(box: Box, part: Span, shot: CropShot) -> Iterator[Box]:
    """All that the writing covers on the output while the windows of a shot move."""
    moments = (part.start, part.start + part.duration / 2, part.end)
    for panel in shot.panels:
        windows = [panel.window(time) for time in moments]
        placed = [on_output(box, window, panel.into) for window in windows if share_inside(box, window) >= _VISIBLE]
        if placed:
            left, top, right, bottom = panel.into
            yield Box(
                max(left, min(one.x1 for one in placed)),
                max(top, min(one.y1 for one in placed)),
                min(right, max(one.x2 for one in placed)),
                min(bottom, max(one.y2 for one in placed)),
            )
