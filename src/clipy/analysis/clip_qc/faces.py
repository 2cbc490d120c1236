"""Faces and cuts of a finished clip, detected on its small copy once for all reviewers."""

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

RATE = Fraction(5, 2)  # frames per second that are searched
_SIDE = 288  # pixels of their shorter side
_STRIDE = 3  # Every third is searched in any case, one in 1.2 s, so that no absence and no cut face is missed.
_BATCH = 8
_VERSION = 4
# A cut changes the picture by this many codes, and this many times as much as its neighbours do.
_JUMP, _NEIGHBOURS, _TIMES = 10.0, 3, 3.0


@dataclass(frozen=True, slots=True)
class FrameFaces:
    """The faces on screen at one time, in display pixels of the clip, biggest first.

    ``tints`` are how much redder than blue each face is (Cr less Cb, in codes): above 0 for skin of any colour.
    """

    time: Seconds
    faces: tuple[Detection, ...]
    tints: tuple[float, ...]


def detect_clip_faces(inspection: Inspection, ctx: Context) -> list[FrameFaces]:
    """Run the user's face detector on the small copy."""
    detector, proxy = ctx.analyser(FaceDetector), inspection.proxy
    return ctx.cached_value(
        "review.faces", _VERSION, (detector, proxy), list[FrameFaces], lambda: _search(inspection, detector, ctx)
    )


def cuts_of(seen: VideoMetrics) -> list[Seconds]:
    """The times of cuts: changes that are large, and much larger than those around them."""
    changes = np.asarray(seen.changes, dtype=np.float64)
    cuts = []
    for index in np.flatnonzero(changes >= _JUMP).tolist():
        around = np.concatenate([changes[max(1, index - _NEIGHBOURS) : index], changes[index + 1 :][:_NEIGHBOURS]])
        if not len(around) or changes[index] > _TIMES * float(np.median(around)):
            cuts.append(Fraction(round(float(seen.times[index]) * 90_000), 90_000))
    return cuts


def shots_of(seen: VideoMetrics) -> list[Span]:
    """The spans between the cuts."""
    edges = [Fraction(0), *cuts_of(seen), seen.end]
    return [Span(start, end) for start, end in pairwise(edges) if end > start]


def _search(inspection: Inspection, detector: FaceDetector, ctx: Context) -> list[FrameFaces]:
    """Search every third frame, those around cuts, and those between two that differ or show nobody."""
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
    for index, (time, picture) in enumerate(_frames(proxy)):
        ctx.report("Detecting faces in the clip", min(1.0, index / total))
        cut = any(abs(time - other) <= 1 / RATE for other in cuts)
        search.add(Moment(time, cut or index % _STRIDE == 0), picture)
        times.append(time)
    found = {frame.time: frame.faces for frame in search.frames()}
    if any(found.values()):
        unsure = [time for time in times if time not in found and not _before(time, found)]
        again = Search(detect, video, _BATCH)
        for time, picture in _frames(proxy, unsure) if unsure else ():
            again.add(Moment(time, is_key=True), picture)
        found.update((frame.time, frame.faces) for frame in again.frames())
    return [_frame_faces(time, found, tints) for time in times]


def _frames(proxy: Video, times: Sequence[Seconds] = ()) -> Iterator[tuple[Seconds, NDArray[np.uint8]]]:
    height = min(proxy.height, round(_SIDE * proxy.height / min(proxy.width, proxy.height)))
    return proxy_frames(proxy, rate=RATE, times=times, height=height)


def _frame_faces(
    time: Seconds, found: Mapping[Seconds, Sequence[Detection]], tints: dict[Detection, float]
) -> FrameFaces:
    """The faces at one time; where it was not searched, halfway between those before and after."""
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
    """The tint of the middle of a face, where there is skin; 0 where none of it is in the frame."""
    box = face.box
    x1, x2 = box.x1 + 0.25 * box.width, box.x2 - 0.25 * box.width
    y1, y2 = box.y1 + 0.25 * box.height, box.y2 - 0.1 * box.height
    inside = picture[max(0, int(y1)) : max(0, int(y2)) + 1, max(0, int(x1)) : max(0, int(x2)) + 1]
    if not inside.size:
        return 0.0
    red, green, blue = (float(np.median(inside[..., band])) for band in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (red - luma) / 1.5748 - (blue - luma) / 1.8556
