"""How a window that follows the face itself would move, and what the usual filters make of that."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from clipy.types import CropPath, Track

Path = NDArray[np.float64]  # (n, 2) places of the window's middle, 25 a second

_RATE = 25
_MINIMUM, _BETA, _DERIVATIVE = 1.0, 0.02, 1.0  # one-euro filter: Hz, per px/s, Hz (Casiez et al. 2012)


def baselines(crop: CropPath, tracks: Sequence[Track], height: int) -> dict[str, float | None]:
    """Root mean square acceleration in px/s^2 of a picture 1080 high: the raw track, two filters, a still window."""
    paths = [path for track in tracks if len(path := _followed(crop, track)) >= 3]
    methods: dict[str, Callable[[Path], Path]] = {
        "raw": lambda path: path,
        "moving_average": _averaged,
        "one_euro": _one_euro,
        "still": lambda path: np.repeat(path.mean(axis=0, keepdims=True), len(path), axis=0),
    }
    return {name: _acceleration([method(path) for path in paths], 1080 / height) for name, method in methods.items()}


def _followed(crop: CropPath, track: Track) -> Path:
    """The middle of a face while the window is on it."""
    middles = np.stack(
        [(track.boxes[:, 0] + track.boxes[:, 2]) / 2, (track.boxes[:, 1] + track.boxes[:, 3]) / 2], axis=1
    )
    shown = np.zeros(len(middles), dtype=bool)
    for shot in crop.shots:
        if track.shot.overlap(shot.span) > 0:
            window = shot.panels[0].keyframes[0].box
            inside = (track.times >= float(shot.span.start)) & (track.times < float(shot.span.end))
            shown |= inside & (middles[:, 0] >= window.x1) & (middles[:, 0] < window.x2)
    return np.asarray(middles[shown], dtype=np.float64)


def _averaged(path: Path) -> Path:
    half = _RATE // 2
    padded = np.pad(path, ((half, half), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0).mean(axis=2))


def _one_euro(path: Path) -> Path:
    def share(cutoff: float) -> float:
        return 1 / (1 + _RATE / (2 * math.pi * cutoff))

    out, speed = [path[0]], np.zeros(2)
    for place in path[1:]:
        speed = speed + share(_DERIVATIVE) * ((place - out[-1]) * _RATE - speed)
        weight = np.array([share(_MINIMUM + _BETA * abs(value)) for value in speed])
        out.append(out[-1] + weight * (place - out[-1]))
    return np.array(out)


def _acceleration(paths: Sequence[Path], scale: float) -> float | None:
    bends = [np.diff(path, n=2, axis=0) * _RATE**2 * scale for path in paths]
    if not bends:
        return None
    squares = np.concatenate([(bend**2).sum(axis=1) for bend in bends])
    return round(float(np.sqrt(squares.mean())), 1)
