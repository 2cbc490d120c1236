"""Faces that the detector lost within a shot: turned away, in profile, in the dark, half out of the picture.

A head that is seen in one second and not in the next has not left. From where a track ends, or back from where it
begins, head and shoulders are followed from picture to picture by normalized cross-correlation, at a size that suits
the face, and the detector looks there again, at that size. What it does not find stays a face of confidence 0, as long
as it looks like the same person: it continues a track, and never begins one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import Detection, FrameDetections, Picture, with_mean_colors
from clipy.analysis.faces.tracking.tracks import color_distance, is_real, tracklets
from clipy.geometry import iou
from clipy.media.read import pictures
from clipy.types import Box, Seconds, Shot, Span, Video

_STEP = Fraction(1, 10)  # seconds from one picture to the next, at most
_SHORTEST, _LONGEST = 0.5, 20.0  # seconds for which a lost face is followed
_BACK = 8.0  # ... and at most back in time, where all pictures are held in memory
_STEADY = 0.8  # seconds for which it must have been seen
_SMALLEST = 0.04  # least height of a face, as a share of the picture's: no window follows smaller ones
_SURE = 0.5  # confidence of a face in a shot in which none was found
_FEWEST = 4  # pictures of such a shot
_CONFIRMED = 0.3  # share of them in which the detector must find the face, too
_MOST = 4  # losses of a shot that are followed, those of the largest faces
_HIGH = 64  # height of the face in the pictures that are searched, in pixels
_ENLARGED = 2.0  # a small picture is searched at most this much bigger
_REGION = 3.0  # half the side of the part of a picture that is kept, in sizes of the face
_BODY = (0.7, 0.8, 1.5)  # head and shoulders: to either side, above and below the face's middle, in sizes of the face
_REACH = 0.8  # sizes of the face by which it may move from one picture to the next
_ALIKE = 0.5  # correlation from which head and shoulders are the same
_SURELY = 0.8  # ... and as they were when the detector last found the face: so that errors do not add up
_OTHER = 0.9  # difference of mean colors (see ``color_distance``) from which it is somebody else
_MISSES = 4  # pictures in a row in which nothing is alike, after which the person has left
_NEAR = 0.8  # sizes of the face within which a face of another track is taken for it
_AGAIN = 0.4  # intersection over union from which the detector has found it again, rather than an ear or a hat

Detect = Callable[[Sequence[Picture]], list[list[Detection]]]


@dataclass(frozen=True, slots=True)
class Loss:
    """A face as it was last seen, at ``times[0]``, and when to look for it; backwards in time where these fall."""

    face: Detection
    times: tuple[Seconds, ...]

    @property
    def size(self) -> float:
        return max(self.face.box.width, self.face.box.height)


def recovered(
    video: Video, shots: Sequence[Shot], frames: Sequence[FrameDetections], size: int, detect: Detect
) -> list[FrameDetections]:
    """The same searched pictures, with the faces that were lost and are still there.

    ``size`` is the shorter side at which the pictures were searched: where a shot shows no face at all, one is searched
    at twice that, for small faces and those in profile.
    """
    found = {frame.time: frame for frame in frames}
    for shot in shots:
        seen = [frame for frame in frames if frame.time in shot.clear]
        if seen and not any(frame.faces for frame in seen):
            for time, face in _overlooked(seen, video, size, detect):
                found[time] = replace(found[time], faces=(*found[time].faces, face))
            continue
        for loss in _losses(seen, video):
            for time, face in _followed(loss, video, found, detect):
                found[time] = replace(found[time], faces=(*found[time].faces, face))
    return [found[time] for time in sorted(found)]


def _overlooked(
    frames: Sequence[FrameDetections], video: Video, size: int, detect: Detect
) -> Iterator[tuple[Seconds, Detection]]:
    """The faces of a shot in which none was found: those in its middle picture that are found in others, too."""
    middle = len(frames) // 2
    time = frames[middle].time
    shorter = min(video.width, video.height)
    scale = min(_ENLARGED, 2 * size / shorter)
    if len(frames) < _FEWEST or scale * shorter <= size:
        return
    span = Span(time, min(video.duration, time + 1 / video.frame_rate))
    looked = [picture for _, picture in pictures(video, span, times=[time], height=round(video.height * scale))]
    for face in detect(looked)[0] if looked else ():
        whole = face.scaled(1 / scale, 1 / scale)
        if face.confidence < _SURE or whole.box.height < _SMALLEST * video.height:
            continue
        known = {frame.time: frame for frame in frames}
        after = Loss(whole, tuple(frame.time for frame in frames[middle:] if frame.time - time <= _LONGEST))
        before = Loss(
            whole, tuple(frame.time for frame in reversed(frames[: middle + 1]) if time - frame.time <= _BACK)
        )
        followed = [one for loss in (before, after) for one in _followed(loss, video, known, detect)]
        if followed and sum(one.confidence > 0 for _, one in followed) >= _CONFIRMED * len(followed):
            yield time, whole
            yield from followed


def _losses(frames: Sequence[FrameDetections], video: Video) -> list[Loss]:
    """The ends of tracks inside a shot, and their beginnings; those of the largest faces."""
    times = [frame.time for frame in frames]
    losses = []
    for one in tracklets(frames):
        if not is_real(one, frames) or one.times[-1] - one.times[0] < _STEADY:
            continue
        after = tuple(time for time in times if 0 <= time - one.times[-1] <= _LONGEST)
        before = tuple(time for time in reversed(times) if 0 <= one.times[0] - time <= _BACK)
        losses += [Loss(one.faces[-1], after), Loss(one.faces[0], before)]
    lasting = [
        loss
        for loss in losses
        if loss.face.box.height >= _SMALLEST * video.height and abs(loss.times[-1] - loss.times[0]) >= _SHORTEST
    ]
    return sorted(lasting, key=lambda loss: -loss.size)[:_MOST]


def _followed(
    loss: Loss, video: Video, known: dict[Seconds, FrameDetections], detect: Detect
) -> Iterator[tuple[Seconds, Detection]]:
    """The lost face at the times at which pictures were searched, until it is gone, or found as another track."""
    scale = min(_ENLARGED, _HIGH / loss.face.box.height)
    views = _views(loss, video, scale)
    begin = next(views, None)
    if begin is None:
        return
    (at,) = begin[1].colored([loss.face.scaled(scale, scale)])
    color, misses = at, 0
    first = last = begin[1].cut(_body(at.box))
    for time, view in views:
        moved, alike = view.find([first, last], _body(at.box))
        (here,) = view.colored([replace(at, box=_shifted(at.box, *moved), confidence=0.0, landmarks=())])
        if alike < _ALIKE or color_distance(color, here) > _OTHER or not view.holds(here.box):
            misses += 1
            if misses > _MISSES:
                return
            continue
        misses, at = 0, here
        if time in known:
            others = (face.scaled(scale, scale).box.center for face in known[time].faces)
            if any(math.dist(other, here.box.center) < _NEAR * scale * loss.size for other in others):
                return
            at = view.detected(here, detect)
            yield time, view.in_picture(at).scaled(1 / scale, 1 / scale)
        last = view.cut(_body(at.box))
        first = last if at.confidence > 0 else first


def _views(loss: Loss, video: Video, scale: float) -> Iterator[tuple[Seconds, _View]]:
    """What lies around the place at which a face was lost, at the times to look and between them."""
    times = sorted(loss.times)
    steps = [a + (b - a) * k / n for a, b in pairwise(times) for n in (max(1, -(-(b - a) // _STEP)),) for k in range(n)]
    due = [*steps, times[-1]]
    size, (x, y) = scale * loss.size, (scale * value for value in loss.face.box.center)
    left, top = round(x - _REGION * size), round(y - _REGION * size)
    side = round(2 * _REGION * size)
    span = Span(due[0], min(video.duration, due[-1] + 1 / video.frame_rate))
    shown = pictures(video, span, times=due, height=max(1, round(video.height * scale)))
    views = ((time, _View.of(picture, left, top, side)) for time, (_, picture) in zip(due, shown, strict=False))
    return views if loss.times[0] == times[0] else reversed(list(views))


@dataclass(frozen=True, slots=True)
class _View:
    """A part of a picture, whose corner is at (``x``, ``y``) of a picture that is ``width`` by ``height``."""

    picture: Picture
    x: int
    y: int
    width: int
    height: int

    @classmethod
    def of(cls, picture: Picture, left: int, top: int, side: int) -> _View:
        high, wide = picture.shape[:2]
        x, y = max(0, left), max(0, top)
        return cls(np.ascontiguousarray(picture[y : max(y, top + side), x : max(x, left + side)]), x, y, wide, high)

    def cut(self, box: Box) -> Picture:
        """A box of the whole picture, with the edge repeated where it leaves the view."""
        size = max(4, round(box.width)), max(4, round(box.height))
        middle = box.center[0] - self.x, box.center[1] - self.y
        return cv2.getRectSubPix(self.picture, size, middle).astype(np.uint8, copy=False)

    def find(self, templates: Sequence[Picture], box: Box) -> tuple[tuple[float, float], float]:
        """By how much the first of some templates that is surely here has moved from its box, else the last of them;
        and how alike it is there, -1..1.
        """
        moved, alike = (0.0, 0.0), -1.0
        for template in templates:
            moved, alike = self._match(template, box)
            if alike >= _SURELY:
                break
        return moved, alike

    def _match(self, template: Picture, box: Box) -> tuple[tuple[float, float], float]:
        reach = _REACH * box.width / (2 * _BODY[0])
        wide, high = template.shape[1] + 2 * round(reach), template.shape[0] + 2 * round(reach)
        (x, y), half = box.center, (wide / 2, high / 2)
        area = self.cut(Box(x - half[0], y - half[1], x + half[0], y + half[1]))
        alike = np.asarray(cv2.matchTemplate(area, template, cv2.TM_CCOEFF_NORMED), dtype=np.float32)
        row, column = (int(place) for place in np.unravel_index(int(alike.argmax()), alike.shape))
        x, y = _peak(alike[row, :], column), _peak(alike[:, column], row)
        return (x - (alike.shape[1] - 1) / 2, y - (alike.shape[0] - 1) / 2), float(alike[row, column])

    def holds(self, face: Box) -> bool:
        """Whether the middle of a face is in the view."""
        (x, y), (high, wide) = face.center, self.picture.shape[:2]
        return bool(self.x < x < self.x + wide and self.y < y < self.y + high)

    def colored(self, faces: Sequence[Detection]) -> list[Detection]:
        """Faces with their mean colors."""
        own = [replace(face, box=_shifted(face.box, -self.x, -self.y)) for face in faces]
        (found,) = with_mean_colors([self.picture], [own])
        return [replace(face, mean_color=seen.mean_color) for face, seen in zip(faces, found, strict=True)]

    def detected(self, here: Detection, detect: Detect) -> Detection:
        """The face as the detector finds it near a place, or as it is known."""
        (found,) = detect([self.picture])
        near = [
            replace(
                face,
                box=_shifted(face.box, self.x, self.y),
                landmarks=tuple((px + self.x, py + self.y) for px, py in face.landmarks),
            )
            for face in found
        ]
        best = max(near, key=lambda face: iou(face.box, here.box), default=here)
        return replace(best, mean_color=here.mean_color) if iou(best.box, here.box) >= _AGAIN else here

    def in_picture(self, face: Detection) -> Detection:
        """A face without what sticks out of the picture."""
        box = face.box
        x1, y1 = max(0.0, box.x1), max(0.0, box.y1)
        return replace(face, box=Box(x1, y1, min(float(self.width), box.x2), min(float(self.height), box.y2)))


def _body(face: Box) -> Box:
    (x, y), size = face.center, max(face.width, face.height)
    side, above, below = (size * share for share in _BODY)
    return Box(x - side, y - above, x + side, y + below)


def _peak(values: NDArray[np.float32], at: int) -> float:
    """Where the parabola through the largest of some values and those beside it is highest: slow moves add up."""
    if not 0 < at < len(values) - 1:
        return float(at)
    before, most, after = (float(value) for value in values[at - 1 : at + 2])
    return at + 0.5 * (after - before) / max(1e-6, 2 * most - before - after)


def _shifted(box: Box, x: float, y: float) -> Box:
    return Box(box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y)
