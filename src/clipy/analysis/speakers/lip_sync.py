"""Active-speaker detection from lips and sound together, with models that ship in packages alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.analysis.audio.voice_activity import Voice, voice
from clipy.analysis.base import SpeakerDetector
from clipy.analysis.speakers.scoring.lips import FaceMesh, Mouth, mouths
from clipy.context import Context
from clipy.types import Span, Track, Video, seconds

_ACTIVITY = 13  # times (half a second) over which the lips' movement is averaged
_TOGETHER = 51  # times (2 s) over which lips and sound are compared
_LONGER = 75  # times (3 s) over which it is compared how much either changes
_LATE = 3  # times by which the sound may lead or follow the lips
_GATE = 13  # times (half a second) over which the presence of speech is averaged
_EARLY = 0.2  # seconds by which the odds rise before a first word, as both averages look ahead: measured
_QUIET = 1e-3  # lip movement, in heights of the face, that is noise of the mesh
_STILL, _MOVING = -6.6, -5.2  # the log of the lips' speed where correlations begin to count, and from which they do

# Logistic regression of which of the faces on screen speaks, on labelled development videos that count alike: of the
# log of the lips' speed, of the correlations of the mouth's motion with loudness, of the lips' opening and closing with
# the rise and fall of loudness, and of the mouth's motion with how much loudness changes. Weights that come from the
# other videos tell each video's speakers about as well. Correlations count as far as the lips move now: they look
# seconds ahead and back, and a mouth that has just closed, or will speak next, is not the one that speaks. The constant
# leans towards the faces: a talker who is missed costs more than a listener who is considered.
_WEIGHTS = (1.5, 2.2, 1.6, 2.8)
_CONSTANT = 7.7


class LipSync(SpeakerDetector):
    """Lips that move, and move with the sound, while somebody speaks.

    The gap between the lips is measured on a face mesh. How much it changes tells a talker from a silent listener;
    how it goes with the loudness of the sound tells whose voice it is when both mouths move; no face speaks while
    there is no speech. Faces in profile or under about 40 pixels are judged poorly.
    """

    version = 6

    class Options(SpeakerDetector.Options):
        """Nothing to set."""

    options: Options

    def __init__(self, options: SpeakerDetector.Options | None = None) -> None:
        super().__init__(options)
        self._mesh: FaceMesh | None = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.FACE_LANDMARK),)

    def lookahead_seconds(self) -> float:
        return _EARLY

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        return [
            replace(track, speaking=speaking(mouth, heard)) for track, mouth, heard in self.measure(video, tracks, ctx)
        ]

    def measure(self, video: Video, tracks: Sequence[Track], ctx: Context) -> list[tuple[Track, Mouth, Voice]]:
        """Each track with its mouth measurements and the voice, both at its times."""
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
        return [(track, mouth, heard.at(track.times)) for track, mouth in zip(tracks, seen, strict=True)]


def speaking(mouth: Mouth, heard: Voice) -> NDArray[np.float32]:
    """The probability that the voice comes from the mouth, at each time of both: float32 (n,) in 0..1."""
    if len(mouth.opening) < 3:
        return np.zeros(len(mouth.opening), dtype=np.float32)
    rise = np.gradient(np.asarray(heard.level, dtype=np.float64))
    motion = averaged(mouth.motion, 3)
    activity = np.log(averaged(mouth.speed, _ACTIVITY) + _QUIET)
    counts = np.clip((activity - _STILL) / (_MOVING - _STILL), 0, 1)
    evidence = (
        activity,
        counts * correlation(motion, np.asarray(heard.level, dtype=np.float64), _TOGETHER),
        counts * correlation(np.gradient(averaged(mouth.opening, 3)), rise, _TOGETHER),
        counts * correlation(motion, averaged(np.abs(rise), 3), _LONGER),
    )
    odds = sum(weight * value for weight, value in zip(_WEIGHTS, evidence, strict=True)) + _CONSTANT
    return np.asarray(averaged(heard.speech, _GATE) / (1 + np.exp(-odds)), dtype=np.float32)


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
