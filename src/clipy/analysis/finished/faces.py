"""The faces on a finished picture, found again on its small copy, and where its cuts are: for all reviewers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import FaceDetector
from clipy.analysis.faces.sightings import Detection, batched
from clipy.analysis.finished.inspection import Inspection, once
from clipy.context import Context
from clipy.media.checks.picture import Seen
from clipy.media.read import pictures
from clipy.storage.store import key_of
from clipy.types import Seconds, Span

RATE = Fraction(5, 2)  # pictures a second that are searched
_SIDE = 288  # pixels of their shorter side
_BATCH = 8
_VERSION = 1
_JUMP, _NEIGHBOURS, _TIMES = 10.0, 3, 3.0  # a cut changes the picture by so many codes, so many times its neighbours'


@dataclass(frozen=True, slots=True)
class Look:
    """The faces on screen at one time, in display pixels of the clip, biggest first.

    ``tints`` are how much redder than blue each face is (Cr less Cb, in codes): above 0 for skin of any colour.
    """

    time: Seconds
    faces: tuple[Detection, ...]
    tints: tuple[float, ...]


def faces_of(inspection: Inspection, ctx: Context) -> list[Look]:
    """Search the small copy with the face detector that the user picked, or load what it found."""
    detector = ctx.analyser(FaceDetector)
    key = key_of("clip faces", _VERSION, detector, inspection.proxy)
    found: list[Look] = once(ctx).store.value(
        "review.faces", key, list[Look], lambda: _search(inspection, detector, ctx)
    )
    return found


def cuts_of(seen: Seen) -> list[Seconds]:
    """When another picture comes on: a change that is large, and much larger than those around it."""
    changes = np.asarray(seen.changes, dtype=np.float64)
    cuts = []
    for index in np.flatnonzero(changes >= _JUMP).tolist():
        around = np.concatenate([changes[max(1, index - _NEIGHBOURS) : index], changes[index + 1 :][:_NEIGHBOURS]])
        if not len(around) or changes[index] > _TIMES * float(np.median(around)):
            cuts.append(Fraction(round(float(seen.times[index]) * 90_000), 90_000))
    return cuts


def shots_of(seen: Seen) -> list[Span]:
    """The stretches between the cuts."""
    edges = [Fraction(0), *cuts_of(seen), seen.end]
    return [Span(start, end) for start, end in pairwise(edges) if end > start]


def _search(inspection: Inspection, detector: FaceDetector, ctx: Context) -> list[Look]:
    proxy, video = inspection.proxy, inspection.video
    height = min(proxy.height, round(_SIDE * proxy.height / min(proxy.width, proxy.height)))
    looks: list[Look] = []
    total = max(1, int(proxy.duration * RATE))
    for group in batched(pictures(proxy, proxy.span, rate=RATE, height=height), _BATCH):
        ctx.report("looking for faces on the clip", min(1.0, len(looks) / total))
        for (time, picture), found in zip(group, detector.detect([shown for _, shown in group], ctx), strict=True):
            scale = (video.width / picture.shape[1], video.height / picture.shape[0])
            faces = sorted(found, key=lambda face: -face.box.width * face.box.height)
            tints = tuple(_tint(picture, face) for face in faces)
            looks.append(Look(time, tuple(face.scaled(*scale) for face in faces), tints))
    return looks


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
