"""Punch-ins as narrower windows of a crop: the picture is resampled once, whatever the zoom.

A window that is narrowed about a point inside it lies inside it, and so inside the picture, with the same proportions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from clipy.types import Box, CropShot, Keyframe, Panel, Seconds, Span, Track

_STEP = Fraction(1, 25)  # seconds between the keyframes of a smooth zoom
_MARGIN = 0.03  # sides of the window that stay between a face and its edge
_HAIR, _EARS = 0.3, 0.1  # heights and widths of a face by which a head is bigger than what detectors box
_EYE_LINE = 0.4  # where a face usually is, as a share of the window's height


@dataclass(frozen=True, slots=True)
class Punch:
    """One zoom in source time: to ``scale`` times as big, at once (``hard``) or eased over ``ease`` seconds."""

    span: Span
    scale: float
    why: str
    hard: bool = False
    ease: float = 0.35

    def at(self, time: Seconds) -> float:
        """The scale at a time; 1 outside."""
        if time not in self.span:
            return 1.0
        if self.hard:
            return self.scale
        edge = float(min(time - self.span.start, self.span.end - time))
        share = min(1.0, edge / min(self.ease, float(self.span.duration) / 2))
        return 1 + (self.scale - 1) * share * share * (3 - 2 * share)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The point of a window that a zoom keeps in place, as shares of its sides, and how far it may zoom there."""

    x: float
    y: float
    limit: float


def anchor(panel: Panel, span: Span, tracks: Sequence[Track]) -> Anchor:
    """Zoom about the face nearest to where one is usually framed, so far that no face on screen is cut.

    ``limit`` is infinite where there is no face; 1 where the face does not fit as it is.
    """
    seen = [face for track in tracks for face in _on_window(track, panel, span)]
    if not seen:
        return Anchor(0.5, _EYE_LINE, float("inf"))
    by_track: dict[int, list[Box]] = {}
    for number, box in seen:
        by_track.setdefault(number, []).append(box)
    middles = {number: np.median([box.center for box in boxes], axis=0) for number, boxes in by_track.items()}
    chosen = min(middles, key=lambda number: float(np.hypot(*(middles[number] - (0.5, _EYE_LINE)))))
    x, y = (min(1.0, max(0.0, float(value))) for value in middles[chosen])
    limits = [_limit(box, x, y, must=number == chosen) for number, box in seen]
    return Anchor(x, y, max(1.0, min(limits)))


def _on_window(track: Track, panel: Panel, span: Span) -> Iterator[tuple[int, Box]]:
    """A track's boxes while a span lasts, as shares of the window's sides, where their middle is inside."""
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


def _limit(box: Box, x: float, y: float, *, must: bool) -> float:
    """How far one may zoom about a point before a face leaves the unit square."""
    wide, high = _EARS * box.width, _HAIR * box.height
    head = Box(box.x1 - wide, box.y1 - high, box.x2 + wide, box.y2)
    if min(head.x1, head.y1, 1 - head.x2, 1 - head.y2) >= _MARGIN:
        return _scale(head, x, y, _MARGIN)
    if min(box.x1, box.y1, 1 - box.x2, 1 - box.y2) >= 0:
        return _scale(box, x, y, 0.0)
    return 1.0 if must else float("inf")  # another face that is cut already is not what the shot is about


def _scale(box: Box, x: float, y: float, margin: float) -> float:
    pairs = ((x, x - box.x1), (1 - x, box.x2 - x), (y, y - box.y1), (1 - y, box.y2 - y))
    return min(((room - margin) / needed for room, needed in pairs if needed > 1e-9), default=float("inf"))


def zoomed(window: Box, x: float, y: float, scale: float) -> Box:
    """A window narrowed about a point of it."""
    left = window.x1 + x * window.width * (1 - 1 / scale)
    top = window.y1 + y * window.height * (1 - 1 / scale)
    return Box(left, top, left + window.width / scale, top + window.height / scale)


def punched(shot: CropShot, punches: Sequence[tuple[Punch, Anchor]]) -> Iterator[CropShot]:
    """A shot of one panel with some zooms in it, in order and apart. A hard one is a shot of its own."""
    (panel,) = shot.panels
    edges = {edge for punch, _ in punches if punch.hard for edge in (punch.span.start, punch.span.end)}
    cuts = sorted({shot.span.start, shot.span.end, *(edge for edge in edges if edge in shot.span)})
    for start, end in pairwise(cuts):
        piece = Span(start, end)
        inside = [(punch, point) for punch, point in punches if punch.span.overlap(piece) > 0]
        times = {start, end, *(key.time for key in panel.keyframes if start < key.time < end)}
        for punch, _ in inside:
            times |= {time for time in _ramps(punch) if start < time < end}
        keyframes = tuple(Keyframe(time, _window(panel, time, piece, inside)) for time in sorted(times))
        if all(key.box == keyframes[0].box for key in keyframes):
            keyframes = keyframes[:1]
        yield replace(shot, span=piece, panels=(replace(panel, keyframes=keyframes),))


def _ramps(punch: Punch) -> Iterator[Seconds]:
    if punch.hard:
        return
    time = punch.span.start
    while time < punch.span.end:
        yield time
        time += _STEP
    yield punch.span.end


def _window(panel: Panel, time: Seconds, piece: Span, punches: Sequence[tuple[Punch, Anchor]]) -> Box:
    for punch, point in punches:
        scale = punch.scale if punch.hard else punch.at(time)
        if (punch.hard or time in punch.span) and punch.span.overlap(piece) > 0:
            return zoomed(panel.window(time), point.x, point.y, scale)
    return panel.window(time)
