"""Voice prominence: how much louder speech is than the sound between words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clipy.analysis.audio import speech
from clipy.analysis.audio.speech import Window
from clipy.media.loudness import block_levels
from clipy.types import Array

_PAUSE = 0.3  # probability below which there is no speech
_SPEAKS = 0.5  # ... and at which there is
_ENOUGH = 10  # frames (a third of a second) of speech needed for a measurement
_FLOOR = -100.0  # dBFS, of silence


@dataclass(frozen=True, slots=True, eq=False)
class VoiceProminence:
    """``probability``: float32 (n,), speech probability per 32 ms. ``share``: share of these that are speech.

    From the first to the last speech: ``pauses`` are the seconds between words, ``above`` the dB by which speech (upper
    quartile) exceeds the pauses (median), ``range`` the dB between the 95th and the 10th percentile of the levels.
    Clean speech has an ``above`` and a ``range`` of 20 and more; equally loud music brings both under 8. All are 0
    without speech.
    """

    probability: Array
    share: float
    pauses: float
    above: float
    range: float


def voice_prominence(sound: Window) -> VoiceProminence:
    """Measure the prominence of the voice in the sound of a short video."""
    samples, probability = sound.samples, sound.probabilities
    speaks = probability >= _SPEAKS
    if np.count_nonzero(speaks) < _ENOUGH:
        return VoiceProminence(probability, float(speaks.mean()) if len(speaks) else 0.0, 0.0, 0.0, 0.0)
    padded = np.pad(samples, (0, -len(samples) % speech.FRAME))
    level = block_levels(padded[None], speech.FRAME, _FLOOR)
    first, last = np.flatnonzero(speaks)[[0, -1]]
    inside = slice(first, last + 1)
    pause = probability[inside] < _PAUSE
    loud = float(np.percentile(level[speaks], 75))
    return VoiceProminence(
        probability=probability,
        share=float(speaks.mean()),
        pauses=float(np.count_nonzero(pause) * speech.FRAME / speech.RATE),
        above=loud - float(np.median(level[inside][pause])) if pause.any() else 0.0,
        range=float(np.percentile(level[inside], 95) - np.percentile(level[inside], 10)),
    )
