"""What becomes of a clip whose faults can be repaired: another edit, from which it is rendered and reviewed again.

A reviewer names the repair as data (``Finding.repair``); what each kind of repair changes is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from clipy.analysis.camera.camera import Camera
from clipy.mixing import Sides
from clipy.types import CropPath, CropShot, Edit, Finding, Highlight, Repair, Span, Video

_MOST_GAIN = 20.0  # dB; a clip that is further off has another fault than its level


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a clip is made from anew. ``because`` are the findings that asked for it."""

    highlight: Highlight
    crop: CropPath
    gain: float
    sides: Sides | None
    because: tuple[Finding, ...]


def repaired(video: Video, edit: Edit, findings: Sequence[Finding], shortest: Fraction) -> Repaired | None:
    """The clip with every error's repair made; None when one has none, or less than ``shortest`` would be left."""
    faults = tuple(finding for finding in findings if finding.severity == "error")
    repairs = [finding.repair for finding in faults if finding.repair is not None]
    if not faults or len(repairs) < len(faults):
        return None
    stays = _stays(edit, repairs)
    gain = _gain(repairs)
    if stays is None or stays.duration < shortest or abs(gain) > _MOST_GAIN:
        return None
    crop = edit.crop
    for repair in repairs:
        if repair.kind == "relayout":
            crop = _whole(video, edit, crop, repair.span)
    crop = replace(crop, shots=tuple(_within(crop.shots, stays)))
    sides = next((repair.sides for repair in repairs if repair.kind == "remix"), edit.sides)
    return Repaired(replace(edit.highlight, span=stays), crop, edit.gain + gain, sides, faults)


def _stays(edit: Edit, repairs: Sequence[Repair]) -> Span | None:
    """The part of the source that is left by every trim; None when nothing is."""
    start, end = edit.highlight.span.start, edit.highlight.span.end
    for repair in repairs:
        if repair.kind == "trim" and repair.span is not None:
            start = max(start, edit.source_time(repair.span.start))
            end = min(end, edit.source_time(repair.span.end))
    return Span(start, end) if start < end else None


def _gain(repairs: Sequence[Repair]) -> float:
    """The gain that is asked for; of several the smallest, so that none asks for too much."""
    asked = [repair.gain for repair in repairs if repair.kind == "relevel"]
    return min(asked, key=abs, default=0.0)


def _whole(video: Video, edit: Edit, crop: CropPath, span: Span | None) -> CropPath:
    """The crop with the whole picture in the shots that a span of the clip touches."""
    camera = Camera(video, crop.width, crop.height)
    touched = edit.highlight.span
    if span is not None:
        touched = Span(edit.source_time(span.start), edit.source_time(span.end))
    return replace(
        crop,
        shots=tuple(camera.whole(shot.span) if shot.span.overlap(touched) > 0 else shot for shot in crop.shots),
    )


def _within(shots: Sequence[CropShot], span: Span) -> list[CropShot]:
    """The shots of a span; keyframes outside of it still say where the window comes from."""
    return [replace(shot, span=shot.span.clamp(span)) for shot in shots if shot.span.overlap(span) > 0]
