"""How far sound and lips are apart: how a mouth moves, correlated with how loud the sound is, over shifts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.audio.voice import voice
from clipy.analysis.faces.sightings import Sighting
from clipy.analysis.faces.tracks import RATE, link
from clipy.analysis.finished.faces import faces_of, shots_of
from clipy.analysis.finished.inspection import Inspection, once
from clipy.analysis.speakers.lips import FaceMesh, Mouth, mouths
from clipy.context import Context
from clipy.storage.store import key_of
from clipy.types import Array, Shot, Track

_VERSION = 4
REACH = 20  # times of the grid (0.8 s) by which they may be apart and still be found
_LONGEST = 200  # times (8 s) of faces that are watched: enough, and what a review has time for
_SHORTEST = 50  # times (2 s) of a track that says anything
_APART = 5  # times (0.2 s) within which shifts are neighbours: syllables are that long
_SMALL = 24  # pixels of the small copy under which a mouth cannot be measured


@dataclass(frozen=True, slots=True, eq=False)
class LipOffset:
    """``curve`` float64 (41,): how well lips and sound agree when the sound comes from -0.8 to 0.8 s later than the
    lips, in steps of 1/25 s. ``seconds`` of speaking faces were watched. Empty where there was no face.
    """

    curve: Array
    seconds: float

    @property
    def late(self) -> float:
        """Seconds by which the sound comes after the lips, where they agree best, between the steps."""
        best = int(np.argmax(self.curve))
        return (best + _between(self.curve, best) - REACH) / float(RATE)

    @property
    def margin(self) -> float:
        """How much better the best agreement is than any that is further than 0.2 s from it."""
        best = int(np.argmax(self.curve))
        far = np.abs(np.arange(len(self.curve)) - best) > _APART
        return float(self.curve.max() - self.curve[far].max())

    @property
    def agreement(self) -> float:
        """The best agreement by itself: a mean correlation, -1 to 1."""
        return float(self.curve.max())


def lip_offset(inspection: Inspection, ctx: Context) -> LipOffset:
    """Measure a clip that has sound, or load what was measured."""
    key = key_of("lip offset", _VERSION, models.sha256(models.FACE_LANDMARK), inspection.video)
    found: LipOffset = once(ctx).store.value("review.lips", key, LipOffset, lambda: _measured(inspection, ctx))
    return found


def _measured(inspection: Inspection, ctx: Context) -> LipOffset:
    tracks = _watched(inspection, ctx)
    if not tracks:
        return LipOffset(np.zeros(0), 0.0)
    mesh = FaceMesh(str(models.fetch(models.FACE_LANDMARK, report=ctx.report)))
    heard = voice(inspection.video, inspection.video.span)
    total, weight = np.zeros(2 * REACH + 1), 0.0
    for track, mouth in zip(tracks, mouths(inspection.proxy, tracks, mesh, ctx, always=True), strict=True):
        first = round(float(track.times[0]) * float(RATE)) - heard.first
        found = _curve(mouth, heard.level, heard.speech, first)
        if found is not None:
            curve, share = found
            total += share * curve
            weight += share
    return LipOffset(total / weight if weight else np.zeros(0), weight / float(RATE))


def _watched(inspection: Inspection, ctx: Context) -> list[Track]:
    """The biggest face of each shot for as long as it is there, 8 s in all."""
    across, down = inspection.scale
    sightings = [
        Sighting(look.time, tuple(face.scaled(1 / across, 1 / down) for face in look.faces))
        for look in faces_of(inspection, ctx)
    ]
    shots = [Shot(span) for span in shots_of(inspection.seen)]
    kept: list[Track] = []
    room = _LONGEST
    for track in link(shots, sightings):
        width = float(np.median(track.boxes[:, 2] - track.boxes[:, 0]))
        first = not any(other.shot == track.shot for other in kept)
        if first and width >= _SMALL and len(track.times) >= _SHORTEST and room >= _SHORTEST:
            length = min(room, len(track.times))
            parts = (track.times[:length], track.boxes[:length], track.confidence[:length])
            kept.append(replace(track, times=parts[0], boxes=parts[1], confidence=parts[2]))
            room -= length
    return kept


def _curve(
    mouth: Mouth, level: NDArray[np.float32], speech: NDArray[np.float32], first: int
) -> tuple[NDArray[np.float64], float] | None:
    """Agreement at each shift, and how many times of speech it rests on."""
    count = len(mouth.opening)
    opening = _smooth(np.asarray(mouth.opening, dtype=np.float64))
    seen = (
        _smooth(np.log(np.asarray(mouth.motion, dtype=np.float64) + 1)),
        np.gradient(opening),
        opening,
    )
    padded = np.pad(np.asarray(level, dtype=np.float64), REACH, mode="edge")
    spoken = np.clip(speech[max(0, first) : first + count], 0, 1)
    if float(spoken.sum()) < _SHORTEST / 2:
        return None
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
