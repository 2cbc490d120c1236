"""Faces seen now and then -> tracks: one identity within one shot, with a box at every time of a regular grid.

Sightings are joined by place, size and look: of two faces that could be one's next sighting, the one that looks like
the last is. A weak face may continue a track but not begin one (as in ByteTrack, Zhang et
al. 2022), a track survives a few missed detections, and one that was hardly ever seen is dropped as an error of the
detector. No track crosses a cut. Between sightings boxes are linear.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections
from clipy.types import TRACK_RATE, Box, Seconds, Shot, Span, Track

_SURE = 0.5  # confidence that begins a track
_LOST = 1.0  # seconds after which a track has ended, where pictures were searched since and it was in none of them
_REACH = 1.0  # a face may have moved by this many of its own sizes since its place was foretold
_UNLIKE = 80.0  # difference of mean colour, of 255, that weighs as much as the farthest move
_GROWTH = 1.7  # ... and be this many times as big or as small
_SEEN = 3  # sightings that make a track real, or all of those in a shorter shot
_STEADY = 0.3  # share of a track's life in which it must be seen


def link(shots: Sequence[Shot], sightings: Sequence[FrameDetections]) -> list[Track]:
    """Return the tracks of all shots, shot by shot, biggest face first; ``id`` counts from 0 over all of them."""
    tracks: list[Track] = []
    for shot in shots:
        seen = [sighting for sighting in sightings if sighting.time in shot.span]
        trails = [trail for trail in _trails(seen) if _is_real(trail, seen)]
        made = [track for trail in trails if (track := _on_grid(trail, shot.span, seen)) is not None]
        made.sort(key=lambda track: -float(np.median(_areas(track.boxes))))
        tracks += made
    return [
        Track(number, track.shot, track.times, track.boxes, track.confidence) for number, track in enumerate(tracks)
    ]


def grid(span: Span) -> list[Seconds]:
    """The times of the regular grid inside a span; its start when there is none."""
    first, last = math.ceil(span.start * TRACK_RATE), math.ceil(span.end * TRACK_RATE)
    return [tick / TRACK_RATE for tick in range(first, last)] or [span.start]


@dataclass
class _Trail:
    """The sightings of one face so far."""

    times: list[Seconds] = field(default_factory=list)
    faces: list[Detection] = field(default_factory=list)

    def add(self, time: Seconds, face: Detection) -> None:
        self.times.append(time)
        self.faces.append(face)

    def foretold(self, time: Seconds) -> tuple[float, float]:
        """Where the face's centre should be, from its last two sightings, at most one face size away."""
        x, y = self.faces[-1].box.center
        if len(self.faces) < 2:
            return x, y
        before_x, before_y = self.faces[-2].box.center
        ahead = min(1.0, float((time - self.times[-1]) / (self.times[-1] - self.times[-2])))
        return x + ahead * (x - before_x), y + ahead * (y - before_y)


def _trails(sightings: Sequence[FrameDetections]) -> list[_Trail]:
    """Join sightings greedily, the best pair first: with few faces this is as good as an optimal assignment."""
    done: list[_Trail] = []
    alive: list[_Trail] = []
    before: Seconds | None = None
    for sighting in sightings:
        lost = [trail.times[-1] != before and sighting.time - trail.times[-1] > _LOST for trail in alive]
        done += [trail for trail, gone in zip(alive, lost, strict=True) if gone]
        alive = [trail for trail, gone in zip(alive, lost, strict=True) if not gone]
        before = sighting.time
        pairs = sorted(
            (distance + _unlike(trail.faces[-1], face), i, j)
            for i, trail in enumerate(alive)
            for j, face in enumerate(sighting.faces)
            if (distance := _distance(trail, sighting.time, face)) < _REACH
        )
        taken_trails: set[int] = set()
        taken_faces: set[int] = set()
        for _, i, j in pairs:
            if i not in taken_trails and j not in taken_faces:
                alive[i].add(sighting.time, sighting.faces[j])
                taken_trails.add(i)
                taken_faces.add(j)
        for j, face in enumerate(sighting.faces):
            if j not in taken_faces and face.confidence >= _SURE:
                alive.append(_Trail([sighting.time], [face]))
    return done + alive


def _distance(trail: _Trail, time: Seconds, face: Detection) -> float:
    """In sizes of the face; infinite when it cannot be the same one."""
    last = trail.faces[-1].box
    size, new = _size(last), _size(face.box)
    if max(size, new) > _GROWTH * min(size, new):
        return math.inf
    x, y = face.box.center
    return min(math.dist((x, y), trail.foretold(time)), math.dist((x, y), last.center)) / max(size, new)


def _unlike(before: Detection, after: Detection) -> float:
    """0 for the same colours of face and clothes, 1 for very different ones; 0 where they are not known."""
    pairs = list(zip(before.mean_color, after.mean_color, strict=False))
    parts = [math.dist(*zip(*pairs[k : k + 3], strict=True)) for k in range(0, len(pairs), 3)]
    return min(1.0, max(parts, default=0.0) / _UNLIKE)


def _size(box: Box) -> float:
    return math.sqrt(max(1e-6, box.width * box.height))


def _is_real(trail: _Trail, sightings: Sequence[FrameDetections]) -> bool:
    chances = sum(trail.times[0] <= sighting.time <= trail.times[-1] for sighting in sightings)
    return len(trail.times) >= min(_SEEN, len(sightings)) and len(trail.times) >= _STEADY * chances


def _on_grid(trail: _Trail, shot: Span, sightings: Sequence[FrameDetections]) -> Track | None:
    """Boxes at the grid's times from the first sighting to the last, or to the shot's edge when that is nearest."""
    times = [sighting.time for sighting in sightings]
    first, last = trail.times[0], trail.times[-1]
    start = shot.start if first == times[0] else first
    end = shot.end if last == times[-1] else last
    inside = [time for time in grid(shot) if start <= time <= end]
    if not inside:
        return None
    at = _floats(inside)
    known = _floats(trail.times)
    corners = np.array([[face.box.x1, face.box.y1, face.box.x2, face.box.y2] for face in trail.faces])
    boxes = np.stack([np.interp(at, known, corners[:, k]) for k in range(4)], axis=1)
    near = np.abs(at[:, None] - known[None, :])
    sure = np.array([face.confidence for face in trail.faces])[near.argmin(axis=1)]
    confidence = np.where(near.min(axis=1) < 0.5 / float(TRACK_RATE), sure, 0.0)
    return Track(0, shot, at, boxes.astype(np.float32), confidence.astype(np.float32))


def _floats(times: Iterable[Seconds]) -> NDArray[np.float64]:
    return np.array([float(time) for time in times], dtype=np.float64)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), dtype=np.float32)
