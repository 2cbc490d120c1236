"""How each face's mouth moves: measured on a face mesh, in one pass over the video.

Faces are looked at in pairs of neighbouring times, five pairs a second, and half as many while a mouth does not move.
Where several mouths move at once, so that there is a choice, every time of their tracks is looked at: a change from one
time to the next is the same measure in all. Between looks the values are linear.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Lock
from typing import Any, Protocol

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.opencv import few_opencv_threads
from clipy.media.patch import extract_patch
from clipy.media.read import frames_at
from clipy.types import TRACK_RATE, Track, Video

_SIDE = 192  # pixels of the network's input
_AROUND = 1.6  # side of the square around a face, in heights of its box
_EVERY = 5  # times of the grid from one pair of looks to the next
_LATELY, _SETTLED = 5, 3  # pairs of looks (1 s) by which it is judged whether a mouth moves, or that it does not
_MOVES = 0.002  # mean speed of lips, in heights of the face a time, from which a mouth may be one that speaks
_MOUTH = 32  # pixels of the stabilised picture of the mouth
_POINTS = 468
_BELOW_EYES = 0.85  # where the mouth lies below the eyes, in distances of their outer corners

# Indices into the canonical face mesh.
_FOREHEAD, _CHIN, _NOSE_TIP = 10, 152, 1
_RIGHT_EYE, _LEFT_EYE = 33, 263
_UPPER_LIP, _LOWER_LIP = (81, 13, 311), (178, 14, 402)


@dataclass(frozen=True, slots=True)
class Mouth:
    """One track's mouth at each of its times, float32 (n,): ``opening`` is the gap between the lips in heights of the
    face and ``speed`` how much it changed since the time before, 1/25 s earlier; ``motion`` is the mean change of the
    mouth's picture since then, with the head's motion taken out. ``turn`` is how far the head is turned aside: by how
    much the tip of the nose lies off the middle between the eyes, in distances of their outer corners.
    """

    opening: NDArray[np.float32]
    speed: NDArray[np.float32]
    motion: NDArray[np.float32]
    turn: NDArray[np.float32]

    def part(self, begin: int, end: int) -> Mouth:
        """From one of its times to another."""
        parts = (self.opening, self.speed, self.motion, self.turn)
        return Mouth(*(values[begin:end] for values in parts))


class Mesh(Protocol):
    """What finds the points of a face."""

    def points(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(468, 2) x, y in pixels of a (192, 192, 3) RGB picture of one upright face."""
        ...


class FaceMesh:
    """468 points of a face (Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video", 2019)."""

    def __init__(self, weights: str) -> None:
        self._network = cv2.dnn.readNetFromTFLite(weights)
        self._running = Lock()  # a network of OpenCV's is for one thread at a time

    def points(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._running:
            self._network.setInput(cv2.dnn.blobFromImage(face, scalefactor=1 / 255))
            points: Any = self._network.forward()
        return np.asarray(points.reshape(_POINTS, 3)[:, :2], dtype=np.float32)


@dataclass
class _Mouthing:
    """What was measured of one track so far, by the index of the time, and what the next look needs."""

    opening: dict[int, float] = field(default_factory=dict)
    speed: dict[int, float] = field(default_factory=dict)  # where the time before was looked at, too
    motion: dict[int, float] = field(default_factory=dict)
    turn: dict[int, float] = field(default_factory=dict)
    changes: deque[float] = field(default_factory=lambda: deque(maxlen=_LATELY))  # of the opening in the latest pairs
    roll: float = 0.0
    turned: float = 0.0  # by which faces are cut out: the same for a fifth of a second, so that neighbours compare
    before: NDArray[np.float32] | None = None

    @property
    def moves(self) -> bool:
        """Whether the lips have moved lately, as far as pairs of looks tell."""
        return len(self.changes) > 0 and float(np.mean(self.changes)) >= _MOVES

    @property
    def rests(self) -> bool:
        """Whether it is known that they have not."""
        return len(self.changes) >= _SETTLED and not self.moves

    def add(self, index: int, face: NDArray[np.uint8], points: NDArray[np.float32], *, is_pair: bool) -> None:
        """Note what the mesh says of a face that was cut out at one of the track's times, ``turned``; in order."""
        self.opening[index] = _opening(points)
        now = _mouth_picture(points, face)
        if self.before is not None and index - 1 in self.opening:
            self.speed[index] = abs(self.opening[index] - self.opening[index - 1])
            self.motion[index] = float(np.abs(now - self.before).mean())
            if is_pair:
                self.changes.append(self.speed[index])
        self.before = now
        across = points[_LEFT_EYE] - points[_RIGHT_EYE]
        place = np.dot(points[_NOSE_TIP] - points[_RIGHT_EYE], across) / max(1.0, np.dot(across, across))
        self.turn[index] = abs(float(place) - 0.5)
        tilt = self.turned + math.atan2(float(across[1]), float(across[0])) - self.roll
        self.roll = max(-1.0, min(1.0, self.roll + 0.3 * tilt))  # followed slowly: the mesh itself jitters

    def mouth(self, count: int) -> Mouth:
        return Mouth(*(_filled(known, count) for known in (self.opening, self.speed, self.motion, self.turn)))


def mouths(video: Video, tracks: Sequence[Track], mesh: Mesh, ctx: Context, *, always: bool = False) -> list[Mouth]:
    """Measure the mouths of all tracks; ``always`` measures all of their times: timing needs that, not who speaks."""
    at = _looks(tracks, always)
    found = [_Mouthing() for _ in tracks]
    times = sorted(at)
    period, watched = -1, set[int]()
    with few_opencv_threads():
        for done, (time, frame) in enumerate(frames_at(video, times)):
            if done % 100 == 0:
                ctx.report("Watching lips", done / len(times))
            before, (period, place) = period, divmod(int(time * TRACK_RATE), _EVERY)
            watched = {number for number, _, is_due in at[time] if is_due} | (watched if period == before else set())
            several = sum(found[number].moves for number in watched) > 1
            for number, index, is_due in at[time]:
                mouthing = found[number]
                if several or (is_due and not (period % 2 and mouthing.rests and not always)):
                    mouthing.turned = mouthing.turned if place and index else mouthing.roll
                    face = _face(frame, video, tracks[number].boxes[index], mouthing.turned)
                    mouthing.add(index, face, mesh.points(face), is_pair=place == 1)
    return [mouthing.mouth(len(track.times)) for mouthing, track in zip(found, tracks, strict=True)]


def _face(frame: av.VideoFrame, video: Video, box: NDArray[np.float32], roll: float) -> NDArray[np.uint8]:
    x1, y1, x2, y2 = (float(value) for value in box)
    side = _AROUND * max(y2 - y1, x2 - x1)
    return extract_patch(frame, video, ((x1 + x2) / 2, (y1 + y2) / 2), side, _SIDE, roll)


def _looks(tracks: Sequence[Track], always: bool) -> dict[Fraction, list[tuple[int, int, bool]]]:
    """When to look at which tracks (first), at which of their times (second), and whether that is measured anyhow."""
    ticks = [np.round(track.times * float(TRACK_RATE)).astype(int).tolist() for track in tracks]
    faces = Counter(tick for own in ticks for tick in own)
    at: dict[Fraction, list[tuple[int, int, bool]]] = defaultdict(list)
    for number, own in enumerate(ticks):
        for index, tick in enumerate(own):
            is_due = always or tick % _EVERY < 2 or index == 0
            if is_due or faces[tick] > 1:
                at[Fraction(tick) / TRACK_RATE].append((number, index, is_due))
    return at


def _opening(points: NDArray[np.float32]) -> float:
    """The gap between the lips, in heights of the face."""
    height = max(1.0, _length(points[_CHIN] - points[_FOREHEAD]))
    gap = points[list(_LOWER_LIP)] - points[list(_UPPER_LIP)]
    return float(np.linalg.norm(gap, axis=1).mean()) / height


def _filled(known: dict[int, float], count: int) -> NDArray[np.float32]:
    """Values at all of a track's times from those at some of them; 0 where there are none at all."""
    if not known:
        return np.zeros(count, dtype=np.float32)
    return np.interp(np.arange(count), list(known), list(known.values())).astype(np.float32)


def _mouth_picture(points: NDArray[np.float32], face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mouth, grey and of even contrast, held in place by the outer corners of the eyes, which do not speak."""
    eyes = (points[_LEFT_EYE] + points[_RIGHT_EYE]) / 2
    across = points[_LEFT_EYE] - points[_RIGHT_EYE]
    span = max(1.0, _length(across))
    right = across / span
    down = np.array([-right[1], right[0]])
    middle = eyes + down * span * _BELOW_EYES
    corner = middle - (right + down) * span * 0.4
    step = span * 0.8 / _MOUTH
    matrix = np.stack([right * step, down * step, corner], axis=1)
    gray = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    mouth = cv2.warpAffine(
        gray, matrix, (_MOUTH, _MOUTH), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    return np.asarray((mouth - mouth.mean()) / (mouth.std() + 8.0) * 40.0, dtype=np.float32)


def _length(vector: NDArray[np.float32]) -> float:
    return float(np.hypot(vector[0], vector[1]))
