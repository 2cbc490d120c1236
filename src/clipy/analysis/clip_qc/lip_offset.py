"""Lips against sound: how far they are apart, and where a mouth rests while somebody speaks.

Apart: how a mouth moves, correlated with how loud the voice is, over shifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.audio.voice_activity import Voice, voice_over_noise
from clipy.analysis.clip_qc.faces import detect_clip_faces, shots_of
from clipy.analysis.clip_qc.inspection import Inspection
from clipy.analysis.clip_qc.speech import speech_of
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import FrameDetections
from clipy.analysis.faces.tracking.tracks import link
from clipy.analysis.speakers.scoring.lips import FaceMesh, Mouth, mouths
from clipy.context import Context
from clipy.types import TRACK_RATE, Array, Shot, Span, Track

_VERSION = 6
REACH = 20  # times of the grid (0.8 s) by which they may be apart and still be found
_LONGEST = 250  # times (10 s) of faces that are watched: enough, and what a review has time for
_SHORTEST = 50  # times (2 s) of a track that says anything
_APART = 5  # times (0.2 s) within which shifts are neighbours: syllables are that long
_RESTS = 0.0015  # mean speed of lips, in heights of the face a time, under which a mouth rests; who speaks is above
_SURELY = 0.8  # mean probability of speech in a second in which somebody surely speaks
_SMALL = 24  # pixels of the small copy under which a mouth cannot be measured

_Part: TypeAlias = tuple[int, Mouth]  # a mouth, and the time of the sound at which it begins


@dataclass(frozen=True, slots=True, eq=False)
class LipOffset:
    """``curve`` float64 (41,): how well lips and sound agree when the sound comes from -0.8 to 0.8 s later than the
    lips, in steps of 1/25 s. ``seconds`` of speaking faces were watched. Empty where there was no face. ``halves``
    float64 (2, 41): the same of each half of what was watched by itself. ``resting``: whole seconds of the clip in
    which somebody speaks and the mouth that is watched rests, those that follow one another as one span.
    """

    curve: Array
    seconds: float
    halves: Array
    resting: tuple[Span, ...] = ()

    @property
    def late(self) -> float:
        """Seconds by which the sound comes after the lips, where they agree best, between the steps."""
        best = int(np.argmax(self.curve))
        return (best + _between(self.curve, best) - REACH) / float(TRACK_RATE)

    @property
    def margin(self) -> float:
        """How much better the best agreement is than any that is further than 0.2 s from it."""
        best = int(np.argmax(self.curve))
        far = np.abs(np.arange(len(self.curve)) - best) > _APART
        return float(self.curve.max() - self.curve[far].max())

    @property
    def steady(self) -> bool:
        """Whether each half by itself agrees best there, too, up to 0.2 s: what is found by chance is found once."""
        apart = np.abs(self.halves.argmax(axis=1) - int(np.argmax(self.curve)))
        return bool((apart <= _APART).all())

    @property
    def agreement(self) -> float:
        """The best agreement by itself: a mean correlation, -1 to 1."""
        return float(self.curve.max())


def lip_offset(inspection: Inspection, ctx: Context) -> LipOffset:
    """Measure a clip that has sound, or load what was measured."""
    weights = models.sha256(models.FACE_LANDMARK)
    inputs = (weights, ctx.analyser(FaceDetector), inspection.video)
    return ctx.cached_value("review.lips", _VERSION, inputs, LipOffset, lambda: _measured(inspection, ctx))


def _measured(inspection: Inspection, ctx: Context) -> LipOffset:
    tracks = _watched(inspection, ctx)
    if not tracks:
        return LipOffset(np.zeros(0), 0.0, np.zeros((2, 0)))
    mesh = FaceMesh(str(models.fetch(models.FACE_LANDMARK, report=ctx.report)))
    heard = voice_over_noise(speech_of(inspection.video, ctx))
    seen = [
        (round(float(track.times[0]) * float(TRACK_RATE)) - heard.first, mouth)
        for track, mouth in zip(tracks, mouths(inspection.proxy, tracks, mesh, ctx, always=True), strict=True)
    ]
    resting = tuple(span for first, mouth in seen for span in _resting(mouth, heard, first))
    curve, weight = _summed(seen, heard, _SHORTEST / 2)
    if not weight:
        return LipOffset(np.zeros(0), 0.0, np.zeros((2, 0)), resting)
    halves = [_summed(half, heard, _SHORTEST / 5)[0] for half in _halves(seen)]
    return LipOffset(curve, weight / float(TRACK_RATE), np.stack(halves), resting)


def _resting(mouth: Mouth, heard: Voice, first: int) -> Iterator[Span]:
    """The seconds of one mouth, from its beginning on, in which it rests while somebody surely speaks."""
    rate = int(TRACK_RATE)
    begun: int | None = None
    for tick in range(0, len(mouth.opening) + rate, rate):
        spoken = heard.speech[max(0, first + tick) : first + tick + rate]
        speed = mouth.speed[tick : tick + rate]
        rests = len(speed) == rate and len(spoken) == rate and spoken.mean() >= _SURELY and speed.mean() < _RESTS
        if rests and begun is None:
            begun = tick
        elif not rests and begun is not None:
            yield Span((heard.first + first + begun) / TRACK_RATE, (heard.first + first + tick) / TRACK_RATE)
            begun = None


def _summed(seen: Sequence[_Part], heard: Voice, least: float) -> tuple[NDArray[np.float64], float]:
    """The mean curve of what was seen, by how many times of speech it rests on, and these; 0 where too few."""
    total, weight = np.zeros(2 * REACH + 1), 0.0
    for first, mouth in seen:
        found = _curve(mouth, heard.level, heard.speech, first, least)
        if found is not None:
            curve, share = found
            total += share * curve
            weight += share
    return (total / weight if weight else total), weight


def _halves(seen: Sequence[_Part]) -> tuple[list[_Part], list[_Part]]:
    """The first and the second half of all times."""
    left = sum(len(mouth.opening) for _, mouth in seen) // 2
    before: list[_Part] = []
    after: list[_Part] = []
    for first, mouth in seen:
        cut = min(left, len(mouth.opening))
        left -= cut
        before += [(first, mouth.part(0, cut))] if cut else []
        after += [(first + cut, mouth.part(cut, len(mouth.opening)))] if cut < len(mouth.opening) else []
    return before, after


def _watched(inspection: Inspection, ctx: Context) -> list[Track]:
    """The biggest face of each shot for as long as it is there, 10 s in all."""
    across, down = inspection.scale
    frames = [
        FrameDetections(look.time, tuple(face.scaled(1 / across, 1 / down) for face in look.faces))
        for look in detect_clip_faces(inspection, ctx)
    ]
    shots = [Shot(span) for span in shots_of(inspection.metrics)]
    kept: list[Track] = []
    room = _LONGEST
    for track in link(shots, frames):
        width = float(np.median(track.boxes[:, 2] - track.boxes[:, 0]))
        first = not any(other.shot == track.shot for other in kept)
        if first and width >= _SMALL and len(track.times) >= _SHORTEST and room >= _SHORTEST:
            length = min(room, len(track.times))
            parts = (track.times[:length], track.boxes[:length], track.confidence[:length])
            kept.append(replace(track, times=parts[0], boxes=parts[1], confidence=parts[2]))
            room -= length
    return kept


def _curve(
    mouth: Mouth, level: NDArray[np.float32], speech: NDArray[np.float32], first: int, least: float
) -> tuple[NDArray[np.float64], float] | None:
    """Agreement at each shift, and how many times of speech it rests on; None for fewer than ``least``."""
    count = len(mouth.opening)
    spoken = np.clip(speech[max(0, first) : first + count], 0, 1)
    if float(spoken.sum()) < least:
        return None
    opening = _smooth(np.asarray(mouth.opening, dtype=np.float64))
    seen = (
        _smooth(np.log(np.asarray(mouth.motion, dtype=np.float64) + 1)),
        np.gradient(opening),
        opening,
    )
    padded = np.pad(np.asarray(level, dtype=np.float64), REACH, mode="edge")
    curve = np.zeros(2 * REACH + 1)
    for shift in range(-REACH, REACH + 1):
        begin = first + shift + REACH
        heard = padded[begin : begin + count]
        if len(heard) < count:
            heard = np.pad(heard, (0, count - len(heard)), mode="edge")
        sound = (heard, np.gradient(_smooth(heard)), heard)
        curve[shift + REACH] = np.mean([_alike(a, b) for a, b in zip(seen, sound, strict=True)])
    return curve, float(spoken.sum())


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.convolve(np.pad(values, 1, mode="edge"), np.ones(3) / 3, mode="valid")


def _alike(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / power if power > 1e-12 else 0.0


def _between(curve: NDArray[np.float64], best: int) -> float:
    """Where the top of a parabola through the best value and its neighbours lies, in steps from the best."""
    if not 0 < best < len(curve) - 1:
        return 0.0
    before, top, after = curve[best - 1 : best + 2]
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
