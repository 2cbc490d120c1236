"""Faces in pictures of a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Box, Seconds

T = TypeVar("T")
Picture = NDArray[np.uint8]

_CLOTHES = (1.2, 2.2)  # where clothes begin and end, in heights of the face below its top


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in one picture. ``landmarks``: five (x, y) - right eye, left eye, nose, mouth corners - or none.

    ``mean_color`` is the mean red, green and blue (0..255) of the face, and of the clothes where they are in view;
    detectors leave it empty, ``with_mean_colors`` fills it in.
    """

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...] = ()
    mean_color: tuple[float, ...] = ()

    def scaled(self, x: float, y: float) -> Detection:
        """The same face in a picture that is ``x`` times as wide and ``y`` times as high."""
        box = Box(self.box.x1 * x, self.box.y1 * y, self.box.x2 * x, self.box.y2 * y)
        return replace(self, box=box, landmarks=tuple((px * x, py * y) for px, py in self.landmarks))


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """The faces in the picture that is on screen at one time, in display pixels of the source."""

    time: Seconds
    faces: tuple[Detection, ...]


def with_mean_colors(pictures: Sequence[Picture], found: Sequence[Sequence[Detection]]) -> list[list[Detection]]:
    """The faces of each of some pictures with their ``mean_color`` filled in."""
    return [
        [replace(face, mean_color=_mean_color(face.box, picture)) for face in faces]
        for picture, faces in zip(pictures, found, strict=True)
    ]


def _mean_color(face: Box, picture: Picture) -> tuple[float, ...]:
    """The mean colours of a face and of the clothes below it, as far as the picture shows them."""
    top, bottom = (face.y1 + share * face.height for share in _CLOTHES)
    found: list[float] = []
    for y1, y2 in ((face.y1, face.y2), (top, bottom)):
        part = picture[max(0, round(y1)) : max(0, round(y2)), max(0, round(face.x1)) : max(0, round(face.x2))]
        if not part.size:
            break
        found += (round(value, 1) for value in cv2.mean(part)[:3])
    return tuple(found)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive groups of ``size`` items; the last may be smaller."""
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group
