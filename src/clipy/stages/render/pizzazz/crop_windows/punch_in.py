"""Punch-ins as narrower windows of a crop, so that the picture is resampled only once.

A window narrowed about a point inside it stays inside it, and thus inside the picture, with the same aspect ratio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from clipy.geometry import smoothstep
from clipy.types import Box, CropShot, Keyframe, Panel, Seconds, Span, Track

_KEYFRAME_INTERVAL = Fraction(1, 25)  # seconds, of a smooth zoom
_MARGIN = 0.03  # between a face and the window's edge, as a share of the window's side
_HAIR, _EARS = 0.3, 0.1  # of a face's height and width: how far a head extends beyond a detector's box
_EYE_LINE = 0.4  # usual height of a face, as a share of the window's height


@dataclass(frozen=True, slots=True)
class PunchIn:
    """A zoom in source time: by a factor ``scale``, instantly (``hard``) or eased over ``ease`` seconds."""

    span: Span
    scale: float
    reason: str
    hard: bool = False
    ease: float = 0.35

    def scale_at(self, time: Seconds) -> float:
        """The scale at a source time; 1 outside the span."""
        if time not in self.span:
            return 1.0
        if self.hard:
            return self.scale
        from_edge = float(min(time - self.span.start, self.span.end - time))
        return 1 + (self.scale - 1) * smoothstep(from_edge / min(self.ease, float(self.span.duration) / 2))


@dataclass(frozen=True, slots=True)
class Anchor:
    """The fixed point of a zoom, as shares of the window's sides, and the largest scale that cuts no face there."""

    x: float
    y: float
    max_scale: float


def choose_anchor(panel: Panel, span: Span, tracks: Sequence[Track]) -> Anchor:
    """Anchor a zoom on the face closest to where one is usually framed.

    ``max_scale`` is infinite without faces, and 1 where the face does not even fit the unzoomed window.
    """
    faces = [face for track in tracks for face in _faces_in_window(track, panel, span)]
    if not faces:
        return Anchor(0.5, _EYE_LINE, float("inf"))
    by_track: dict[int, list[Box]] = {}
    for track_id, box in faces:
        by_track.setdefault(track_id, []).append(box)
    centers = {track_id: np.median([box.center for box in boxes], axis=0) for track_id, boxes in by_track.items()}
    chosen = min(centers, key=lambda track_id: float(np.hypot(*(centers[track_id] - (0.5, _EYE_LINE)))))
    x, y = (min(1.0, max(0.0, float(value))) for value in centers[chosen])
    limits = [_max_scale(box, x, y, is_subject=track_id == chosen) for track_id, box in faces]
    return Anchor(x, y, max(1.0, min(limits)))


def _faces_in_window(track: Track, panel: Panel, span: Span) -> Iterator[tuple[int, Box]]:
    """A track's boxes during a span whose center is in the window, as shares of the window's sides."""
    for index in np.flatnonzero((track.times >= float(span.start)) & (track.times < float(span.end))).tolist():
        window = panel.window(Fraction(float(track.times[index])).limit_denominator(90_000))
        x1, y1, x2, y2 = map(float, track.boxes[index])
        box = Box(
            (x1 - window.x1) / window.width,
            (y1 - window.y1) / window.height,
            (x2 - window.x1) / window.width,
            (y2 - window.y1) / window.height,
        )
        if 0 < box.center[0] < 1 and 0 < box.center[1] < 1:
            yield track.id, box


def _max_scale(box: Box, x: float, y: float, *, is_subject: bool) -> float:
    """The largest scale about a point at which a face stays inside the unit square."""
    wide, high = _EARS * box.width, _HAIR * box.height
    head = Box(box.x1 - wide, box.y1 - high, box.x2 + wide, box.y2)
    if min(head.x1, head.y1, 1 - head.x2, 1 - head.y2) >= _MARGIN:
        return _scale_to_edge(head, x, y, _MARGIN)
    if min(box.x1, box.y1, 1 - box.x2, 1 - box.y2) >= 0:
        return _scale_to_edge(box, x, y, 0.0)
    return 1.0 if is_subject else float("inf")  # another face that is cut already is not what the shot is about


def _scale_to_edge(box: Box, x: float, y: float, margin: float) -> float:
    pairs = ((x, x - box.x1), (1 - x, box.x2 - x), (y, y - box.y1), (1 - y, box.y2 - y))
    return min(((room - margin) / needed for room, needed in pairs if needed > 1e-9), default=float("inf"))


def narrow_window(window: Box, x: float, y: float, scale: float) -> Box:
    """A window narrowed by ``scale`` about a point of it (shares of its sides)."""
    left = window.x1 + x * window.width * (1 - 1 / scale)
    top = window.y1 + y * window.height * (1 - 1 / scale)
    return Box(left, top, left + window.width / scale, top + window.height / scale)


def apply_punch_ins(shot: CropShot, punch_ins: Sequence[tuple[PunchIn, Anchor]]) -> Iterator[CropShot]:
    """A single-panel shot with punch-ins that are in order and do not overlap; a hard one becomes its own shot."""
    (panel,) = shot.panels
    edges = {edge for punch, _ in punch_ins if punch.hard for edge in (punch.span.start, punch.span.end)}
    cuts = sorted({shot.span.start, shot.span.end, *(edge for edge in edges if edge in shot.span)})
    for start, end in pairwise(cuts):
        span = Span(start, end)
        inside = [(punch, anchor) for punch, anchor in punch_ins if punch.span.overlap(span) > 0]
        times = {start, end, *(key.time for key in panel.keyframes if start < key.time < end)}
        for punch, _ in inside:
            times |= {time for time in _keyframe_times(punch) if start < time < end}
        keyframes = tuple(Keyframe(time, _window_at(panel, time, inside)) for time in sorted(times))
        if all(key.box == keyframes[0].box for key in keyframes):
            keyframes = keyframes[:1]
        yield replace(shot, span=span, panels=(replace(panel, keyframes=keyframes),))


def _keyframe_times(punch: PunchIn) -> Iterator[Seconds]:
    if punch.hard:
        return
    time = punch.span.start
    while time < punch.span.end:
        yield time
        time += _KEYFRAME_INTERVAL
    yield punch.span.end


def _window_at(panel: Panel, time: Seconds, punch_ins: Sequence[tuple[PunchIn, Anchor]]) -> Box:
    for punch, anchor in punch_ins:
        if punch.hard or time in punch.span:
            scale = punch.scale if punch.hard else punch.scale_at(time)
            return narrow_window(panel.window(time), anchor.x, anchor.y, scale)
    return panel.window(time)
