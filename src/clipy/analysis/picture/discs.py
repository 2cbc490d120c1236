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
_ROUND = 0.8  # share of the rim that must be an edge
_RADII = (0.75, 2.2)  # of the disc, in heights of the face
_OFF = 0.6  # distance of the centres of face and disc, in heights of the face, at most


def disc(across: Floats, down: Floats, face: Box) -> Box | None:
    """The square around the disc that contains a face; None without one.

    ``across`` (h, w - 1) and ``down`` (h - 1, w) are the mean differences of neighbouring pixels over a shot's frames;
    the face is in their pixels.
    """
    edges = np.maximum(across[:-1], down[:, :-1])
    x, y = face.center
    reach, step = _OFF * face.height, max(1.0, face.height / 40)
    offsets = np.arange(-reach, reach + step, step)
    radii = np.arange(_RADII[0] * face.height, _RADII[1] * face.height, step)
    best, found = _ROUND, None
    for radius in radii.tolist():
        seen = _rim(edges, x + offsets[None, :], y + offsets[:, None], radius)
        row, column = np.unravel_index(int(seen.argmax()), seen.shape)
        if seen[row, column] > best:
            best = float(seen[row, column])
            cx, cy = x + float(offsets[column]), y + float(offsets[row])
            found = Box(cx - radius, cy - radius, cx + radius, cy + radius)
    return found


def _rim(edges: Floats, x: Floats, y: Floats, radius: float) -> Floats:
    """The share of each circle, around a grid of centres, that is a sharp edge; 0 where it leaves the picture."""
    angles = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    unit_x, unit_y = np.cos(angles), np.sin(angles)
    on = np.max([_at(edges, x, y, unit_x, unit_y, radius + off) for off in (-1, 0, 1)], axis=0)
    beside = np.maximum(*(_at(edges, x, y, unit_x, unit_y, radius + off) for off in (-_BESIDE, _BESIDE)))
    seen = ((on >= _STEP) & (on >= _SHARP * beside)).mean(axis=-1)
    high, wide = edges.shape
    inside = (x - radius >= 0) & (x + radius < wide) & (y - radius >= 0) & (y + radius < high)
    return np.asarray(np.where(inside, seen, 0.0), dtype=np.float64)


def _at(edges: Floats, x: Floats, y: Floats, unit_x: Floats, unit_y: Floats, radius: float) -> Floats:
    high, wide = edges.shape
    columns = np.clip(np.round(x[..., None] + radius * unit_x), 0, wide - 1).astype(int)
    rows = np.clip(np.round(y[..., None] + radius * unit_y), 0, high - 1).astype(int)
    return np.asarray(edges[rows, columns])
