"""Who says which word: the evidence of voices and faces, weighed together.

Diarization says whose turn it is, and errs in whole turns; faces say who of those on screen speaks, moment by moment.
Each word goes to the person with the best evidence from both, and people do not take turns for a word or two: dynamic
programming finds the best sequence, in which a change of speaker costs something.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clipy.analysis.odds import Floats, log_odds, shares
from clipy.analysis.people.voice_face_map import VoiceFaceMap
from clipy.types import TRACK_RATE, Track, Word

_HEARD = math.log(0.8 / 0.2)  # what a voice counts for in a second: of five turns, one is taken for somebody else's
_DOUBT = 0.05  # however sure a face seems to speak, or to be silent, it is otherwise with this probability
_CHANGE = 0.5 * _HEARD  # cost of a speaker change: as much as half a second of another voice


def assign_speakers(words: Sequence[Word], tracks: Sequence[Track], people: VoiceFaceMap) -> list[Word]:
    """Assign people to words whose ``speaker`` is a voice.

    They are in order of time; ``tracks`` have ``identity`` and ``speaking``. Where none of their faces is seen, the
    voice decides; where it may be several people's, whoever spoke last.
    """
    names = people.names
    if not words or not names:
        return list(words)
    ticks = [_ticks(word) for word in words]
    first, last = min(ticks)[0], max(end for _, end in ticks)
    likely = _likely(tracks, people, first, last - first)
    seen = np.log([likely[:, begin - first : end - first].mean(axis=1) for begin, end in ticks])
    heard = np.array([[name in people.voices.get(word.speaker or "", ()) for name in names] for word in words])
    lengths = np.array([[(end - begin) / float(TRACK_RATE)] for begin, end in ticks])
    chosen = _best(lengths * (seen + _HEARD * heard))
    return [replace(word, speaker=names[number]) for word, number in zip(words, chosen, strict=True)]


def _ticks(word: Word) -> tuple[int, int]:
    """The times of the grid that a word lasts, one at least: the first, and the one after the last."""
    begin = math.floor(word.start * TRACK_RATE)
    return begin, max(begin + 1, math.ceil(word.end * TRACK_RATE))


def _likely(tracks: Sequence[Track], people: VoiceFaceMap, first: int, count: int) -> Floats:
    """(people, times) of a stretch of the grid: how likely each speaks, as far as can be seen.

    One voice is heard at a time, so that faces share the odds. Who is not seen is as likely as nobody on screen is, or
    an unknown face: people look different from time to time.
    """
    names, most = people.names, math.log((1 - _DOUBT) / _DOUBT)
    odds, strangers = np.zeros((len(names), count)), np.zeros(count)
    there = np.zeros(odds.shape, dtype=bool)
    for track in tracks:
        at = np.round(track.times * float(TRACK_RATE)).astype(int) - first
        inside = (at >= 0) & (at < count)
        speaks = np.exp(np.clip(log_odds(track.speaking)[inside], -most, most))
        name = people.faces.get(-1 if track.identity is None else track.identity)
        if name is None:
            strangers[at[inside]] += speaks
        else:
            odds[names.index(name), at[inside]] += speaks
            there[names.index(name), at[inside]] = True
    likely = np.array(shares([*odds, 1 + strangers]))
    return np.asarray(np.maximum(np.where(there, likely[:-1], likely[-1]), _DOUBT))


def _best(rewards: Floats) -> list[int]:
    """The best sequence through (words, people), in which every change costs the same: Viterbi."""
    value = rewards[0]
    came_from = []
    for reward in rewards[1:]:
        other = int(value.argmax())
        stays = value >= value[other] - _CHANGE
        came_from.append(np.where(stays, np.arange(len(value)), other))
        value = np.where(stays, value, value[other] - _CHANGE) + reward
    chosen = [int(value.argmax())]
    for step in reversed(came_from):
        chosen.append(int(step[chosen[-1]]))
    return chosen[::-1]
