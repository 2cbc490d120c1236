"""Re-identify people across cuts by appearance, without a face embedding.

No package ships a face embedding under a free licence, so the head, from hair to chin, and the clothes with what is
around them are compared by color. That joins a person's shots of one recording; it does not recognize somebody in other
clothes or another light, and leaves uncertain tracks apart. Two faces that are on screen at once are never the same
person.

Keyframes are sampled where a track has any, because decoding all of a video once more would cost far more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.clustering import agglomerative
from clipy.context import Context
from clipy.media.media_info import keyframe_times
from clipy.media.patch import extract_patch
from clipy.media.read import frames_at
from clipy.types import TRACK_RATE, Seconds, Track, Video

_LOOKS = 3  # keyframes sampled per track, at most
_SETTLED = 3  # times into a track without any, so as to be past a cut
_SIDE = 64  # pixels of the picture that is compared
# The squares that are compared: their sides and how far they lie below the face, in sizes of the face; the bands that
# each is divided into; and what each counts for.
_SQUARES = ((2.4, 0.5, 2, 0.35), (1.2, -0.05, 3, 0.65))
_BINS = (4, 12, 12)  # of lightness and the two colours
_RANGES = [0.0, 256.0, 96.0, 160.0, 96.0, 160.0]
_ALIKE = 0.6  # mean likeness from which two groups of tracks are one person's

Floats = NDArray[np.float32]


def assign_identities(tracks: Sequence[Track], looks: Floats) -> list[Track]:
    """The same tracks with ``identity`` filled in, counted from 0 in the order in which people first appear.

    ``looks`` (n, width) are unit vectors, as from ``appearance``.
    """
    person = cluster_identities(looks, tracks) if tracks else ()
    return [replace(track, identity=int(number)) for track, number in zip(tracks, person, strict=True)]


def cluster_identities(looks: Floats, tracks: Sequence[Track]) -> NDArray[np.int64]:
    """The person of each track, from unit vectors (n, width); people who are on screen at once are different."""
    starts = np.array([track.times[0] for track in tracks])
    group = agglomerative(looks, np.ones(len(tracks)), on_screen_together(tracks), threshold=_ALIKE)
    first = {
        int(number): int(np.flatnonzero(group == number)[starts[group == number].argmin()]) for number in set(group)
    }
    order = sorted(first, key=lambda number: (starts[first[number]], first[number]))
    return np.array([order.index(int(number)) for number in group], dtype=np.int64)


def on_screen_together(tracks: Sequence[Track]) -> NDArray[np.bool_]:
    """(n, n): which of some tracks are on screen at once. So is each with itself."""
    starts, ends = (np.array([track.times[k] for track in tracks]) for k in (0, -1))
    return np.asarray((starts[:, None] <= ends[None, :]) & (starts[None, :] <= ends[:, None]))


def color_histogram(picture: NDArray[np.uint8], bands: int = 2) -> Floats:
    """The colors of an RGB picture's bands, from top to bottom, as a unit vector."""
    lab = np.clip(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), (0, 96, 96), (255, 159, 159)).astype(np.uint8)
    parts = (np.ascontiguousarray(part) for part in np.array_split(lab, bands))
    counts = [cv2.calcHist([part], [0, 1, 2], None, list(_BINS), _RANGES) for part in parts]
    shares = [np.sqrt(count.ravel() / max(1.0, float(count.sum()))) for count in counts]
    return np.asarray(np.concatenate(shares) / np.sqrt(bands), dtype=np.float32)


def appearance(video: Video, tracks: Sequence[Track], ctx: Context) -> Floats:
    """What each track looks like: the mean colors of head and clothes over a few pictures, (n, width) unit vectors."""
    keys = keyframe_times(video)
    due: dict[Seconds, list[int]] = defaultdict(list)
    for number, track in enumerate(tracks):
        for time in _times(track, keys):
            due[time].append(number)
    found: list[list[Floats]] = [[] for _ in tracks]
    runs = [list(run) for _, run in groupby(sorted(due), key=lambda time: bisect_right(keys, time))]
    for done, run in enumerate(runs):
        ctx.report("Telling people apart", done / len(runs))
        for time, frame in frames_at(video, run):
            for number in due[time]:
                track = tracks[number]
                found[number].append(_colors(frame, video, track.boxes[np.abs(track.times - float(time)).argmin()]))
    means = np.stack([np.mean(looks, axis=0) for looks in found])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


def _colors(frame: av.VideoFrame, video: Video, box: NDArray[np.float32]) -> Floats:
    """The colors of the squares on one face, as a unit vector."""
    x1, y1, x2, y2 = (float(value) for value in box)
    size = max(x2 - x1, y2 - y1)
    parts = []
    for around, lower, bands, weight in _SQUARES:
        center = ((x1 + x2) / 2, (y1 + y2) / 2 + lower * size)
        square = extract_patch(frame, video, center, around * size, _SIDE)
        parts.append(np.sqrt(weight) * color_histogram(square, bands))
    return np.concatenate(parts).astype(np.float32)


def _times(track: Track, keys: Sequence[Seconds]) -> list[Seconds]:
    """A few key pictures of a track, those between a person's first and last moments; else one soon after it begins."""
    inside = [time for time in keys if track.times[0] <= time <= track.times[-1]]
    if not inside:
        return [round(track.times[min(_SETTLED, len(track.times) - 1)] * float(TRACK_RATE)) / TRACK_RATE]
    return [inside[round(place)] for place in np.linspace(0, len(inside) - 1, min(_LOOKS, len(inside))).tolist()]
