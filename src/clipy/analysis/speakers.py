"""Who speaks, told by lips and sound together, with models that ship in packages alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.base import SpeakerDetector
from clipy.analysis.lips import FaceMesh, Mouth, mouths
from clipy.analysis.tracks import RATE
from clipy.analysis.voice import Voice, voice
from clipy.context import Context
from clipy.types import Span, Track, Video, seconds

_ACTIVITY = 25  # times (1 s) over which the lips' movement is averaged
_TOGETHER = 75  # times (3 s) over which lips and sound are compared
_LATE = 3  # times by which the sound may lead or follow the lips
_GATE = 13  # times (half a second) over which the presence of speech is averaged
_NEVER = -20.0  # log odds of a face that was seen too shortly to tell
_QUIET = 1e-3  # lip movement, in heights of the face, that is noise of the mesh

# Logistic regression on the labelled development videos: of the log of the lips' movement, of the correlation of the
# mouth's motion with loudness, of that of the lips' speed with the rise of loudness, and the constant. Left out in
# turn, each video's speakers are told from its listeners about as well.
_WEIGHTS = (2.0, 1.0, 2.5)
_CONSTANT = 10.3


class LipSync(SpeakerDetector):
    """Lips that move, and move with the sound, while somebody speaks.

    The gap between the lips is measured on a face mesh. How much it changes tells a talker from a silent listener;
    how it goes with the loudness of the sound tells whose voice it is when both mouths move; no face speaks while
    there is no speech. Faces in profile or under about 40 pixels are judged poorly.
    """

    version = 2

    class Options(SpeakerDetector.Options):
        """Nothing to set."""

    options: Options

    def __init__(self, options: SpeakerDetector.Options | None = None) -> None:
        super().__init__(options)
        self._mesh: FaceMesh | None = None

    def weights(self) -> tuple[str, ...]:
        return (models.sha256(models.FACE_LANDMARK),)

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        if not tracks:
            return []
        if self._mesh is None:
            self._mesh = FaceMesh(str(models.fetch(models.FACE_LANDMARK, report=ctx.report)))
        span = Span(
            seconds(min(float(track.times[0]) for track in tracks)),
            seconds(max(float(track.times[-1]) for track in tracks)),
        )
        heard = voice(video, span)
        seen = mouths(video, tracks, self._mesh, ctx)
        voices = [heard.at(track.times) for track in tracks]
        odds = [fit(mouth, own) for mouth, own in zip(seen, voices, strict=True)]
        shares = shared([np.round(track.times * float(RATE)).astype(int) for track in tracks], odds)
        return [
            replace(track, speaking=(averaged(own.speech, _GATE) * share).astype(np.float32))
            for track, own, share in zip(tracks, voices, shares, strict=True)
        ]


def fit(mouth: Mouth, heard: Voice) -> NDArray[np.float64]:
    """The log of the odds that a voice comes from the mouth, (n,), at each time of both, if somebody speaks."""
    opening = np.asarray(mouth.opening, dtype=np.float64)
    if len(opening) < 3:
        return np.full(len(opening), _NEVER)
    level = np.asarray(heard.level, dtype=np.float64)
    speed = np.abs(np.gradient(opening))
    evidence = (
        np.log(averaged(speed, _ACTIVITY) + _QUIET),
        correlation(averaged(mouth.motion, 3), level, _TOGETHER),
        correlation(np.gradient(averaged(opening, 3)), np.gradient(level), _TOGETHER),
    )
    odds = sum(weight * value for weight, value in zip(_WEIGHTS, evidence, strict=True)) + _CONSTANT
    return np.asarray(odds, dtype=np.float64)


def shared(ticks: Sequence[NDArray[np.int64]], odds: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Each face's share of the one voice, (n,) in 0..1 at each of its times, from the log odds of all.

    Somebody who is not on screen is as likely as a face of even odds. Two faces of high odds do not both speak: what
    counts is how much better one of them goes with the voice.
    """
    first = min(int(at[0]) for at in ticks)
    total = np.ones(max(int(at[-1]) for at in ticks) + 1 - first)
    for at, values in zip(ticks, odds, strict=True):
        np.add.at(total, at - first, np.exp(values))
    return [np.exp(values) / total[at - first] for at, values in zip(ticks, odds, strict=True)]


def averaged(values: NDArray[Any], width: int) -> NDArray[np.float64]:
    """Means over ``width`` (odd) values around each; at the ends over those that there are."""
    ones = np.ones(width)
    half = width // 2
    sums = np.convolve(values, ones)[half : half + len(values)]
    counts = np.convolve(np.ones(len(values)), ones)[half : half + len(values)]
    return np.asarray(sums / counts, dtype=np.float64)


def correlation(seen: NDArray[np.float64], heard: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Pearson's, over ``width`` values around each, at the best of the few shifts between sound and picture."""
    seen_mean = averaged(seen, width)
    seen_power = averaged(seen * seen, width) - seen_mean**2
    best = np.full(len(seen), -1.0)
    for shift in range(-_LATE, _LATE + 1):
        moved = heard[np.clip(np.arange(len(heard)) + shift, 0, len(heard) - 1)]
        mean = averaged(moved, width)
        power = averaged(moved * moved, width) - mean**2
        common = averaged(seen * moved, width) - seen_mean * mean
        best = np.maximum(best, common / np.sqrt(np.maximum(seen_power * power, 1e-12)))
    return np.asarray(np.clip(best, -1, 1), dtype=np.float64)
