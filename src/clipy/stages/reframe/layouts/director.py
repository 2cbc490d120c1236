"""Which layout a shot gets, chosen from what was measured of it, and the windows that come of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clipy.analysis.camera.camera import Camera
from clipy.analysis.picture.shot_analysis import ShotAnalysis
from clipy.geometry import share_inside
from clipy.stages.reframe.layouts import split_screen
from clipy.stages.reframe.layouts.crosstalk import find_exchanges, people_on_screen
from clipy.types import TRACK_RATE, Box, CropShot, Layout, Span, Track

log = logging.getLogger(__name__)

LAYOUTS: tuple[Layout, ...] = ("single", "stack", "grid", "fit", "inset", "tile")

_ROOMY = 0.8  # share of a window's sides that two faces may span to share it
_INSET = 0.3  # largest face camera, as a share of the picture's area
_CAMERA = 0.18  # smallest face camera, as a share of the picture's height; smaller ones are objects in a scene
_TALLEST = 0.8  # ... and at most: a strip from top to bottom is a curtain, a door or half of a split screen
_PRESENTER = 0.06  # smallest face of a presenter beside a slide, as a share of the picture's height
_ROOM = 1.6  # widths of the face in the narrowest part of a picture that shows a presenter
_SMALL_FACE = 0.3  # largest face in a face camera, as a share of the picture's height
_IN_DISC = (0.84, 0.68)  # half sides of the window on a round camera, in radii: its corners hardly leave the disc
_TALKS = 1.0  # seconds of speech that make a face matter more than a page of text
_PORTRAIT = 0.1  # share of the picture's height at which a face is a subject, not a detail of a page


@dataclass
class Director:
    """Chooses the layouts of a clip, shot by shot. ``forced`` is one layout to use wherever possible; ``allowed`` are
    those to choose from. ``empty`` crops a shot without faces.
    """

    camera: Camera
    empty: Callable[[Camera, ShotAnalysis, bool], CropShot]
    forced: Layout | None = None
    allowed: tuple[Layout, ...] = LAYOUTS
    _order: list[int] = field(default_factory=list, init=False)

    def crop_shots(self, scene: ShotAnalysis, tracks: Sequence[Track]) -> list[CropShot]:
        """Cover one shot. ``tracks`` are its faces."""
        camera = replace(self.camera, picture=scene.picture)
        if camera.is_composed:
            camera = replace(camera, closest=1.0)
        if self.forced == "fit" or (self._may("fit") and self._is_page(scene, tracks)):
            return [camera.whole(scene.span)]
        if (self.forced == "inset" or self._may("inset")) and (made := self._inset(camera, scene, tracks)):
            return [made]
        if not tracks:
            return [self.empty(camera, scene, self._may("fit"))]
        camera = replace(camera, panes=_panes(scene, tracks), writing=scene.lower_thirds())
        shots: list[CropShot] = []
        at = scene.span.start
        for span, people in self._groups(scene, tracks):
            made = self._group(camera, span, people, tracks)
            if made is not None:
                shots += [*self._one(camera, Span(at, span.start), tracks), made]
                at = span.end
        return [*shots, *self._one(camera, Span(at, scene.span.end), tracks)]

    def _may(self, layout: Layout) -> bool:
        return self.forced is None and layout in self.allowed

    def _one(self, camera: Camera, span: Span, tracks: Sequence[Track]) -> list[CropShot]:
        return camera.crop_shots(span, tracks, whole_if_broad=self._may("fit")) if span.duration > 0 else []

    def _is_page(self, scene: ShotAnalysis, tracks: Sequence[Track]) -> bool:
        """Whether the shot is a page of text, without a presenter and without several people."""
        faces = [track for track in tracks if _height(track) >= _PORTRAIT * scene.picture.height]
        return scene.page and len(_lasting(scene, faces)) < 2 and not any(_talks(track) for track in faces)

    def _inset(self, camera: Camera, scene: ShotAnalysis, tracks: Sequence[Track]) -> CropShot | None:
        """Inset layout for a single face camera throughout the shot, or for a presenter beside a slide.

        The content may show other faces, in still pictures also with a border of their own.
        """
        lasting = [track for track in _lasting(scene, tracks) if not scene.is_still(_typical(track))]
        small = [track for track in lasting if _height(track) <= _SMALL_FACE * scene.picture.height]
        panes = {track.id: scene.pane(_typical(track)) for track in lasting}
        cameras = [
            (track, camera_box) for track in small if (camera_box := _face_camera(scene, track, panes[track.id]))
        ]
        if not cameras and len(lasting) == 1:
            return _presenter(camera, scene, lasting[0], panes[lasting[0].id])
        if len(cameras) != 1:
            return None
        ((face, (pane, whole)),) = cameras
        if any(other is not None for number, other in panes.items() if number != face.id):
            return None  # a gallery, not a camera over content
        return split_screen.inset(camera, scene.span, face, pane, whole, scene.board)

    def _groups(self, scene: ShotAnalysis, tracks: Sequence[Track]) -> list[tuple[Span, list[Track]]]:
        if self.forced in {"stack", "grid"}:
            return people_on_screen(scene.span, tracks, 2 if self.forced == "stack" else 4)
        if {"stack", "grid", "single"} & set(self.allowed) and self.forced is None:
            return find_exchanges(scene.span, tracks)
        return []

    def _group(self, camera: Camera, span: Span, people: list[Track], tracks: Sequence[Track]) -> CropShot | None:
        """Show several people in one window if they fit, else in panels; None where neither is possible."""
        if self.forced is None and (both := _joined(camera, span, people)) is not None:
            return both
        layout: Layout = "stack" if len(people) == 2 else "grid"
        if self.forced is None and layout not in self.allowed:
            return None
        ordered = self._in_order(people)
        return split_screen.panels(camera, span, ordered, tracks)

    def _in_order(self, people: list[Track]) -> list[Track]:
        """From left to right; people shown before keep their order."""
        ordered = sorted(people, key=lambda track: _typical(track).center[0])
        known = [track.identity for track in ordered]
        names = [name for name in known if name is not None]
        if len(names) == len(known) == len(set(names)):
            if set(names) <= set(self._order):
                return sorted(ordered, key=lambda track: self._order.index(track.identity or 0))
            self._order += [name for name in names if name not in self._order]
        return ordered


def _joined(camera: Camera, span: Span, people: Sequence[Track]) -> CropShot | None:
    """One window on several faces; None where they do not fit with room around them."""
    times = np.array(sorted(set.intersection(*({*track.times.tolist()} for track in people))))
    times = times[(times >= float(span.start)) & (times < float(span.end))]
    if not len(times):
        return None
    boxes = np.stack([track.boxes[np.searchsorted(track.times, times)] for track in people])
    union = np.concatenate([boxes[:, :, :2].min(axis=0), boxes[:, :, 2:].max(axis=0)], axis=1)
    high, wide = camera.largest_height, camera.largest_height * camera.width / camera.height
    if (union[:, 2] - union[:, 0]).max() > _ROOMY * wide or (union[:, 3] - union[:, 1]).max() > _ROOMY * high:
        return None
    track = Track(people[0].id, span, times, union, np.ones(len(times), np.float32))
    return CropShot(span, "single", (camera.follow(span, track, high),))


def _lasting(scene: ShotAnalysis, tracks: Sequence[Track]) -> list[Track]:
    """The faces that are visible for most of a shot."""
    return [track for track in tracks if len(track.times) >= 0.5 * float(scene.span.duration * TRACK_RATE)]


def _talks(track: Track) -> bool:
    return bool((track.speaking >= 0.5).sum() >= _TALKS * float(TRACK_RATE))


def _face_camera(scene: ShotAnalysis, face: Track, pane: Box | None) -> tuple[Box, Box] | None:
    """The picture-in-picture around a face, if any: its showable part, and all that it covers."""
    picture = scene.picture
    shown = whole = pane
    if whole is None and (whole := scene.disc(_typical(face))) is not None:
        (x, y), radius = whole.center, whole.width / 2
        wide, high = _IN_DISC[0] * radius, _IN_DISC[1] * radius
        shown = Box(x - wide, y - high, x + wide, y + high)
    if whole is None or shown is None:
        return None
    if not _CAMERA * picture.height <= whole.height <= _TALLEST * picture.height:
        return None
    return (shown, whole) if whole.width * whole.height <= _INSET * picture.width * picture.height else None


def _presenter(camera: Camera, scene: ShotAnalysis, face: Track, pane: Box | None) -> CropShot | None:
    """A presenter above the slide beside which they are seen; None without a slide, or with room on neither side."""
    board, box, picture = scene.board, _typical(face), scene.picture
    if board is None or _height(face) < _PRESENTER * picture.height:
        return None
    if pane is None or share_inside(board, pane) > 0:
        if box.x1 >= board.x2:
            pane = replace(picture, x1=(board.x2 + box.x1) / 2)
        elif box.x2 <= board.x1:
            pane = replace(picture, x2=(box.x2 + board.x1) / 2)
        else:
            return None
    if pane.width < _ROOM * box.width:
        return None
    return split_screen.inset(camera, scene.span, face, pane, pane, board)


def _panes(scene: ShotAnalysis, tracks: Sequence[Track]) -> dict[int, Box]:
    """The split-screen panes of the faces, by track. A single pane does not count: it may be a line in the scene."""
    found = {track.id: pane for track in tracks if (pane := scene.pane(_typical(track))) is not None}
    return found if len(set(found.values())) > 1 else {}


def _typical(track: Track) -> Box:
    x1, y1, x2, y2 = np.median(track.boxes, axis=0).tolist()
    return Box(x1, y1, x2, y2)


def _height(track: Track) -> float:
    return float(np.median(track.boxes[:, 3] - track.boxes[:, 1]))
