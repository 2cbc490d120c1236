"""Repair of audio tracks: one-sided or inverted channels, hum, low speech level."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.track_survey import FLOOR, SPEAKS, Side, TrackSurvey
from clipy.mixing import Mix, MixInput

_ONE_SIDED = 15.0  # dB by which one channel is louder during speech: the other has no voice
_PANNED = 6.0  # ... where both have the same sound: one microphone, panned off centre
_SAME = 0.9  # correlation of channels with the same sound
_TURNED = -0.5  # ... and below which one has inverted polarity
_OWN_SIDE = 10.0  # dB by which a channel is louder while the person at its microphone speaks
_EACH, _BOTH, _APART = 0.15, 0.6, 0.4  # share of speech on each such channel, and on both; their correlation
_MOSTLY, _SELDOM = 0.9, 0.03  # share of speech that counts as all of it, and as none
_SPEECH_LEVEL = 90  # percentile of the levels during speech
_QUIET = -42.0  # dBFS of speech below which it is amplified ...
_USUAL = -23.0  # ... to this
_MOST_GAIN = 55.0  # dB
_HUM = 35.0  # dB below speech at which hum no longer matters
_HUM_FLOOR = -80.0  # dBFS

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A track as mix inputs (two where each channel is one person's microphone), and the repairs, as clauses."""

    inputs: Mix
    notes: tuple[str, ...]


def voice_side(track: TrackSurvey) -> Side:
    """The channel, or the downmix, with the most speech."""
    return max((track.middle, track.left, track.right), key=lambda side: int((side.speech >= SPEAKS).sum()))


def speech_level(side: Side) -> float:
    """Level of speech in dBFS; -100 where there is none."""
    spoken = side.level[side.speech >= SPEAKS]
    return float(np.percentile(spoken, _SPEECH_LEVEL)) if len(spoken) else FLOOR


def repair_track(track: TrackSurvey, number: int) -> Repaired:
    """Repair a track; ``number`` is its index in ``Video.audio``."""
    inputs, side, notes = _sides(track, number)
    level = speech_level(side)
    if track.hum and track.hum_level > max(level - _HUM, _HUM_FLOOR):
        notes.append(f"a hum of {track.hum[0]:.0f} Hz is removed")
        inputs = [replace(one, hum=track.hum) for one in inputs]
    if FLOOR < level < _QUIET:
        gain = min(_USUAL - level, _MOST_GAIN)
        notes.append(f"speech is very quiet ({level:.0f} dBFS) and is amplified by {gain:.0f} dB")
        inputs = [replace(one, gain=one.gain + gain) for one in inputs]
    return Repaired(tuple(inputs), tuple(notes))


def _sides(track: TrackSurvey, number: int) -> tuple[list[MixInput], Side, list[str]]:
    """Repair the channels: the mix inputs, the channel with the voice, and the repairs made."""
    left, right = track.left, track.right
    spoken = (np.maximum(left.speech, right.speech) >= SPEAKS) & (np.maximum(left.level, right.level) > FLOOR)
    plain = MixInput(number)
    if not spoken.any():
        return [plain], voice_side(track), []
    difference = left.level - right.level
    balance = _mean_level(left.level[spoken]) - _mean_level(right.level[spoken])
    weights = 10 ** (np.maximum(left.level, right.level)[spoken] / 10)
    correlation = float(np.average(track.correlation[spoken], weights=weights))
    on_left, on_right = (float((sign * difference[spoken] >= _OWN_SIDE).mean()) for sign in (1, -1))
    if min(on_left, on_right) >= _EACH and on_left + on_right >= _BOTH and abs(correlation) < _APART:
        return _two_microphones(track, plain, spoken)
    inverted = float(weights[track.correlation[spoken] < _TURNED].sum() / weights.sum())
    both = np.abs(difference[spoken]) < _OWN_SIDE
    same = not both.any() or float(track.correlation[spoken][both].mean()) >= _SAME
    at_times = max(on_left, on_right) >= _EACH and min(on_left, on_right) < _SELDOM and same
    if inverted >= _MOSTLY:
        return [replace(plain, right=(0.0, -1.0))], left, ["the right channel has inverted polarity and is corrected"]
    if inverted >= _EACH or at_times or abs(balance) >= (_PANNED if correlation >= _SAME else _ONE_SIDED):
        name, other, side = ("left", "right", left) if balance >= 0 else ("right", "left", right)
        taken = (1.0, 0.0) if balance >= 0 else (0.0, 1.0)
        fault = (
            "the channels have opposite polarity at times"
            if inverted >= _EACH
            else f"the voice is missing from the {other} channel"
        )
        return [replace(plain, left=taken, right=taken)], side, [f"{fault}: the {name} channel is used for both"]
    return [plain], voice_side(track), []


def _two_microphones(track: TrackSurvey, plain: MixInput, spoken: Mask) -> tuple[list[MixInput], Side, list[str]]:
    """Each channel as an input of its own, in order of first speech."""
    inputs = []
    for side, taken, sign in ((track.left, (1.0, 0.0), 1), (track.right, (0.0, 1.0), -1)):
        own = spoken & (sign * (track.left.level - track.right.level) >= _OWN_SIDE)
        level = float(np.percentile(side.level[own], _SPEECH_LEVEL))
        inputs.append((int(np.argmax(own)), replace(plain, left=taken, right=taken, level=level)))
    loudest = max(one.level for _, one in inputs)
    balanced = [
        replace(one, gain=loudest - one.level, level=loudest, speaker=str(place))
        for place, (_, one) in enumerate(sorted(inputs, key=lambda item: item[0]), 1)
    ]
    return balanced, track.middle, ["each channel is one person's microphone; both are centred"]


def _mean_level(levels: NDArray[np.float32]) -> float:
    """Level of the mean power, in dB."""
    return float(10 * np.log10(np.mean(10 ** (levels.astype(np.float64) / 10))))
