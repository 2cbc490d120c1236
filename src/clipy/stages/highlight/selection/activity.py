"""Media without speech: the stretches in which most happens, by what can be seen and heard.

Sound energy is what gives away goals, choruses and cheering: Rui, Gupta, Acero, Automatically Extracting Highlights
for TV Baseball Programs, 2000; movement, cuts and sound together: Hanjalic & Xu, Affective Video Content Representation
and Modeling, 2005.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.levels import levels
from clipy.analysis.base import ShotDetector
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import batched
from clipy.context import Context
from clipy.media.read import pictures
from clipy.stages.highlight.selection.interval_scheduling import best_first
from clipy.types import Array, Highlight, Seconds, Span, Video

WEIGHTS: Mapping[str, float] = {
    "sound": 0.25,
    "swell": 0.20,
    "movement": 0.25,
    "cuts": 0.10,
    "faces": 0.10,
    "length": 0.10,
    "chat": 0.25,
    "most replayed": 0.25,
}

_SAID: Mapping[str, str] = {
    "sound": "loud for this video",
    "swell": "the sound swells",
    "movement": "much movement",
    "cuts": "many cuts",
    "faces": "faces up close",
    "chat": "viewers wrote much",
    "most replayed": "viewers replayed it",
}
_PEAKS = frozenset({"swell", "chat"})  # count by their highest value in a stretch, the others by their mean
_NOTABLE = 0.6  # a feature this high may be named as a reason
_RATE = Fraction(4)  # frames per second that are compared
_HEIGHT = 72  # pixels: movement shows in a thumbnail
_LOOKS = Fraction(1, 2)  # frames per second that are searched for faces
_FACE_HEIGHT = 240  # pixels of those pictures
_CLOSE = 0.05  # of the picture: faces that fill so much are a close-up
_SWELL = 8.0  # seconds before and after a moment whose loudness is compared
_JUMP = 12.0  # decibels of difference between them that are a swell without a doubt
_MANY_CUTS = 0.5  # a second
_SLIVER = Fraction(3, 2)  # seconds: a shot that a clip shows less of at its beginning looks like a mistake
_ENDS = 4  # cuts, about, that are tried as the end of a stretch: bounds the search where cuts are many
_GOOD_LENGTH = (15.0, 30.0)  # seconds; action without words is cut shorter than talk


@dataclass(frozen=True)
class Activity:
    """What happens over a whole video; each a row of values in 0..1, evenly spaced from its beginning to its end."""

    rows: Mapping[str, NDArray[np.float64]]
    cuts: Sequence[Seconds]
    duration: Seconds

    def features(self, span: Span, target: float | None) -> dict[str, float]:
        """The features of a stretch, each in 0..1. ``target`` is the length in seconds that was asked for."""
        values = {name: self._mean(row, span) for name, row in self.rows.items() if name not in _PEAKS}
        for name in _PEAKS & set(self.rows):
            values[name] = float(self._within(self.rows[name], span).max())
        inside = bisect_left(self.cuts, span.end) - bisect_right(self.cuts, span.start)
        values["cuts"] = min(1.0, inside / float(span.duration) / _MANY_CUTS)
        shortest, longest = _GOOD_LENGTH if target is None else (target, target)
        values["length"] = min(1.0, float(span.duration) / shortest, longest / float(span.duration))
        return {name: values[name] for name in WEIGHTS if name in values}

    def peak(self, span: Span) -> Seconds:
        """When in a stretch most happens: where sound, or movement without sound, is at its height."""
        row = self.rows.get("sound", self.rows["movement"])
        first = int(span.start / self.duration * len(row))
        return max(span.start, (first + int(np.argmax(self._within(row, span)))) * self.duration / len(row))

    def _within(self, row: NDArray[np.float64], span: Span) -> NDArray[np.float64]:
        first = min(len(row) - 1, int(span.start / self.duration * len(row)))
        return row[first : max(first + 1, int(span.end / self.duration * len(row)))]

    def _mean(self, row: NDArray[np.float64], span: Span) -> float:
        return float(self._within(row, span).mean())


def activity_of(video: Video, ctx: Context, *, faces: bool) -> Activity:
    """Look at and listen to a whole video, in bounded memory. ``faces`` is whether to look for them, too."""
    rows: dict[str, NDArray[np.float64]] = {}
    if video.audio:
        decibels = levels(video, ctx.within(0, 0.2)).decibels
        rows["sound"] = _ranked(decibels)
        rows["swell"] = _swells(decibels, video.duration)
    rows["movement"] = _ranked(_movement(video, ctx.within(0.2, 0.6)))
    if faces:
        rows["faces"] = _closeness(video, ctx.within(0.6, 0.9))
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, video.span)
    return Activity(rows, [shot.span.start for shot in shots[1:]], video.duration)


def busiest(
    video: Video,
    shortest: Seconds,
    longest: Seconds,
    count: int,
    ctx: Context,
    *,
    spares: int = 1,
    target: float | None = None,
    faces: bool = False,
    rows: Mapping[str, NDArray[np.float64]] | None = None,
) -> list[Highlight]:
    """Stretches that begin and end at cuts where there are any, best first, without overlaps.

    ``rows`` are further values in 0..1, evenly spaced over the video, by a name of ``WEIGHTS``.
    The best set of ``count`` is found exactly; then, ``spares`` times less one, the best of what lies beside.
    """
    activity = activity_of(video, ctx, faces=faces)
    activity = replace(activity, rows={**activity.rows, **(rows or {})})
    pool = []
    for span in stretches(activity.cuts, video.duration, shortest, longest, target):
        values = activity.features(span, target)
        total = sum(WEIGHTS[name] for name in values)
        pool.append((span, sum(WEIGHTS[name] * value for name, value in values.items()) / total, values))
    return [
        Highlight(span, round(score, 4), f"Moment at {_clock(activity.peak(span))}", _reason(values), values)
        for span, score, values in best_first(pool, count, spares)
    ]


def _reason(values: Mapping[str, float]) -> str:
    notable = [name for name in values if name in _SAID and values[name] >= _NOTABLE]
    strongest = sorted(notable, key=lambda name: -WEIGHTS[name] * (values[name] - 0.5))[:3]
    return "; ".join(_SAID[name] for name in strongest) or "a little more happens than beside it"


def _clock(time: Seconds) -> str:
    minutes, second = divmod(int(time), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


def _movement(video: Video, ctx: Context) -> Array:
    """Mean absolute change between pictures a quarter of a second apart, float32 (n,)."""
    changes, last = [], None
    for time, picture in pictures(video, video.span, rate=_RATE, height=_HEIGHT, gray=True):
        current = picture.astype(np.int16)
        changes.append(0.0 if last is None else float(np.abs(current - last).mean()))
        last = current
        ctx.report("watching", float(time / video.duration))
    return np.asarray(changes, dtype=np.float32)


def _closeness(video: Video, ctx: Context) -> NDArray[np.float64]:
    """How much of the picture is faces, 1 for a close-up, every two seconds."""
    detector, found = ctx.analyser(FaceDetector), []
    seen = pictures(video, video.span, rate=_LOOKS, height=min(_FACE_HEIGHT, video.height))
    for group in batched(seen, 8):
        for (time, picture), faces in zip(group, detector.detect([shown for _, shown in group], ctx), strict=True):
            area = sum(face.box.width * face.box.height for face in faces) / (picture.shape[0] * picture.shape[1])
            found.append(min(1.0, area / _CLOSE))
            ctx.report("looking for faces", float(time / video.duration))
    return np.asarray(found or [0.0], dtype=np.float64)


def _swells(decibels: Array, duration: Seconds) -> NDArray[np.float64]:
    """How much louder the seconds after each moment are than those before it, in 0..1: a crowd that begins to cheer."""
    width = max(1, round(_SWELL * len(decibels) / float(duration)))
    sums = np.concatenate([[0.0], np.cumsum(decibels, dtype=np.float64)])
    at = np.arange(len(decibels))
    begin, end = np.maximum(0, at - width), np.minimum(len(decibels), at + width)
    before = (sums[at] - sums[begin]) / np.maximum(1, at - begin)
    after = (sums[end] - sums[at]) / np.maximum(1, end - at)
    return np.asarray(np.clip(np.where(at > 0, after - before, 0) / _JUMP, 0, 1))


def _ranked(values: Array) -> NDArray[np.float64]:
    """Each value as the share of values that it exceeds, so that one burst does not drown the rest; equals share one.

    What never changes says nothing: 0.
    """
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values, side="left") / max(1, len(values) - 1), dtype=np.float64)


def stretches(
    cuts: Sequence[Seconds], duration: Seconds, shortest: Seconds, longest: Seconds, target: float | None
) -> list[Span]:
    """From each cut (and each second of a long shot) to some of the cuts in reach, or for a few set lengths."""
    ends_of_shots = [*cuts, duration]
    seconds = (Fraction(second) for second in range(int(duration)))
    inside = (time for time in seconds if ends_of_shots[bisect_left(ends_of_shots, time)] - time >= _SLIVER)
    starts = sorted({Fraction(0), *cuts, *inside})
    lengths = {shortest, longest, (shortest + longest) / 2}
    if target is not None:
        lengths.add(Fraction(target).limit_denominator(1000))
    spans = []
    for start in starts:
        first, last = bisect_left(ends_of_shots, start + shortest), bisect_right(ends_of_shots, start + longest)
        ends = ends_of_shots[first : last : max(1, (last - first) // _ENDS)]
        ends = ends or sorted({min(duration, start + length) for length in lengths})
        spans += [Span(start, end) for end in ends if end - start >= shortest]
    return spans
