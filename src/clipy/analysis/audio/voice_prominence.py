"""How clearly a voice stands out: how much louder speech is than what is heard between the words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clipy.analysis.audio import speech
from clipy.analysis.audio.speech import Window
from clipy.media.loudness import block_levels
from clipy.types import Array

_PAUSE = 0.3  # probability of speech below which nobody speaks
_SPEAKS = 0.5  # ... and from which somebody does
_ENOUGH = 10  # frames (a third of a second) of speech from which a voice can be judged
_FLOOR = -100.0  # dBFS taken for silence


@dataclass(frozen=True, slots=True, eq=False)
class VoiceProminence:
    """``probability`` float32 (n,) that somebody speaks, for each 32 ms. ``share`` of them that are speech.

    From the first speech to the last: ``pauses`` are the seconds between words, ``above`` how many dB the speech (upper
    quartile) lies above the pauses (median), ``range`` the dB between the loudest twentieth and the quietest tenth.
    Recorded talk has an ``above`` and a ``range`` of 20 and more; music as loud as the voice brings both under 8. All 0
    without speech.
    """

    probability: Array
    share: float
    pauses: float
    above: float
    range: float


def voice_prominence(sound: Window) -> VoiceProminence:
    """Listen for a voice in all the sound of a short video."""
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
