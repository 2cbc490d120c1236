"""Face detections -> tracks: one identity within one shot, with a box at every time of a regular grid.

Detections are linked by place, size and color: of two faces that could continue a track, the one that looks like its
last detection does. A weak detection may continue a track but not begin one (as in ByteTrack, Zhang et al. 2022), a
track survives a few missed detections, and one that was hardly ever detected is dropped as a false positive. No track
crosses a cut. Boxes are interpolated linearly between detections.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections
from clipy.types import TRACK_RATE, Box, Seconds, Shot, Span, Track

_SURE = 0.5  # confidence from which a detection may begin a track
_LOST = 1.0  # seconds after which a track has ended, where pictures were searched since and it was in none of them
_REACH = 1.0  # a face may have moved by this many of its own sizes since its place was predict
_COLOR_SCALE = 80.0  # difference of mean colour, of 255, that weighs as much as the farthest move
_GROWTH = 1.7  # ... and be this many times as big or as small
_SEEN = 3  # detections that make a track real, or all of those in a shorter shot
_STEADY = 0.3  # share of a track's life in which it must be seen


def link(shots: Sequence[Shot], frames: Sequence[FrameDetections]) -> list[Track]:
    """Return the tracks of all shots, shot by shot, biggest face first; ``id`` counts from 0 over all of them."""
    tracks: list[Track] = []
    for shot in shots:
        seen = [frame for frame in frames if frame.time in shot.span]
        real = [tracklet for tracklet in tracklets(seen) if is_real(tracklet, seen)]
        interpolated = [track for tracklet in real if (track := _interpolate(tracklet, shot.span, seen)) is not None]
        interpolated.sort(key=lambda track: -float(np.median(_areas(track.boxes))))
        tracks += interpolated
    return [
        Track(number, track.shot, track.times, track.boxes, track.confidence) for number, track in enumerate(tracks)
    ]


def grid(span: Span) -> list[Seconds]:
    """The times of the regular grid inside a span; its start when there is none."""
    first, last = math.ceil(span.start * TRACK_RATE), math.ceil(span.end * TRACK_RATE)
    return [tick / TRACK_RATE for tick in range(first, last)] or [span.start]


@dataclass
class Tracklet:
    """The detections of one face so far."""

    times: list[Seconds] = field(default_factory=list)
    faces: list[Detection] = field(default_factory=list)

    def add(self, time: Seconds, face: Detection) -> None:
        self.times.append(time)
        self.faces.append(face)

    def predict(self, time: Seconds) -> tuple[float, float]:
        """Where the face's center should be, extrapolated from its last two detections by at most one face size."""
        x, y = self.faces[-1].box.center
        if len(self.faces) < 2:
            return x, y
        before_x, before_y = self.faces[-2].box.center
        ahead = min(1.0, float((time - self.times[-1]) / (self.times[-1] - self.times[-2])))
        return x + ahead * (x - before_x), y + ahead * (y - before_y)


def tracklets(frames: Sequence[FrameDetections]) -> list[Tracklet]:
    """Link detections greedily, the best pair first: with few faces this is as good as an optimal assignment."""
    done: list[Tracklet] = []
    alive: list[Tracklet] = []
    before: Seconds | None = None
    for frame in frames:
        lost = [tracklet.times[-1] != before and frame.time - tracklet.times[-1] > _LOST for tracklet in alive]
        done += [tracklet for tracklet, gone in zip(alive, lost, strict=True) if gone]
        alive = [tracklet for tracklet, gone in zip(alive, lost, strict=True) if not gone]
        before = frame.time
        pairs = sorted(
            (distance + color_distance(tracklet.faces[-1], face), i, j)
            for i, tracklet in enumerate(alive)
            for j, face in enumerate(frame.faces)
            if (distance := _distance(tracklet, frame.time, face)) < _REACH
        )
        taken_trails: set[int] = set()
        used_faces: set[int] = set()
        for _, i, j in pairs:
            if i not in taken_trails and j not in used_faces:
                alive[i].add(frame.time, frame.faces[j])
                taken_trails.add(i)
                used_faces.add(j)
        for j, face in enumerate(frame.faces):
            if j not in used_faces and face.confidence >= _SURE:
                alive.append(Tracklet([frame.time], [face]))
    return _begun_earlier(done + alive, frames)


def _begun_earlier(found: list[Tracklet], frames: Sequence[FrameDetections]) -> list[Tracklet]:
    """The same with the weak detections before each that are in no other: they did not begin a track of their own."""
    taken = {id(face) for tracklet in found for face in tracklet.faces}
    for tracklet in found:
        for frame in reversed([frame for frame in frames if frame.time < tracklet.times[0]]):
            first = Tracklet(tracklet.times[:1], tracklet.faces[:1])
            near = {
                distance + color_distance(first.faces[0], face): face
                for face in frame.faces
                if id(face) not in taken and (distance := _distance(first, frame.time, face)) < _REACH
            }
            if near:
                face = near[min(near)]
                taken.add(id(face))
                tracklet.times.insert(0, frame.time)
                tracklet.faces.insert(0, face)
            elif tracklet.times[0] - frame.time > _LOST:
                break
    return found


def _distance(tracklet: Tracklet, time: Seconds, face: Detection) -> float:
    """In sizes of the face; infinite when it cannot be the same one."""
    last = tracklet.faces[-1].box
    size, new = _size(last), _size(face.box)
    if max(size, new) > _GROWTH * min(size, new):
        return math.inf
    x, y = face.box.center
    return min(math.dist((x, y), tracklet.predict(time)), math.dist((x, y), last.center)) / max(size, new)


def color_distance(before: Detection, after: Detection) -> float:
    """0 for the same colours of face and clothes, 1 for very different ones; 0 where they are not known."""
    pairs = list(zip(before.mean_color, after.mean_color, strict=False))
    parts = [math.dist(*zip(*pairs[k : k + 3], strict=True)) for k in range(0, len(pairs), 3)]
    return min(1.0, max(parts, default=0.0) / _COLOR_SCALE)


def _size(box: Box) -> float:
    return math.sqrt(max(1e-6, box.width * box.height))


def is_real(tracklet: Tracklet, frames: Sequence[FrameDetections]) -> bool:
    """Whether a face was seen often enough to be none of the detector's inventions."""
    chances = sum(tracklet.times[0] <= frame.time <= tracklet.times[-1] for frame in frames)
    return len(tracklet.times) >= min(_SEEN, len(frames)) and len(tracklet.times) >= _STEADY * chances


def _interpolate(tracklet: Tracklet, shot: Span, frames: Sequence[FrameDetections]) -> Track | None:
    """Boxes on the grid from the first detection to the last, or to the shot's edge if no frame lies between."""
    times = [frame.time for frame in frames]
    first, last = tracklet.times[0], tracklet.times[-1]
    start = shot.start if first == times[0] else first
    end = shot.end if last == times[-1] else last
    inside = [time for time in grid(shot) if start <= time <= end]
    if not inside:
        return None
    at = _floats(inside)
    known = _floats(tracklet.times)
    corners = np.array([[face.box.x1, face.box.y1, face.box.x2, face.box.y2] for face in tracklet.faces])
    boxes = np.stack([np.interp(at, known, corners[:, k]) for k in range(4)], axis=1)
    near = np.abs(at[:, None] - known[None, :])
    sure = np.array([face.confidence for face in tracklet.faces])[near.argmin(axis=1)]
    confidence = np.where(near.min(axis=1) < 0.5 / float(TRACK_RATE), sure, 0.0)
    return Track(0, shot, at, boxes.astype(np.float32), confidence.astype(np.float32))


def _floats(times: Iterable[Seconds]) -> NDArray[np.float64]:
    return np.array([float(time) for time in times], dtype=np.float64)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), dtype=np.float32)
