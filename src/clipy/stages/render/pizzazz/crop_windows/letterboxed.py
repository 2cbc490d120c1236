"""Letterboxed regions: when a clip shows the whole source picture over a backdrop (layout ``fit``), and where."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pydantic import TypeAdapter

from clipy.types import LETTERBOXED, Edit, Json, Seconds, Span, Video

Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class LetterboxedRegion:
    """A stretch of clip time and the output rectangle (x1, y1, x2, y2 in even pixels) that the picture fills."""

    span: Span
    into: Rectangle


_REGIONS = TypeAdapter(tuple[LetterboxedRegion, ...])


def letterboxed_regions(video: Video, edit: Edit) -> tuple[LetterboxedRegion, ...]:
    """Every stretch in which one panel lies over a backdrop (layouts ``fit`` and ``tile``), in order.

    Shifted by half a source frame, as the renderer switches shots at the frame whose middle lies behind a cut.
    """
    half_frame = 1 / video.frame_rate / 2
    regions, offset = [], Fraction(0)
    for kept in edit.keep:
        for shot in edit.crop.shots:
            part = shot.span.clamp(kept)
            if shot.layout in LETTERBOXED and part.duration > 0:
                start = Fraction(0) if part.start == kept.start else part.start - kept.start - half_frame
                end = part.end - kept.start - (0 if part.end == kept.end else half_frame)
                start = max(start, Fraction(0))
                x1, y1, x2, y2 = (round(edge / 2) * 2 for edge in shot.panels[0].into)
                regions.append(LetterboxedRegion(Span(offset + start, offset + max(start, end)), (x1, y1, x2, y2)))
        offset += kept.duration
    return tuple(regions)


def letterboxed_plan(regions: tuple[LetterboxedRegion, ...]) -> Json:
    """The regions as a pizzazz's plan: ``{"fit": [...]}``."""
    return {"fit": _REGIONS.dump_python(regions, mode="json")}


def planned_regions(plan: Json) -> tuple[LetterboxedRegion, ...]:
    """The regions of a plan made by ``letterboxed_plan``."""
    return _REGIONS.validate_python(plan["fit"])


def rectangle_at(regions: tuple[LetterboxedRegion, ...], time: Seconds) -> Rectangle | None:
    """Where the letterboxed picture is at a clip time; None where there is none."""
    return next((region.into for region in regions if time in region.span), None)
