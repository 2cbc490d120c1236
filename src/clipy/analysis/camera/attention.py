"""Whom to follow, and when to turn to somebody else: dynamic programming over speaking scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.tracks import grid
from clipy.types import TRACK_RATE, Box, Seconds, Span, Track

_ABSENT = -2.0  # reward a second for looking where the face is not
_SUREST = 1 - 1e-6  # probability: how much surer one is than another counts up to here
_LIKELY = 0.3  # probability from which the likeliest speaker on screen is taken for the one who is heard
_PROMINENCE = 0.1  # reward, all in all, for the most prominent face: decides where nobody speaks, buys no switch
_OFF = 0.5  # share of its prominence that a face at the picture's edge loses


@dataclass(frozen=True, slots=True)
class CameraTarget:
    """A stretch of a shot in which one face is followed; ``track`` is None when there is no face at all."""

    span: Span
    track: Track | None


@dataclass(frozen=True, slots=True)
class Attention:
    """How quickly to turn. All in seconds: ``stay`` is the shortest turn, ``lead`` how much before the first word the
    camera may arrive, ``switch`` how long another face must surely have spoken to be worth a change.
    """

    stay: float = 1.2
    lead: float = 0.2
    switch: float = 0.3

    def targets(self, span: Span, tracks: Sequence[Track], picture: Box | None = None) -> list[CameraTarget]:
        """Divide a span of one shot into targets, without gaps: most speech seen, for the cost of the switches.

        While nobody on screen speaks, as when a narrator does, the face that spoke last is kept while it is there; with
        no speech so far, the most prominent one: big and, where ``picture`` is given, near its middle.
        """
        tracks = [track for track in tracks if track.times[-1] >= span.start and track.times[0] < span.end]
        if not tracks:
            return [CameraTarget(span, None)]
        times = grid(span)
        chosen = self._best(self._rewards(times, tracks, picture))
        changes = [0, *(np.flatnonzero(np.diff(chosen)) + 1).tolist()]
        edges = [span.start, *(times[index] for index in changes[1:]), span.end]
        return [
            CameraTarget(Span(start, end), tracks[chosen[index]])
            for index, start, end in zip(changes, edges, edges[1:], strict=False)
        ]

    def _rewards(self, times: Sequence[Seconds], tracks: Sequence[Track], picture: Box | None) -> NDArray[np.float64]:
        """(tracks, times): what a moment of looking at each face is worth.

        One voice is heard at a time, so that each face's odds count as a share of all faces' odds, as far as anybody
        on screen is likely to speak: where all are unlikely, somebody unseen is heard, and no face is worth a switch.
        Nor is one that is hardly likelier than the next: what is unsure must last longer to turn the camera.
        """
        at = np.array([float(time) for time in times])
        half = 0.5 / float(TRACK_RATE)
        there = np.array([(at >= track.times[0] - half) & (at <= track.times[-1] + half) for track in tracks])
        heard = np.array([self._heard(track, at) for track in tracks]) * there
        odds = np.where(there, heard / (1 - heard) + 1e-6, 0)
        share = odds / np.maximum(odds.sum(axis=0), 1e-6)
        share *= np.minimum(1, heard.max(axis=0) / _LIKELY) ** 2 * np.sqrt(_lead(share))
        prominence = np.array([_area(track) * _centrality(track, picture) for track in tracks])
        most = _PROMINENCE * float(TRACK_RATE) / len(times)
        rewards = np.where(there, share, _ABSENT) + most * (prominence / prominence.max())[:, None]
        return np.asarray(rewards / float(TRACK_RATE), dtype=np.float64)

    def _heard(self, track: Track, at: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(track.speaking):
            return np.zeros(len(at))
        return np.clip(np.interp(at + self.lead, track.times, track.speaking), 0, _SUREST)

    def _best(self, rewards: NDArray[np.float64]) -> NDArray[np.int64]:
        """The face for each time: Viterbi, in which a change costs ``switch`` and is followed by at least ``stay``."""
        faces, count = rewards.shape
        stay = min(count, max(1, round(self.stay * float(TRACK_RATE))))
        total = np.concatenate([np.zeros((faces, 1)), np.cumsum(rewards, axis=1)], axis=1)
        value = np.full((count + 1, faces), -np.inf)
        came_from = np.full((count + 1, faces), -1, dtype=np.int64)
        value[stay] = total[:, stay]
        for end in range(stay + 1, count + 1):
            value[end] = value[end - 1] + rewards[:, end - 1]
            begin = end - stay
            if begin >= stay:
                for face in range(faces):
                    others = value[begin].copy()
                    others[face] = -np.inf
                    best = int(np.argmax(others))
                    changed = others[best] - self.switch + total[face, end] - total[face, begin]
                    if changed > value[end, face]:
                        value[end, face], came_from[end, face] = changed, best
        return self._trace(came_from, int(np.argmax(value[count])), stay)

    @staticmethod
    def _trace(came_from: NDArray[np.int64], face: int, stay: int) -> NDArray[np.int64]:
        chosen = np.empty(len(came_from) - 1, dtype=np.int64)
        end = len(chosen)
        while end > 0:
            if came_from[end, face] >= 0:
                chosen[end - stay : end] = face
                end, face = end - stay, int(came_from[end, face])
            else:
                chosen[end - 1] = face
                end -= 1
        return chosen


def _lead(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much the greatest share is ahead of the next at each time; all of it where there is one."""
    ranked = np.sort(np.concatenate([np.zeros((1, share.shape[1])), share]), axis=0)
    return np.asarray(ranked[-1] - ranked[-2], dtype=np.float64)


def _area(track: Track) -> float:
    boxes = track.boxes
    return float(np.median((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))


def _centrality(track: Track, picture: Box | None) -> float:
    """1 in the middle of a picture, less towards its sides."""
    if picture is None:
        return 1.0
    middle = float(np.median(track.boxes[:, 0] + track.boxes[:, 2])) / 2
    return 1 - _OFF * min(1.0, abs(middle - picture.center[0]) / (picture.width / 2))
