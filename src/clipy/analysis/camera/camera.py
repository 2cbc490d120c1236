"""The crop window: size and position for the followed face, moved as a camera operator would.

A static face gives an exactly static window. Positions are sub-pixel; a window never leaves the picture and always has
exactly the aspect ratio of the output rectangle that it fills.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.camera.attention import Attention, CameraTarget
from clipy.analysis.camera.smoothing import STEP, Limits, along, fitted, smooth
from clipy.analysis.camera.uncut import Neighbor, Tube, uncut
from clipy.analysis.faces.tracking.tracks import grid
from clipy.types import TRACK_RATE, Box, CropShot, Keyframe, Panel, Seconds, Span, Track, Video

Path = NDArray[np.float64]  # (n, 2) or (n,)

_NEAR = 0.6  # window widths between two faces at which the camera pans from one to the other instead of cutting
_SPEED, _ACCELERATION = 0.6, 1.2  # window widths per second (and per second squared): a calm pan
_EDGE = 0.04  # window sides between a face and the window's edge, at least
_SHIFT = 0.25  # window sides by which the face may be off the middle, so that no neighbor is cut
_SAME = 0.5  # face widths between the middles of two boxes on one face
_HEAD = 0.85  # face heights from the middle of a face to above its hair
_HAIR = 1.5  # height of a head with hair and some room, in heights of its face
_LOWEST = 0.58  # lowest position of the middle of a face, as a share of the window's height
_BROAD = 0.97  # widest face that a window can show, as a share of its width
_PANE = 0.6  # of the largest window: smaller panes do not confine the window
_ROOM = 0.7  # widest face in a tile's window, as a share of its width
_NEARLY_ALL = 0.85  # of a tile: a window that holds more of it shows all of it instead
_COMPOSED = 0.9  # share of the picture in the largest window at which it was composed for this aspect ratio


@dataclass(frozen=True)
class Camera:
    """Makes windows of a video for an output of ``width`` x ``height`` pixels.

    The window zooms in until the face has ``face_share`` of its height, but enlarges source pixels at most
    ``max_upscale`` times and stays above ``closest`` of the largest window. ``eye_line``: position of the middle of the
    face, as a share of the window's height. ``picture``: the part of the source that may be shown, without black bars;
    all of it by default. ``corner``: position of the panel on the output, in split screens. ``dead_zone``: window sides
    by which the followed face may drift before the camera moves. ``panes``: the picture-in-picture of a track (by id);
    its window stays inside where possible. ``writing`` is text to keep in view where the window can hold all of it.
    """

    video: Video
    width: int
    height: int
    face_share: float = 0.16
    max_upscale: float = 2.5
    eye_line: float = 0.4
    attention: Attention = field(default_factory=Attention)
    picture: Box | None = None
    corner: tuple[int, int] = (0, 0)
    closest: float = 0.5
    dead_zone: float = 0.11
    panes: Mapping[int, Box] = field(default_factory=dict)
    writing: tuple[Box, ...] = ()

    def crop_shots(self, span: Span, tracks: Sequence[Track], *, whole_if_broad: bool = False) -> list[CropShot]:
        """Cover a span of one shot: follow the speaking face, and cut to a distant one.

        A face wider than the largest window is centred, or the whole picture is shown.
        """
        runs = self._runs(self.attention.targets(span, tracks, self.area))
        return [
            self._crop_run(targets, tracks)
            if self._fits_window(targets) or not whole_if_broad
            else self._whole(targets)
            for targets in runs
        ]

    def leading(self, by: float) -> Camera:
        """The same camera, which switches that many seconds earlier; later where it is negative."""
        return replace(self, attention=replace(self.attention, lead=self.attention.lead + by))

    def middle(self, span: Span) -> CropShot:
        """The largest window, static, in the middle of the picture."""
        return self._shot(span, self.still(span, self.window(self.area.center, self.largest_height)))

    def whole(self, span: Span) -> CropShot:
        """The whole picture, as large as fits, in the middle of the output."""
        area = self.area
        scale = min(self.width / area.width, self.height / area.height)
        wide, high = (max(2, int(side * scale / 2 + 0.5) * 2) for side in (area.width, area.height))
        wide, high = min(wide, self.width), min(high, self.height)
        left, top = (self.width - wide) // 4 * 2, (self.height - high) // 4 * 2
        box = _inside(area, area.center, Fraction(wide, high), math.inf)
        panel = Panel((Keyframe(span.start, box),), (left, top, left + wide, top + high))
        return CropShot(span, "fit", (panel,))

    def follow(self, span: Span, track: Track, height: float | None = None) -> Panel:
        """One window on one track, ignoring others; by default with the height that ``crop_shots`` would choose."""
        return self.panel([CameraTarget(span, track)], height)

    def still(self, span: Span, window: Box) -> Panel:
        """A static window."""
        return Panel((Keyframe(span.start, window),), self._into)

    @property
    def area(self) -> Box:
        """The part of the source that may be shown."""
        return self.picture or Box(0, 0, self.video.width, self.video.height)

    @property
    def largest_height(self) -> float:
        """Height of the largest window with the output's aspect ratio."""
        return min(self.area.height, self.area.width * self.height / self.width)

    @property
    def smallest_height(self) -> float:
        """Height of the smallest window, used for small faces."""
        return min(self.largest_height, max(self.height / self.max_upscale, self.largest_height * self.closest))

    @property
    def is_composed(self) -> bool:
        """Whether the picture nearly has the output's aspect ratio already, so it was composed for it."""
        return self.largest_height**2 * self.width / self.height >= _COMPOSED * self.area.width * self.area.height

    def window(self, center: tuple[float, float], height: float) -> Box:
        """The window of a height around a point, shifted to stay inside the picture."""
        return _inside(self.area, center, Fraction(self.width, self.height), height)

    def height_for(self, targets: Sequence[CameraTarget]) -> float:
        """As large as the picture allows, smaller for small faces; always large enough for the largest face."""
        heights = [
            float(np.median(target.track.boxes[:, 3] - target.track.boxes[:, 1])) for target in targets if target.track
        ]
        if not heights:
            return self.largest_height
        return min(self.largest_height, max(self.smallest_height, max(heights) / self.face_share))

    def _fits_window(self, targets: Sequence[CameraTarget]) -> bool:
        widths = [np.median(target.track.boxes[:, 2] - target.track.boxes[:, 0]) for target in targets if target.track]
        return all(float(width) <= _BROAD * self.largest_height * self.width / self.height for width in widths)

    def _whole(self, targets: Sequence[CameraTarget]) -> CropShot:
        return self.whole(Span(targets[0].span.start, targets[-1].span.end))

    def _runs(self, targets: Sequence[CameraTarget]) -> list[list[CameraTarget]]:
        """Group targets that one moving window covers; there is a cut between groups."""
        runs = [[targets[0]]]
        for before, after in pairwise(targets):
            if self._is_near(before, after):
                runs[-1].append(after)
            else:
                runs.append([after])
        return runs

    def _is_near(self, before: CameraTarget, after: CameraTarget) -> bool:
        if self._pane(before) != self._pane(after):
            return False
        sides = self.height_for([before]), self.height_for([after])
        x1, y1 = _faces(before, [after.span.start])[0, :2]
        x2, y2 = _faces(after, [after.span.start])[0, :2]
        reach = _NEAR * min(sides) * self.width / self.height
        return math.dist((x1, y1), (x2, y2)) < reach and max(sides) < 1.3 * min(sides)

    def _crop_run(self, targets: Sequence[CameraTarget], tracks: Sequence[Track]) -> CropShot:
        span = Span(targets[0].span.start, targets[-1].span.end)
        if targets[0].track is None:
            return self.middle(span)
        panes = {self._pane(target) for target in targets}
        pane = panes.pop() if len(panes) == 1 else None
        if pane is None:
            return self._shot(span, self.panel(targets, beside=tracks))
        inner = replace(self, picture=pane, panes={})
        return (
            self._shot(span, inner.panel(targets))
            if inner.largest_height >= _PANE * self.largest_height
            else inner.tile(targets)
        )

    def tile(self, targets: Sequence[CameraTarget]) -> CropShot:
        """A small picture over a backdrop: all of it, or as much as ``max_upscale`` makes as wide as the output."""
        span, area = Span(targets[0].span.start, targets[-1].span.end), self.area
        faces = [
            float((target.track.boxes[:, 2] - target.track.boxes[:, 0]).max()) for target in targets if target.track
        ]
        least = max(self.width / self.max_upscale, area.height * self.width / self.height, *(w / _ROOM for w in faces))
        wide = area.width if least >= _NEARLY_ALL * area.width else least
        high = min(self.height, max(2, round(self.width * area.height / wide / 2) * 2))
        top = (self.height - high) // 4 * 2
        panel = replace(self, height=high, corner=(self.corner[0], self.corner[1] + top)).panel(targets, area.height)
        return CropShot(span, "tile", (panel,))

    def _pane(self, target: CameraTarget) -> Box | None:
        return self.panes.get(target.track.id) if target.track else None

    def panel(
        self, targets: Sequence[CameraTarget], height: float | None = None, beside: Sequence[Track] = ()
    ) -> Panel:
        """The moving window on the tracks of adjoining targets. Its edges cut none of the faces ``beside`` them where a
        small shift avoids that.
        """
        height = self.height_for(targets) if height is None else height
        span = Span(targets[0].span.start, targets[-1].span.end)
        times = [span.start + index * STEP for index in range(math.ceil(span.duration / STEP) + 1)]
        owners = [next((target for target in targets if time in target.span), targets[-1]) for time in times]
        faces = np.concatenate([_faces(target, [time]) for target, time in zip(owners, times, strict=True)])
        moments = sorted({span.start, *grid(span), span.end})
        at = np.array([float(time - span.start) for time in moments])
        wide, area = height * self.width / self.height, self.area
        # A head is higher than its face: where the face is big, its middle is lower, so that the hair is not cut off.
        line = np.clip(_HEAD * faces[:, 3] / height, self.eye_line, _LOWEST)
        y = self._axis(faces[:, 1] + (0.5 - line) * height, _HAIR * faces[:, 3], height, (area.y1, area.y2), at)
        others = [one for track in beside if (one := _neighbor(track, owners, times, faces, height)) is not None]
        x = self._axis(faces[:, 0], faces[:, 2], wide, (area.x1, area.x2), at, self._writing(wide), others)
        centers = zip(moments, x.tolist(), y.tolist(), strict=True)
        keys = [Keyframe(time, self.window((cx, cy), height)) for time, cx, cy in centers]
        return Panel(_drop_still_keyframes(keys), self._into)

    def _writing(self, wide: float) -> tuple[float, float] | None:
        """Between which middles a window of a width holds all writing; None when none does, or there is nothing."""
        if not self.writing:
            return None
        pad = _EDGE * wide
        low, high = (
            max(box.x2 for box in self.writing) + pad - wide / 2,
            min(box.x1 for box in self.writing) - pad + wide / 2,
        )
        return (low, high) if low <= high else None

    def _axis(
        self,
        wanted: Path,
        sizes: Path,
        side: float,
        within: tuple[float, float],
        at: Path,
        better: tuple[float, float] | None = None,
        neighbors: Sequence[Neighbor] = (),
    ) -> Path:
        """The window's centre along one axis at times since the run's start, from where its middle is wanted.

        Of the places that are near enough, those are taken that cut no neighbors, and of these those between ``better``
        if there are any at all times.
        """
        first, last = within[0] + side / 2, within[1] - side / 2
        if first >= last - 1e-6:
            return np.full(len(at), (within[0] + within[1]) / 2)
        room = np.maximum((side - sizes) / 2 - _EDGE * side, 0.01 * side)
        slack = np.minimum(self.dead_zone * side, room)
        reach = np.maximum(slack, np.minimum(_SHIFT * side, room))
        near, far = (Tube(*np.clip((wanted - off, wanted + off), first, last)) for off in (slack, reach))
        tube = uncut(near, far, side, neighbors)
        low, high = tube.low, tube.high
        if better is not None and low.max() <= better[1] and better[0] <= high.min():
            low, high = np.maximum(low, better[0]), np.minimum(high, better[1])
        points = smooth(low, high, self._limits(side))
        path = along(fitted(points, first, last), at)
        return np.round(path, 3)  # a still camera is exactly still, whatever the spline's rounding

    @staticmethod
    def _limits(side: float) -> Limits:
        return Limits(_SPEED * side, _ACCELERATION * side)

    @property
    def _into(self) -> tuple[int, int, int, int]:
        left, top = self.corner
        return left, top, left + self.width, top + self.height

    @staticmethod
    def _shot(span: Span, panel: Panel) -> CropShot:
        return CropShot(span, "single", (panel,))


def _inside(area: Box, center: tuple[float, float], aspect: Fraction, height: float) -> Box:
    high = min(height, area.height, float(area.width / aspect))
    wide = high * float(aspect)
    left = min(max(area.x1, center[0] - wide / 2), max(area.x1, area.x2 - wide))
    top = min(max(area.y1, center[1] - high / 2), max(area.y1, area.y2 - high))
    return Box(left, top, left + wide, top + high)


def _faces(target: CameraTarget, times: Sequence[Seconds]) -> Path:
    """(n, 4): centre x and y, width and height of the followed face at each time; its last position once it is gone."""
    if target.track is None:
        return np.zeros((len(times), 4))
    at = np.array([float(time) for time in times])
    x1, y1, x2, y2 = (np.interp(at, target.track.times, target.track.boxes[:, k]) for k in range(4))
    return np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=1)


def _neighbor(
    track: Track, owners: Sequence[CameraTarget], times: Sequence[Seconds], faces: Path, height: float
) -> Neighbor | None:
    """A face beside those that a window of a height follows, at each time; None where it is never beside them."""
    at = np.array([float(time) for time in times])
    x, y, wide, high = _faces(CameraTarget(owners[0].span, track), times).T
    half = 0.5 / float(TRACK_RATE)
    there = (at >= track.times[0] - half) & (at <= track.times[-1] + half)
    there &= np.array([owner.track is not track for owner in owners])
    there &= (np.abs(x - faces[:, 0]) > _SAME * faces[:, 2]) & (np.abs(y - faces[:, 1]) < (height + high) / 2)
    if not there.any():
        return None
    left, right = (np.where(there, x + side * wide / 2, np.nan) for side in (-1, 1))
    return Neighbor(left, right, min(1.0, float(np.median(high) / max(1.0, np.median(faces[:, 3])))))


def _drop_still_keyframes(keyframes: Sequence[Keyframe]) -> tuple[Keyframe, ...]:
    """Drop keyframes inside a span in which the window is static."""
    kept = [
        now
        for before, now, after in zip(keyframes, keyframes[1:], keyframes[2:], strict=False)
        if not before.box == now.box == after.box
    ]
    ends = keyframes[:1] if len(keyframes) == 1 or all(k.box == keyframes[0].box for k in keyframes) else None
    return tuple(ends) if ends else (keyframes[0], *kept, keyframes[-1])
