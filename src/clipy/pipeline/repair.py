"""Repairs: a clip whose every error names one gets another edit, from which it is rendered and reviewed again.

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
class RepairPlan:
    """What the clip is rendered from again. ``because`` are the findings that asked for it."""

    highlight: Highlight
    crop: CropPath
    gain: float
    sides: Sides | None
    because: tuple[Finding, ...]

    @property
    def outline(self) -> Edit:
        """The clip before its words and its pizzazz are planned."""
        return Edit(self.highlight, self.crop, (self.highlight.span,), gain=self.gain, sides=self.sides)


def has_same_pictures(edit: Edit, earlier: Edit | None) -> bool:
    """Whether two edits of a clip differ in their sound alone."""
    return earlier is not None and replace(edit, gain=earlier.gain, sides=earlier.sides) == earlier


def plan_repair(video: Video, edit: Edit, findings: Sequence[Finding], shortest: Fraction) -> RepairPlan | None:
    """The clip with every error repaired; None if one names no repair, or less than ``shortest`` would be left."""
    faults = tuple(finding for finding in findings if finding.severity == "error")
    repairs = [finding.repair for finding in faults if finding.repair is not None]
    if not faults or len(repairs) < len(faults):
        return None
    stays = _kept_by_trims(edit, repairs)
    gain = _gain(repairs)
    if stays is None or stays.duration < shortest or abs(gain) > _MOST_GAIN:
        return None
    crop = edit.crop
    for repair in repairs:
        if repair.kind == "relayout":
            crop = _show_whole(video, edit, crop, repair.span)
    crop = replace(crop, shots=tuple(_clamp_shots(crop.shots, stays)))
    sides = next((repair.sides for repair in repairs if repair.kind == "remix"), edit.sides)
    return RepairPlan(replace(edit.highlight, span=stays), crop, edit.gain + gain, sides, faults)


def _kept_by_trims(edit: Edit, repairs: Sequence[Repair]) -> Span | None:
    """The part of the source that all trims leave; None when nothing is left."""
    start, end = edit.highlight.span.start, edit.highlight.span.end
    for repair in repairs:
        if repair.kind == "trim" and repair.span is not None:
            start = max(start, edit.source_time(repair.span.start))
            end = min(end, edit.source_time(repair.span.end))
    return Span(start, end) if start < end else None


def _gain(repairs: Sequence[Repair]) -> float:
    """The gain that is asked for; of several, the smallest."""
    asked = [repair.gain for repair in repairs if repair.kind == "relevel"]
    return min(asked, key=abs, default=0.0)


def _show_whole(video: Video, edit: Edit, crop: CropPath, span: Span | None) -> CropPath:
    """The crop with the whole picture shown in the shots that a span of the clip touches."""
    camera = Camera(video, crop.width, crop.height)
    touched = edit.highlight.span
    if span is not None:
        touched = Span(edit.source_time(span.start), edit.source_time(span.end))
    return replace(
        crop,
        shots=tuple(camera.whole(shot.span) if shot.span.overlap(touched) > 0 else shot for shot in crop.shots),
    )


def _clamp_shots(shots: Sequence[CropShot], span: Span) -> list[CropShot]:
    """The shots of a span; keyframes outside of it still say where the window comes from."""
    return [replace(shot, span=shot.span.clamp(span)) for shot in shots if shot.span.overlap(span) > 0]
