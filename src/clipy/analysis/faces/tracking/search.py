"""Which pictures of a video are searched for faces, and which parts of them."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections, Picture, batched
from clipy.analysis.faces.tracking.regions import Region, around, whole
from clipy.geometry import iou
from clipy.types import Seconds, Span, Video, seconds

_STILL = 0.6  # intersection over union above which a face has stayed where it was
_NEAR = 0.1  # ... and above which it is looked for around where it was
_EACH = 4  # due pictures, one of which is searched whole

Detect = Callable[[Sequence[Picture], Sequence[Sequence[Region]]], list[list[Detection]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time at which a picture may be searched. The whole of a ``key`` one surely is. One that is ``due`` is searched
    too, but only around the faces of the key ones beside it in the same ``shot``.
    """

    time: Seconds
    is_key: bool
    is_due: bool = False
    shot: int = 0


def moments(number: int, shot: Span, video: Video, rate: float, stride: int) -> list[Moment]:
    """When a shot is looked at: ``rate`` times per second and at its end.

    The first picture and the last are due, and every ``stride``-th at least; one in the middle of each four that follow
    one another is a key picture.
    """
    step = 1 / seconds(rate)
    last = max(shot.start, shot.end - 1 / video.frame_rate)
    times = [shot.start + index * step for index in range(int((last - shot.start) / step) + 1)]
    if times[-1] != last:
        times.append(last)
    steps = max(1, math.ceil((len(times) - 1) / stride))
    due = [round(place) for place in np.linspace(0, len(times) - 1, steps + 1).tolist()]
    groups = math.ceil(steps / _EACH)
    keys = {due[round((group + 0.5) * steps / groups)] for group in range(groups)}
    return [Moment(time, index in keys, index in due, number) for index, time in enumerate(times)]


class Search:
    """Searches key pictures and due ones in batches, and what lies between two of a shot only where their faces differ.

    There the picture in the middle is searched, and both halves are judged likewise; only around the faces of the two
    where these are the same ones. ``detect`` returns the faces in the given parts of each picture of a batch of at most
    ``batch``, in that picture's own pixels. As many pictures are held as lie between the key ones of a batch.
    """

    def __init__(self, detect: Detect, video: Video, batch: int) -> None:
        self._detect, self._video, self._batch = detect, video, batch
        self._waiting: list[tuple[Moment, Picture]] = []
        self._last: tuple[int, FrameDetections] | None = None  # the key picture before those that wait, and its shot
        self._found: list[FrameDetections] = []

    def add(self, moment: Moment, picture: Picture) -> None:
        """Take the next picture."""
        self._waiting.append((moment, picture))
        sure = sum(waiting.is_key or waiting.is_due for waiting, _ in self._waiting)
        if moment.is_key and sure >= self._batch:
            self._settle()

    def frames(self) -> list[FrameDetections]:
        """All that was found, in order."""
        self._settle()
        return self._found

    def _settle(self) -> None:
        """Search what waits; it begins after a key picture, or with the first, and ends with one, or the last."""
        moments = dict(enumerate(moment for moment, _ in self._waiting))
        shots = {index: moment.shot for index, moment in moments.items()}
        found = self._searched({k: whole(self._waiting[k][1]) for k, moment in moments.items() if moment.is_key})
        if self._last is not None:
            shots[-1], found[-1] = self._last
        keys = sorted(found)
        due: dict[int, list[FrameDetections]] = {}
        for index, moment in moments.items():
            if moment.is_due and not moment.is_key:
                place = bisect(keys, index)
                due[index] = [found[key] for key in keys[max(0, place - 1) : place + 1] if shots[key] == moment.shot]
        found.update(self._searched_near(due))
        gaps = [(a, b) for a, b in pairwise(sorted(found)) if shots[a] == shots[b]]
        while gaps := [(a, b) for a, b in gaps if b - a > 1 and not _alike(found[a], found[b], _STILL)]:
            middles = {(a + b) // 2: (a, b) for a, b in gaps}
            found.update(self._searched_near({k: [found[a], found[b]] for k, (a, b) in middles.items()}))
            gaps = [half for k, (a, b) in middles.items() for half in ((a, k), (k, b))]
        self._found += [found[index] for index in sorted(found) if index >= 0]
        if found:
            self._last = shots[max(found)], found[max(found)]
        self._waiting = []

    def _searched_near(self, beside: Mapping[int, Sequence[FrameDetections]]) -> dict[int, FrameDetections]:
        """Search some pictures that wait around the faces seen before and after each, or on one side of it; and those
        where these are not found again, whole.
        """
        regions = {index: self._near(frames, index) for index, frames in beside.items()}
        found = self._searched(regions)
        lost = {
            index: everything
            for index, frame in found.items()
            if regions[index] != (everything := whole(self._waiting[index][1]))
            and not any(_alike(frame, other, _NEAR) for other in beside[index])
        }
        return {**found, **self._searched(lost)}

    def _near(self, beside: Sequence[FrameDetections], index: int) -> list[Region]:
        """The parts of a picture that waits in which the faces seen before and after it, or on one side, can be."""
        picture = self._waiting[index][1]
        faces = [face for frame in beside for face in frame.faces]
        if not _alike(beside[0], beside[-1], _NEAR) or (len(beside) == 1 and not faces):
            return whole(picture)
        scale = (picture.shape[1] / self._video.width, picture.shape[0] / self._video.height)
        return around((face.scaled(*scale).box for face in faces), picture)

    def _searched(self, chosen: Mapping[int, Sequence[Region]]) -> dict[int, FrameDetections]:
        """The faces in parts of some of the pictures that wait, by their places among them."""
        found = {}
        for group in batched(((index, regions) for index, regions in chosen.items() if regions), self._batch):
            faces = self._detect([self._waiting[index][1] for index, _ in group], [regions for _, regions in group])
            for (index, _), some in zip(group, faces, strict=True):
                moment, picture = self._waiting[index]
                scale = (self._video.width / picture.shape[1], self._video.height / picture.shape[0])
                found[index] = FrameDetections(moment.time, tuple(face.scaled(*scale) for face in some))
        return found


def _alike(before: FrameDetections, after: FrameDetections, least: float) -> bool:
    """Whether each face of either picture is still there in the other, overlapping that much."""
    return len(before.faces) == len(after.faces) and all(
        any(iou(face.box, other.box) >= least for other in after.faces) for face in before.faces
    )
