"""Several panels on one output: a stack, a grid, or a face camera above its content."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from clipy.analysis.camera.camera import Camera
from clipy.geometry import share_inside
from clipy.types import Box, CropShot, Layout, Panel, Span, Track, seconds

Rectangle = tuple[int, int, int, int]

_FACE = 0.3  # height of the face in a panel, as a share of the panel's height
_TIGHTEST = 0.6  # ... at most
_CLOSEST = 0.25  # of the largest window: a panel may zoom in more than a full window
_OTHER = 0.3  # share of another face that may be inside a panel
_OWN = 0.98  # share of its own face that must be inside a panel, at (nearly) all times
_ALWAYS = 0.97
_FACE_CAMERA = 0.4  # share of the output's height for the face camera of an inset
_PRESENTER = 0.26  # height of its face, as a share of that panel, where the camera shows that much around it
_LEAST_CONTENT = 0.4  # ... and for wide content below it, at least
_MARGIN = 1.1  # side of the window on a board, in sides of the board


def rectangles(count: int, width: int, height: int) -> tuple[Rectangle, ...]:
    """Divide the output into 2, 3 or 4 equal rectangles, as square as possible: rows, columns, or two by two."""
    shapes = [(count, 1), (1, count)] if count < 4 else [(2, 2)]
    rows, columns = min(shapes, key=lambda shape: abs(math.log(width / shape[1] / (height / shape[0]))))
    across, down = _cuts(width, columns), _cuts(height, rows)
    return tuple((x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across)


def _cuts(length: int, parts: int) -> list[tuple[int, int]]:
    edges = [round(length * part / parts / 2) * 2 for part in range(parts + 1)]
    return list(pairwise(edges))


def panels(camera: Camera, span: Span, people: Sequence[Track], everybody: Sequence[Track]) -> CropShot | None:
    """One panel for each of 2 to 4 people in the given order; None where they cannot be separated.

    ``everybody`` are all faces of the shot: a panel must show only its own. Panels stay inside the split-screen pane of
    their face.
    """
    made: list[Panel] = []
    for track, into in zip(people, rectangles(len(people), camera.width, camera.height), strict=True):
        own = inside(camera, into, camera.panes.get(track.id))
        others = [other for other in everybody if other is not track]
        panel = next((found for found in _closer(own, span, track) if _alone(found, span, track, others)), None)
        if panel is None:
            return None
        made.append(panel)
    layout: Layout = "stack" if len(made) == 2 else "grid"
    return CropShot(span, layout, tuple(made))


def inset(camera: Camera, span: Span, face: Track, pane: Box, covered: Box, board: Box | None = None) -> CropShot:
    """A face camera (its part ``pane``) above the content, of which it covers ``covered``.

    Of text, as on a slide, ``board`` is the rectangle: the content's panel has its shape as far as that is possible.
    """
    width, height = camera.width, camera.height
    share = 1 - _FACE_CAMERA
    if board is not None:
        share = min(share, max(_LEAST_CONTENT, width * board.height / board.width / height))
    cut = round(height * (1 - share) / 2) * 2
    person = inside(camera, (0, 0, width, cut), pane)
    into, aspect = (0, cut, width, height), width / (height - cut)
    content = inside(camera, into, beside(camera.area, covered, aspect))
    shown = content.window(content.area.center, content.largest_height)
    if board is not None:
        wanted = _MARGIN * max(board.height, board.width / aspect)
        if share_inside(board, content.area) < 1 or wanted > content.largest_height:
            content = inside(camera, into, camera.area)
        size = min(wanted, content.largest_height)
        middle = min(board.center[0], board.x1 + (size * aspect - (_MARGIN - 1) * board.width) / 2)
        shown = content.window((middle, board.center[1]), size)
    close = float(np.median(face.boxes[:, 3] - face.boxes[:, 1])) / _PRESENTER
    return CropShot(
        span, "inset", (person.follow(span, face, min(person.largest_height, close)), content.still(span, shown))
    )


def beside(area: Box, pane: Box, aspect: float) -> Box:
    """The part of the picture next to a pane that holds the largest window of an aspect ratio, or else all of it.

    The pane stays in view where excluding it would cost more than half of the window's height.
    """
    parts = [
        Box(area.x1, area.y1, pane.x1, area.y2),
        Box(pane.x2, area.y1, area.x2, area.y2),
        Box(area.x1, area.y1, area.x2, pane.y1),
        Box(area.x1, pane.y2, area.x2, area.y2),
    ]

    def height(part: Box) -> float:
        return min(part.height, part.width / aspect)

    best = max(parts, key=height)
    return best if height(best) >= height(area) / 2 else area


def inside(camera: Camera, into: Rectangle, picture: Box | None) -> Camera:
    """A camera for one rectangle of the output, limited to a part of the picture."""
    return replace(
        camera,
        width=into[2] - into[0],
        height=into[3] - into[1],
        corner=(into[0], into[1]),
        picture=picture or camera.area,
        face_share=_FACE,
        closest=_CLOSEST,
        panes={},
        writing=(),
    )


def _closer(camera: Camera, span: Span, track: Track) -> Iterator[Panel]:
    """Yield windows on a face, from the preferred size to the tightest acceptable one."""
    face = float(np.median(track.boxes[:, 3] - track.boxes[:, 1]))
    wanted = min(camera.largest_height, max(camera.smallest_height, face / _FACE))
    closest = max(camera.smallest_height, face / _TIGHTEST)
    while wanted >= closest:
        yield camera.follow(span, track, wanted)
        wanted *= 0.9


def _alone(panel: Panel, span: Span, track: Track, others: Sequence[Track]) -> bool:
    """Whether a panel holds its own face and hardly any of the others."""
    own = [_share(box, panel, time) >= _OWN for time, box in _seen(track, span)]
    foreign = [_share(box, panel, time) <= _OTHER for other in others for time, box in _seen(other, span)]
    return bool(own) and bool(np.mean(own) >= _ALWAYS) and (not foreign or bool(np.mean(foreign) >= _ALWAYS))


def _seen(track: Track, span: Span, every: int = 5) -> Iterator[tuple[float, Box]]:
    for time, box in zip(track.times[::every], track.boxes[::every], strict=True):
        if time in span:
            yield float(time), Box(*map(float, box))


def _share(face: Box, panel: Panel, time: float) -> float:
    return share_inside(face, panel.window(seconds(time)))
