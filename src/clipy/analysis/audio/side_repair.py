"""How the sides of a sound track become what can be listened to: microphones on one side, upside down, too quiet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.track_survey import FLOOR, SPEAKS, Side, TrackSurvey
from clipy.mixing import Mix, MixInput

_ONE_SIDED = 15.0  # dB by which one side is louder while somebody speaks: the other holds no voice
_PANNED = 6.0  # ... where both hold the same: one microphone, out of the middle
_SAME = 0.9  # correlation of sides that hold the same
_TURNED = -0.5  # ... and below which one of them is upside down
_OWN_SIDE = 10.0  # dB by which a side is louder while the person at its microphone speaks
_EACH, _BOTH, _APART = 0.15, 0.6, 0.4  # share of the speech on each such side, on both together; their correlation
_MOSTLY, _SELDOM = 0.9, 0.03  # share of the speech that counts as all of it, and as none
_SPEECH_LEVEL = 90  # percentile of the levels of speech: how loud somebody speaks
_QUIET = -42.0  # dBFS of speech below which it is raised ...
_USUAL = -23.0  # ... to this
_MOST_GAIN = 55.0  # dB
_HUM = 35.0  # dB below the speech at which a hum no longer matters
_HUM_FLOOR = -80.0  # dBFS

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A track as inputs of a mix (more than one where each side is somebody's), and what was done, as clauses."""

    inputs: Mix
    notes: tuple[str, ...]


def voice_of(track: TrackSurvey) -> Side:
    """The side, or both together, on which most speech is heard."""
    return max((track.middle, track.left, track.right), key=lambda side: int((side.speech >= SPEAKS).sum()))


def speech_level(side: Side) -> float:
    """How loud somebody speaks, in dBFS; -100 where nobody does."""
    spoken = side.level[side.speech >= SPEAKS]
    return float(np.percentile(spoken, _SPEECH_LEVEL)) if len(spoken) else FLOOR


def repaired(track: TrackSurvey, number: int) -> Repaired:
    """The track as it should be heard; ``number`` is its index in ``Video.audio``."""
    inputs, side, notes = _sides(track, number)
    level = speech_level(side)
    if track.hum and track.hum_level > max(level - _HUM, _HUM_FLOOR):
        notes.append(f"a hum of {track.hum[0]:.0f} Hz is filtered out")
        inputs = [replace(one, hum=track.hum) for one in inputs]
    if FLOOR < level < _QUIET:
        gain = min(_USUAL - level, _MOST_GAIN)
        notes.append(f"speech is very quiet ({level:.0f} dBFS) and is raised by {gain:.0f} dB")
        inputs = [replace(one, gain=one.gain + gain) for one in inputs]
    return Repaired(tuple(inputs), tuple(notes))


def _sides(track: TrackSurvey, number: int) -> tuple[list[MixInput], Side, list[str]]:
    """The inputs, the side that is the voice, and what was wrong with the sides."""
    left, right = track.left, track.right
    spoken = (np.maximum(left.speech, right.speech) >= SPEAKS) & (np.maximum(left.level, right.level) > FLOOR)
    plain = MixInput(number)
    if not spoken.any():
        return [plain], voice_of(track), []
    difference = left.level - right.level
    balance = _mean_level(left.level[spoken]) - _mean_level(right.level[spoken])
    weights = 10 ** (np.maximum(left.level, right.level)[spoken] / 10)
    alike = float(np.average(track.alike[spoken], weights=weights))
    on_left, on_right = (float((sign * difference[spoken] >= _OWN_SIDE).mean()) for sign in (1, -1))
    if min(on_left, on_right) >= _EACH and on_left + on_right >= _BOTH and abs(alike) < _APART:
        return _two_microphones(track, plain, spoken)
    turned = float(weights[track.alike[spoken] < _TURNED].sum() / weights.sum())
    both = np.abs(difference[spoken]) < _OWN_SIDE
    same = not both.any() or float(track.alike[spoken][both].mean()) >= _SAME
    at_times = max(on_left, on_right) >= _EACH and min(on_left, on_right) < _SELDOM and same
    if turned >= _MOSTLY:
        return [replace(plain, right=(0.0, -1.0))], left, ["the right side is upside down and is turned"]
    if turned >= _EACH or at_times or abs(balance) >= (_PANNED if alike >= _SAME else _ONE_SIDED):
        name, other, side = ("left", "right", left) if balance >= 0 else ("right", "left", right)
        taken = (1.0, 0.0) if balance >= 0 else (0.0, 1.0)
        fault = (
            "the sides are upside down to each other at times"
            if turned >= _EACH
            else f"the voice is not on the {other}"
        )
        return [replace(plain, left=taken, right=taken)], side, [f"{fault}: the {name} goes to both sides"]
    return [plain], voice_of(track), []


def _two_microphones(track: TrackSurvey, plain: MixInput, spoken: Mask) -> tuple[list[MixInput], Side, list[str]]:
    """Each side as an input of its own, in the order in which the two are first heard."""
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
    return balanced, track.middle, ["each side is one person's microphone, and both go to both sides"]


def _mean_level(levels: NDArray[np.float32]) -> float:
    """The level of the mean power."""
    return float(10 * np.log10(np.mean(10 ** (levels.astype(np.float64) / 10))))
