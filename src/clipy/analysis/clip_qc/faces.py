"""The faces on a finished picture, found again on its small copy, and where its cuts are: for all reviewers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.clip_qc.inspection import Inspection
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection, Picture
from clipy.analysis.faces.tracking.regions import Region, within
from clipy.analysis.faces.tracking.search import Moment, Search
from clipy.context import Context
from clipy.geometry import iou
from clipy.media.checks.proxy import proxy_frames
from clipy.media.checks.video_metrics import VideoMetrics
from clipy.types import Box, Seconds, Span, Video

RATE = Fraction(5, 2)  # pictures a second that are searched
_SIDE = 288  # pixels of their shorter side
_STRIDE = 3  # every so-many-th is searched anyway: one in 1.2 s, so that no absence and no cut face is missed
_BATCH = 8
_VERSION = 4
_JUMP, _NEIGHBOURS, _TIMES = 10.0, 3, 3.0  # a cut changes the picture by so many codes, so many times its neighbours'


@dataclass(frozen=True, slots=True)
class FrameFaces:
    """The faces on screen at one time, in display pixels of the clip, biggest first.

    ``tints`` are how much redder than blue each face is (Cr less Cb, in codes): above 0 for skin of any colour.
    """

    time: Seconds
    faces: tuple[Detection, ...]
    tints: tuple[float, ...]


def detect_clip_faces(inspection: Inspection, ctx: Context) -> list[FrameFaces]:
    """Search the small copy with the face detector that the user picked, or load what it found."""
    detector, proxy = ctx.analyser(FaceDetector), inspection.proxy
    return ctx.cached_value(
        "review.faces", _VERSION, (detector, proxy), list[FrameFaces], lambda: _search(inspection, detector, ctx)
    )


def cuts_of(seen: VideoMetrics) -> list[Seconds]:
    """When another picture comes on: a change that is large, and much larger than those around it."""
    changes = np.asarray(seen.changes, dtype=np.float64)
    cuts = []
    for index in np.flatnonzero(changes >= _JUMP).tolist():
        around = np.concatenate([changes[max(1, index - _NEIGHBOURS) : index], changes[index + 1 :][:_NEIGHBOURS]])
        if not len(around) or changes[index] > _TIMES * float(np.median(around)):
            cuts.append(Fraction(round(float(seen.times[index]) * 90_000), 90_000))
    return cuts


def shots_of(seen: VideoMetrics) -> list[Span]:
    """The stretches between the cuts."""
    edges = [Fraction(0), *cuts_of(seen), seen.end]
    return [Span(start, end) for start, end in pairwise(edges) if end > start]


def _search(inspection: Inspection, detector: FaceDetector, ctx: Context) -> list[FrameFaces]:
    """Every third picture, those around cuts, and what lies between two that differ or show nobody."""
    video, proxy = inspection.video, inspection.proxy
    tints: dict[Detection, float] = {}

    def detect(some: Sequence[Picture], parts: Sequence[Sequence[Region]]) -> list[list[Detection]]:
        found = within(some, parts, lambda cut: detector.detect(cut, ctx), _BATCH)
        for picture, faces in zip(some, found, strict=True):
            scale = (video.width / picture.shape[1], video.height / picture.shape[0])
            tints.update((face.scaled(*scale), _tint(picture, face)) for face in faces)
        return found

    total = max(1, int(proxy.duration * RATE))
    cuts = cuts_of(inspection.metrics)
    search = Search(detect, video, _BATCH)
    times: list[Seconds] = []
    for index, (time, picture) in enumerate(_pictures(proxy)):
        ctx.report("looking for faces on the clip", min(1.0, index / total))
        cut = any(abs(time - other) <= 1 / RATE for other in cuts)
        search.add(Moment(time, cut or index % _STRIDE == 0), picture)
        times.append(time)
    found = {frame.time: frame.faces for frame in search.frames()}
    if any(found.values()):
        unsure = [time for time in times if time not in found and not _before(time, found)]
        again = Search(detect, video, _BATCH)
        for time, picture in _pictures(proxy, unsure) if unsure else ():
            again.add(Moment(time, is_key=True), picture)
        found.update((frame.time, frame.faces) for frame in again.frames())
    return [_look(time, found, tints) for time in times]


def _pictures(proxy: Video, times: Sequence[Seconds] = ()) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    height = min(proxy.height, round(_SIDE * proxy.height / min(proxy.width, proxy.height)))
    return proxy_frames(proxy, rate=RATE, times=times, height=height)


def _look(time: Seconds, found: Mapping[Seconds, Sequence[Detection]], tints: dict[Detection, float]) -> FrameFaces:
    """The faces of one time; of one that was not searched, half way between those before and after."""
    faces: Sequence[Detection] = found[time] if time in found else _between(time, found, tints)
    ordered = tuple(sorted(faces, key=lambda face: -face.box.width * face.box.height))
    return FrameFaces(time, ordered, tuple(tints[face] for face in ordered))


def _before(time: Seconds, found: Mapping[Seconds, Sequence[Detection]]) -> Sequence[Detection]:
    return found[max((other for other in found if other < time), default=next(iter(found)))]


def _between(
    time: Seconds, found: Mapping[Seconds, Sequence[Detection]], tints: dict[Detection, float]
) -> list[Detection]:
    after = found.get(min((other for other in found if other > time), default=time), ())
    halves = []
    for face in _before(time, found):
        other = max(after, key=lambda other: iou(face.box, other.box), default=face)
        half = _half(face, other)
        tints[half] = (tints[face] + tints[other]) / 2
        halves.append(half)
    return halves


def _half(face: Detection, other: Detection) -> Detection:
    sides = ((getattr(face.box, side) + getattr(other.box, side)) / 2 for side in ("x1", "y1", "x2", "y2"))
    both = len(face.landmarks) == len(other.landmarks)
    marks = zip(face.landmarks, other.landmarks, strict=True) if both else ()
    return Detection(
        Box(*sides),
        min(face.confidence, other.confidence),
        tuple(((x + far_x) / 2, (y + far_y) / 2) for (x, y), (far_x, far_y) in marks),
    )


def _tint(picture: NDArray[np.uint8], face: Detection) -> float:
    """Of the middle of a face, where there is skin; 0 where none of it is on the picture."""
    box = face.box
    x1, x2 = box.x1 + 0.25 * box.width, box.x2 - 0.25 * box.width
    y1, y2 = box.y1 + 0.25 * box.height, box.y2 - 0.1 * box.height
    inside = picture[max(0, int(y1)) : max(0, int(y2)) + 1, max(0, int(x1)) : max(0, int(x2)) + 1]
    if not inside.size:
        return 0.0
    red, green, blue = (float(np.median(inside[..., band])) for band in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (red - luma) / 1.5748 - (blue - luma) / 1.8556
