"""Where the crop window is: the right size and place for who is followed, moved as a camera operator would.

A still face gives a window that does not move by a fraction of a pixel. Positions are sub-pixel; a window never leaves
the picture and always has exactly the proportions of the rectangle of the output that it fills.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.attention import Attention, Turn
from clipy.analysis.smoothing import STEP, Limits, along, fitted, smooth
from clipy.analysis.tracks import grid
from clipy.types import Box, CropShot, Keyframe, Panel, Seconds, Span, Track, Video

Path = NDArray[np.float64]  # (n, 2) or (n,)

_NEAR = 0.6  # window widths between two faces at which the camera pans from one to the other instead of cutting
_SPEED, _ACCELERATION = 0.6, 1.2  # window widths a second (and per second): a calm pan
_CALM = 0.11  # window sides by which the face may leave its place before the camera follows
_EDGE = 0.04  # window sides between a face and the window's edge, at least
_BROAD = 0.97  # a face wider than this share of the window cannot be shown by cropping


@dataclass(frozen=True)
class Camera:
    """Makes windows of a video for an output of ``width`` x ``height`` pixels.

    ``face_share`` is the height of the face, as a share of the window's, that it comes closer for, but no closer than
    ``max_upscale`` output pixels for one of the source, nor than half of the biggest window. ``eye_line`` is where the
    face's middle is, as a share of the window's height.
    """

    video: Video
    width: int
    height: int
    face_share: float = 0.16
    max_upscale: float = 2.5
    eye_line: float = 0.4
    attention: Attention = field(default_factory=Attention)

    def shoot(self, span: Span, tracks: Sequence[Track], *, whole_if_broad: bool = False) -> list[CropShot]:
        """Cover a span of one shot: the speaking face is followed; a change to a distant one is a cut.

        A face that is wider than the biggest window is shown in the middle, or the whole picture is.
        """
        runs = self._runs(self.attention.turns(span, tracks))
        return [self._run(turns) if self._holds(turns) or not whole_if_broad else self._whole(turns) for turns in runs]

    def middle(self, span: Span) -> CropShot:
        """The biggest window, still, in the middle of the picture."""
        center = (self.video.width / 2, self.video.height / 2)
        return self._shot(span, (Keyframe(span.start, self.window(center, self.biggest)),))

    def whole(self, span: Span) -> CropShot:
        """The whole picture as big as it fits, in the middle of the output."""
        scale = min(self.width / self.video.width, self.height / self.video.height)
        wide, high = (max(2, int(side * scale / 2 + 0.5) * 2) for side in (self.video.width, self.video.height))
        wide, high = min(wide, self.width), min(high, self.height)
        left, top = (self.width - wide) // 4 * 2, (self.height - high) // 4 * 2
        box = _inside(self.video, (self.video.width / 2, self.video.height / 2), Fraction(wide, high), math.inf)
        panel = Panel((Keyframe(span.start, box),), (left, top, left + wide, top + high))
        return CropShot(span, "fit", (panel,))

    @property
    def biggest(self) -> float:
        """Height of the biggest window of the output's proportions that the picture holds."""
        return min(self.video.height, self.video.width * self.height / self.width)

    def window(self, center: tuple[float, float], height: float) -> Box:
        """The window of a height around a point, moved into the picture where it would leave it."""
        return _inside(self.video, center, Fraction(self.width, self.height), height)

    def _holds(self, turns: Sequence[Turn]) -> bool:
        widths = [np.median(turn.track.boxes[:, 2] - turn.track.boxes[:, 0]) for turn in turns if turn.track]
        return all(float(width) <= _BROAD * self.biggest * self.width / self.height for width in widths)

    def _whole(self, turns: Sequence[Turn]) -> CropShot:
        return self.whole(Span(turns[0].span.start, turns[-1].span.end))

    def _runs(self, turns: Sequence[Turn]) -> list[list[Turn]]:
        """Turns that one moving window covers; between two runs there is a cut."""
        runs = [[turns[0]]]
        for before, after in pairwise(turns):
            if self._is_near(before, after):
                runs[-1].append(after)
            else:
                runs.append([after])
        return runs

    def _is_near(self, before: Turn, after: Turn) -> bool:
        sides = self._height([before]), self._height([after])
        x1, y1 = _faces(before, [after.span.start])[0, :2]
        x2, y2 = _faces(after, [after.span.start])[0, :2]
        reach = _NEAR * min(sides) * self.width / self.height
        return math.dist((x1, y1), (x2, y2)) < reach and max(sides) < 1.3 * min(sides)

    def _run(self, turns: Sequence[Turn]) -> CropShot:
        span = Span(turns[0].span.start, turns[-1].span.end)
        if turns[0].track is None:
            return self.middle(span)
        height = self._height(turns)
        times = [span.start + index * STEP for index in range(math.ceil(span.duration / STEP) + 1)]
        owners = [next((turn for turn in turns if time in turn.span), turns[-1]) for time in times]
        faces = np.concatenate([_faces(turn, [time]) for turn, time in zip(owners, times, strict=True)])
        moments = sorted({span.start, *grid(span), span.end})
        at = np.array([float(time - span.start) for time in moments])
        wide = height * self.width / self.height
        x = self._axis(faces[:, 0], faces[:, 2], wide, self.video.width, at)
        y = self._axis(faces[:, 1] + (0.5 - self.eye_line) * height, faces[:, 3], height, self.video.height, at)
        centers = zip(moments, x.tolist(), y.tolist(), strict=True)
        return self._shot(span, _thinned([Keyframe(time, self.window((cx, cy), height)) for time, cx, cy in centers]))

    def _height(self, turns: Sequence[Turn]) -> float:
        """As big as the picture allows, unless the face would be small; always big enough for the biggest face."""
        heights = [float(np.median(turn.track.boxes[:, 3] - turn.track.boxes[:, 1])) for turn in turns if turn.track]
        if not heights:
            return self.biggest
        closest = max(self.height / self.max_upscale, self.biggest / 2)
        return min(self.biggest, max(closest, max(heights) / self.face_share))

    def _axis(self, wanted: Path, sizes: Path, side: float, whole: float, at: Path) -> Path:
        """The window's centre along one axis at times since the run's start, from where its middle is wanted."""
        if side >= whole - 1e-6:
            return np.full(len(at), whole / 2)
        room = np.maximum((side - sizes) / 2 - _EDGE * side, 0.01 * side)
        slack = np.minimum(_CALM * side, room)
        reachable = np.clip(wanted, side / 2, whole - side / 2)
        low = np.clip(wanted - slack, side / 2, whole - side / 2)
        high = np.maximum(np.clip(wanted + slack, side / 2, whole - side / 2), low)
        points = smooth(np.minimum(low, reachable), np.maximum(high, reachable), self._limits(side))
        path = along(fitted(points, side / 2, whole - side / 2), at)
        return np.round(path, 3)  # a still camera is exactly still, whatever the spline's rounding

    @staticmethod
    def _limits(side: float) -> Limits:
        return Limits(_SPEED * side, _ACCELERATION * side)

    def _shot(self, span: Span, keyframes: tuple[Keyframe, ...]) -> CropShot:
        return CropShot(span, "single", (Panel(keyframes, (0, 0, self.width, self.height)),))


def _inside(video: Video, center: tuple[float, float], aspect: Fraction, height: float) -> Box:
    high = min(height, video.height, float(video.width / aspect))
    wide = high * float(aspect)
    left = min(max(0.0, center[0] - wide / 2), max(0.0, video.width - wide))
    top = min(max(0.0, center[1] - high / 2), max(0.0, video.height - high))
    return Box(left, top, left + wide, top + high)


def _faces(turn: Turn, times: Sequence[Seconds]) -> Path:
    """(n, 4): the followed face's centre x and y, width and height at each time; where it last was, once it is gone."""
    if turn.track is None:
        return np.zeros((len(times), 4))
    at = np.array([float(time) for time in times])
    x1, y1, x2, y2 = (np.interp(at, turn.track.times, turn.track.boxes[:, k]) for k in range(4))
    return np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=1)


def _thinned(keyframes: Sequence[Keyframe]) -> tuple[Keyframe, ...]:
    """Without those that lie in the middle of a stretch in which the window is still."""
    kept = [
        now
        for before, now, after in zip(keyframes, keyframes[1:], keyframes[2:], strict=False)
        if not before.box == now.box == after.box
    ]
    ends = keyframes[:1] if len(keyframes) == 1 or all(k.box == keyframes[0].box for k in keyframes) else None
    return tuple(ends) if ends else (keyframes[0], *kept, keyframes[-1])
