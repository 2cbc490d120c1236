"""Choice of the face to follow over time: dynamic programming over speaking scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.tracks import grid
from clipy.analysis.odds import shares
from clipy.types import TRACK_RATE, Box, Seconds, Span, Track

_ABSENT = -2.0  # reward per second for following an absent face
_SUREST = 1 - 1e-6  # cap on probabilities, to bound the odds
_LIKELY = 0.3  # probability at which the most likely speaker on screen counts as the one heard
_PROMINENCE = 0.1  # total reward for the most prominent face: decides without speech, but never pays for a switch
_OFF = 0.5  # share of prominence that a face at the edge loses


@dataclass(frozen=True, slots=True)
class CameraTarget:
    """A span of a shot in which one face is followed; ``track`` is None where there is no face."""

    span: Span
    track: Track | None


@dataclass(frozen=True, slots=True)
class Attention:
    """How quickly to switch, in seconds: ``stay`` is the shortest target, ``lead`` how long before the first word the
    camera may switch, ``switch`` how long another face must have certainly spoken to justify it.
    """

    stay: float = 1.2
    lead: float = 0.2
    switch: float = 0.3

    def targets(self, span: Span, tracks: Sequence[Track], picture: Box | None = None) -> list[CameraTarget]:
        """Divide a span of one shot into contiguous targets that maximize visible speech minus the cost of switches.

        While nobody on screen speaks, as under a narrator, the last speaker is kept while visible; before any speech,
        the most prominent face: large and, where ``picture`` is given, near its centre.
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
        """(tracks, times): the reward of following each face at each time.

        One voice is assumed at a time, so each face's odds count as a share of the total odds, scaled by how likely
        anybody on screen speaks: where all are unlikely, the speaker is off screen, and no face justifies a switch.
        Nor does a face hardly more likely than the next: uncertain speech must last longer to switch the camera.
        """
        at = np.array([float(time) for time in times])
        half = 0.5 / float(TRACK_RATE)
        there = np.array([(at >= track.times[0] - half) & (at <= track.times[-1] + half) for track in tracks])
        speaking = np.array([self._speaking(track, at) for track in tracks]) * there
        odds = np.where(there, speaking / (1 - speaking) + 1e-6, 0)
        share = np.array(shares(list(odds)))
        share *= np.minimum(1, speaking.max(axis=0) / _LIKELY) ** 2 * np.sqrt(_lead(share))
        prominence = np.array([_area(track) * _centrality(track, picture) for track in tracks])
        most = _PROMINENCE * float(TRACK_RATE) / len(times)
        rewards = np.where(there, share, _ABSENT) + most * (prominence / prominence.max())[:, None]
        return np.asarray(rewards / float(TRACK_RATE), dtype=np.float64)

    def _speaking(self, track: Track, at: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(track.speaking):
            return np.zeros(len(at))
        return np.clip(np.interp(at + self.lead, track.times, track.speaking), 0, _SUREST)

    def _best(self, rewards: NDArray[np.float64]) -> NDArray[np.int64]:
        """The face for each time: Viterbi search in which switching costs ``switch`` and targets last ``stay``."""
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
    """Lead of the largest share over the second at each time; the share itself where there is only one."""
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
