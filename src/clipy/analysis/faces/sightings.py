"""Faces in pictures of a video, and which pictures need be searched for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Box, Seconds, Video

T = TypeVar("T")
Picture = NDArray[np.uint8]

_CLOTHES = (1.2, 2.2)  # where clothes begin and end, in heights of the face below its top
_STILL = 0.6  # intersection over union above which a face has stayed where it was


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in one picture. ``landmarks``: five (x, y) - right eye, left eye, nose, mouth corners - or none.

    ``look`` is the mean red, green and blue of the face, and of the clothes where the picture shows them, 0..255; a
    detector leaves it to ``with_looks``.
    """

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...] = ()
    look: tuple[float, ...] = ()

    def scaled(self, x: float, y: float) -> Detection:
        """The same face in a picture that is ``x`` times as wide and ``y`` times as high."""
        box = Box(self.box.x1 * x, self.box.y1 * y, self.box.x2 * x, self.box.y2 * y)
        return replace(self, box=box, landmarks=tuple((px * x, py * y) for px, py in self.landmarks))


@dataclass(frozen=True, slots=True)
class Sighting:
    """The faces in the picture that is on screen at one time, in display pixels of the source."""

    time: Seconds
    faces: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time at which a picture may be searched; a key one surely is. The first and the last of a shot are key ones."""

    time: Seconds
    is_key: bool


class Search:
    """Searches key pictures in batches, and what lies between two of a shot only where their faces differ.

    There the picture in the middle is searched, and both halves are judged likewise. ``detect`` returns the faces of
    each picture of a batch of at most ``batch``, in that picture's own pixels. As many pictures are held as lie between
    the key ones of a batch.
    """

    def __init__(self, detect: Callable[[Sequence[Picture]], list[list[Detection]]], video: Video, batch: int) -> None:
        self._detect, self._video, self._batch = detect, video, batch
        self._waiting: list[tuple[Moment, Picture]] = []
        self._last: Sighting | None = None  # of the key picture before those that wait
        self._found: list[Sighting] = []

    def add(self, moment: Moment, picture: Picture) -> None:
        """Take the next picture."""
        self._waiting.append((moment, picture))
        if sum(waiting.is_key for waiting, _ in self._waiting) == self._batch:
            self._settle()

    def sightings(self) -> list[Sighting]:
        """All that was found, in order."""
        self._settle()
        return self._found

    def _settle(self) -> None:
        """Search what waits; it begins after a key picture, or with the first."""
        keys = [index for index, (moment, _) in enumerate(self._waiting) if moment.is_key]
        found = self._searched(keys)
        if self._last is not None:
            found[-1] = self._last
        gaps = list(pairwise(sorted(found)))
        while gaps := [(a, b) for a, b in gaps if b - a > 1 and not _alike(found[a], found[b])]:
            middles = [(a + b) // 2 for a, b in gaps]
            found.update(self._searched(middles))
            gaps = [half for (a, b), middle in zip(gaps, middles, strict=True) for half in ((a, middle), (middle, b))]
        self._found += [found[index] for index in sorted(found) if index >= 0]
        self._last = self._found[-1] if self._found else None
        self._waiting = []

    def _searched(self, chosen: Sequence[int]) -> dict[int, Sighting]:
        """The faces of some of the pictures that wait, by their places among them."""
        found = {}
        for group in batched(chosen, self._batch):
            faces = self._detect([self._waiting[index][1] for index in group])
            for index, some in zip(group, faces, strict=True):
                moment, picture = self._waiting[index]
                scale = (self._video.width / picture.shape[1], self._video.height / picture.shape[0])
                found[index] = Sighting(moment.time, tuple(face.scaled(*scale) for face in some))
        return found


def with_looks(pictures: Sequence[Picture], found: Sequence[Sequence[Detection]]) -> list[list[Detection]]:
    """The faces of each of some pictures with their ``look`` filled in."""
    return [
        [replace(face, look=_look(face.box, picture)) for face in faces]
        for picture, faces in zip(pictures, found, strict=True)
    ]


def _look(face: Box, picture: Picture) -> tuple[float, ...]:
    """The mean colours of a face and of the clothes below it, as far as the picture shows them."""
    top, bottom = (face.y1 + share * face.height for share in _CLOTHES)
    found: list[float] = []
    for y1, y2 in ((face.y1, face.y2), (top, bottom)):
        part = picture[max(0, round(y1)) : max(0, round(y2)), max(0, round(face.x1)) : max(0, round(face.x2))]
        if not part.size:
            break
        found += (round(value, 1) for value in cv2.mean(part)[:3])
    return tuple(found)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = min(a.x2, b.x2) - max(a.x1, b.x1)
    high = min(a.y2, b.y2) - max(a.y1, b.y1)
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (a.width * a.height + b.width * b.height - shared)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive groups of ``size`` items; the last may be smaller."""
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group


def _alike(before: Sighting, after: Sighting) -> bool:
    """Whether each face of either picture is still there in the other."""
    return len(before.faces) == len(after.faces) and all(
        any(overlap(face.box, other.box) >= _STILL for other in after.faces) for face in before.faces
    )
