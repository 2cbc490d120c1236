"""Round picture-in-picture: a camera cropped to a disc, as in streams and screen recordings.

Its rim is a static edge: a circle along nearly all of which neighbouring pixels differ in every frame, more than they
do a few pixels farther in or out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clipy.types import Box

Floats = NDArray[np.floating]

_ANGLES = 96  # sampled points of a circle
_STEP = 6.0  # difference in luma along the rim, averaged over a shot
_SHARP = 2.0  # times the difference some pixels to either side
_BESIDE = 5  # pixels to that side
_SPARSE = 4  # of these points, every so many are enough to rule out most circles
_ROUND = 0.8  # share of the rim that must be an edge
_RADII = (0.75, 2.2)  # of the disc, in heights of the face
_OFF = 0.6  # distance of the centres of face and disc, in heights of the face, at most


def disc(across: Floats, down: Floats, face: Box) -> Box | None:
    """The square around the disc that contains a face; None without one.

    ``across`` (h, w - 1) and ``down`` (h - 1, w) are the mean differences of neighbouring pixels over a shot's frames;
    the face is in their pixels.
    """
    edges = np.maximum(across[:-1], down[:, :-1])
    reach, step = _OFF * face.height, max(1.0, face.height / 40)
    offsets = np.arange(-reach, reach + step, step)
    down_by, across_by = (values.ravel() for values in np.meshgrid(offsets, offsets, indexing="ij"))
    x, y = face.center[0] + across_by, face.center[1] + down_by
    best, found = _ROUND, None
    for radius in np.arange(_RADII[0] * face.height, _RADII[1] * face.height, step).tolist():
        places = _promising(edges, x, y, radius)
        if not len(places):
            continue
        seen = _rim(edges, x[places], y[places], radius, _ANGLES).mean(axis=-1)
        place = int(seen.argmax())
        if seen[place] > best:
            best = float(seen[place])
            cx, cy = float(x[places[place]]), float(y[places[place]])
            found = Box(cx - radius, cy - radius, cx + radius, cy + radius)
    return found


def _promising(edges: Floats, x: Floats, y: Floats, radius: float) -> NDArray[np.intp]:
    """The centres whose circles are inside the picture, and not ruled out by every ``_SPARSE``-th point of the rim."""
    high, wide = edges.shape
    inside = np.flatnonzero((x >= radius) & (x + radius < wide) & (y >= radius) & (y + radius < high))
    missed = ~_rim(edges, x[inside], y[inside], radius, _ANGLES // _SPARSE)
    return np.asarray(inside[missed.sum(axis=-1) < (1 - _ROUND) * _ANGLES], dtype=np.intp)


def _rim(edges: Floats, x: Floats, y: Floats, radius: float, count: int) -> NDArray[np.bool_]:
    """(centres, count): where points of circles, evenly spaced, are on a sharp edge."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    unit_x, unit_y = np.cos(angles), np.sin(angles)
    on = np.max([_at(edges, x, y, unit_x, unit_y, radius + off) for off in (-1, 0, 1)], axis=0)
    beside = np.maximum(*(_at(edges, x, y, unit_x, unit_y, radius + off) for off in (-_BESIDE, _BESIDE)))
    return np.asarray((on >= _STEP) & (on >= _SHARP * beside))


def _at(edges: Floats, x: Floats, y: Floats, unit_x: Floats, unit_y: Floats, radius: float) -> Floats:
    high, wide = edges.shape
    columns = np.clip(np.round(x[..., None] + radius * unit_x), 0, wide - 1).astype(int)
    rows = np.clip(np.round(y[..., None] + radius * unit_y), 0, high - 1).astype(int)
    return np.asarray(edges[rows, columns])
