"""Lips and network weighed: how likely a face speaks, by both kinds of evidence.

What each says was calibrated by logistic regression on labelled development videos that count alike. The network's log
odds are those of its training: on other videos a mouth that rests, or moves out of step, gets up to 3 or 4. Lips are
measured on a face mesh, which fits faces that look at the camera and are big enough; of others the network alone tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.odds import log_odds
from clipy.analysis.speakers.scoring.lips import Mouth
from clipy.arrays import true_runs
from clipy.types import TRACK_RATE, Track

_LIPS, _NETWORK = 0.4, 0.4  # weights of log odds
_ALONE = 0.5  # ... of the network where lips cannot be measured
_NEUTRAL = 3.5  # what the network says where it does not know
_SUREST = 8.0  # log odds up to which the network counts: beyond, it tells people apart, not speech
_LIMIT = 4.0  # log odds up to which both together count, for or against: 55 to 1
_FRONTAL, _TURNED = 0.25, 0.45  # turn of the head up to which lips count, and from which they do not
_SMALL, _BIG = 40.0, 80.0  # heights of a face in pixels up to which lips do not count, and from which they do
_CONTEXT = 1.0  # seconds around a stretch that the network looks at, too
_VOICE = 0.1  # speech probability below which there is nothing to decide
_TRUSTED = 0.5  # trust in lips from which they suffice for a face that is alone

Floats = NDArray[np.float64]


def lip_trust(track: Track, mouth: Mouth) -> Floats:
    """How far the lips of a face can be measured at each of its times, 0..1: (n,)."""
    height = np.asarray(track.boxes[:, 3] - track.boxes[:, 1], dtype=np.float64)
    big = np.clip((height - _SMALL) / (_BIG - _SMALL), 0, 1)
    return np.asarray(big * np.clip((_TURNED - mouth.turn) / (_TURNED - _FRONTAL), 0, 1))


def needs_network(
    tracks: Sequence[Track], speech: Sequence[NDArray[np.float32]], trust: Sequence[Floats]
) -> list[list[slice]]:
    """The stretches of each track for which lips are not enough, with some time around them, in indices.

    These are where a voice is heard and another face is on screen, or the face's own lips cannot be measured.
    ``speech``: the probability of speech at each track's times; ``trust``: that of its lips.
    """
    ticks = [np.round(track.times * float(TRACK_RATE)).astype(int) for track in tracks]
    if not ticks:
        return []
    first = min(int(own[0]) for own in ticks)
    faces = np.zeros(max(int(own[-1]) for own in ticks) + 1 - first, dtype=int)
    for own in ticks:
        faces[own - first] += 1
    around = round(_CONTEXT * float(TRACK_RATE))
    return [
        _padded(((faces[own - first] > 1) | (lips < _TRUSTED)) & (voice >= _VOICE), around)
        for own, voice, lips in zip(ticks, speech, trust, strict=True)
    ]


def combined(lips: NDArray[np.float32], network: NDArray[np.float32], trust: Floats) -> Floats:
    """The log odds that a face speaks, at each time of its track: (n,).

    ``lips``: the probability by lips and sound, as good as ``trust``. ``network``: log odds, NaN where the network was
    not asked.
    """
    by_lips = log_odds(lips)
    by_network = np.clip(np.asarray(network, dtype=np.float64), -_SUREST, _SUREST)
    weight = trust * _NETWORK + (1 - trust) * _ALONE
    both = trust * _LIPS * by_lips + weight * (by_network - _NEUTRAL)
    return np.asarray(np.where(np.isnan(by_network), by_lips, np.clip(both, -_LIMIT, _LIMIT)))


def _padded(wanted: NDArray[np.bool_], around: int) -> list[slice]:
    """The runs of true with ``around`` values more on both sides, those that meet as one."""
    wide = np.convolve(wanted, np.ones(2 * around + 1), mode="full")[around : around + len(wanted)] > 0.5
    return [slice(begin, end) for begin, end in true_runs(wide)]
