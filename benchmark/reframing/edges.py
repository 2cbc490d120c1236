"""Does the left or right edge of a window run through a head? And through a neighbor's face, without need?"""

from __future__ import annotations

from collections.abc import Sequence

from clipy.types import Box

_HEAD = 0.1  # a head is wider than its face, by this share of the face on either side
_INSIDE = 0.05  # share of a face by which an edge must be inside to cut it: boxes are not more exact

Span = tuple[float, float]


def cuts_followed(window: Box, faces: Sequence[Span], picture: float) -> bool:
    """Whether an edge of a window runs through the head that it follows: that of the face nearest to its middle.

    ``faces`` are the left and right sides of all faces in a picture of that width, whose own edges cut nothing.
    """
    followed = _followed(window, faces)
    return followed is not None and _cuts(window, _head(followed), picture)


def cuts_neighbor(window: Box, faces: Sequence[Span], picture: float) -> bool:
    """Whether an edge runs through another face, while the same window elsewhere would hold the head that it follows
    and cut nobody.
    """
    followed = _followed(window, faces)
    others = [face for face in faces if face is not followed]
    if followed is None or not any(_cuts(window, face, picture) for face in others):
        return False
    head, width = _head(followed), window.width
    first, last = max(0.0, head[1] - width), min(picture - width, head[0])
    # The best place touches a bound, or has an edge where a face begins or ends.
    edges = [edge for face in others for edge in _core(face)]
    places = [first, last, *edges, *(edge - width for edge in edges)]
    shifted = (Box(x, window.y1, x + width, window.y2) for x in places if first <= x <= last)
    return any(not any(_cuts(other, face, picture) for face in others) for other in shifted)


def _followed(window: Box, faces: Sequence[Span]) -> Span | None:
    middle = window.center[0]
    shown = [face for face in faces if window.x1 < sum(face) / 2 < window.x2]
    return min(shown, key=lambda face: abs(sum(face) / 2 - middle), default=None)


def _head(face: Span) -> Span:
    more = _HEAD * (face[1] - face[0])
    return face[0] - more, face[1] + more


def _core(face: Span) -> Span:
    less = _INSIDE * (face[1] - face[0])
    return face[0] + less, face[1] - less


def _cuts(window: Box, face: Span, picture: float) -> bool:
    left, right = _core(face)
    return any(left < edge < right for edge in (window.x1, window.x2) if 0.5 < edge < picture - 0.5)
