"""Whose voice is it: every voice is given to a face by all that is seen while it speaks, over the whole video.

A detector judges a few seconds at a time, and errs where two mouths move. A voice that is heard again and again is seen
with the same face: how much more each person seems to speak during a voice's turns than chance is summed up over the
video, and tells whose voice it is, or that nobody on screen has it. Every turn then counts for what the voice is known
to be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clipy.types import TRACK_RATE, Track, Turn

_ENOUGH = 1.0  # seconds of more speech than chance that make a person e times as likely to have a voice
_LEADS = 0.5  # of all probability: by how much more one of two surely speaks than the other, for a second
_MIXED, _SHARE = 1.0, 0.25  # a voice with which each of two surely speaks, for seconds and this share, is of both
_DOUBT = 0.2  # a voice is never so sure to be, or not to be, somebody's that what is seen cannot say otherwise
_ROUNDS = 3  # the second finds the owners from what the first made of the probabilities, and so on
_SURE = 1e-6  # speaking probabilities are kept this far from 0 and 1

Floats = NDArray[np.float64]


def reweigh_by_voices(tracks: Sequence[Track], turns: Sequence[Turn]) -> list[Track]:
    """The same tracks, their speaking probabilities estimated anew from whose voice is heard.

    ``turns`` are of voices that were told apart by sound. Without turns, or where nobody or several people are heard at
    once, nothing changes; a voice that is two people's tells nothing. Tracks without ``identity`` are people of their
    own.
    """
    if not tracks or not turns:
        return list(tracks)
    scene = _scene(tracks, turns)
    seen = odds = [log_odds(track) for track in tracks]
    together = _seen_together(scene)
    mixed = _mixed(seen, scene, together)
    for _ in range(_ROUNDS):
        owner = _owners(odds, scene, together, mixed)
        odds = [
            _again(values, owner, person, scene.voice[at])
            for values, person, at in zip(seen, scene.people, scene.places, strict=True)
        ]
    return [
        replace(track, speaking=(1 / (1 + np.exp(-values))).astype(np.float32))
        for track, values in zip(tracks, odds, strict=True)
    ]


def voice_face_affinity(
    tracks: Sequence[Track], turns: Sequence[Turn], owners: Mapping[int, str] | None = None
) -> dict[tuple[str, int], float]:
    """Whose voice is whose: for each voice and each ``identity``, for how many seconds of the voice's turns more than
    by chance the person seems to speak. Below 0 for those who are seen to be silent meanwhile.

    Times at which one of the ``owners`` (the voice of an identity) is more likely than not to speak with that voice are
    left out: it has its owner then.
    """
    if not tracks or not turns:
        return {}
    scene = _scene(tracks, turns)
    odds = [log_odds(track) for track in tracks]
    for share, at, person in zip(_shares(odds, scene)[0], scene.places, scene.people, strict=True):
        voice = (owners or {}).get(person)
        if voice in scene.voices:
            own = at[(share > 0.5) & (scene.voice[at] == scene.voices.index(voice))]
            scene.voice[own] = -1
    return {(scene.voices[number], person): seconds for (number, person), seconds in _claims(odds, scene).items()}


@dataclass(frozen=True, slots=True)
class _Scene:
    """Who is seen and heard, on the grid of the tracks' times. ``places`` are each track's times on it.

    ``voice``: the number of the one voice at each time, -1 where there is none or more. ``voices``: their names.
    """

    people: list[int]
    places: list[NDArray[np.int64]]
    voice: NDArray[np.int64]
    voices: list[str]


def _scene(tracks: Sequence[Track], turns: Sequence[Turn]) -> _Scene:
    people = [track.identity if track.identity is not None else -1 - index for index, track in enumerate(tracks)]
    ticks = [np.round(track.times * float(TRACK_RATE)).astype(int) for track in tracks]
    first, last = min(int(at[0]) for at in ticks), max(int(at[-1]) for at in ticks)
    voice, names = _heard(turns, first, last + 1 - first)
    return _Scene(people, [at - first for at in ticks], voice, names)


def _heard(turns: Sequence[Turn], first: int, count: int) -> tuple[NDArray[np.int64], list[str]]:
    """The number of the one voice at each time of the grid, -1 where there is none or more; and the voices' names."""
    names = sorted({turn.speaker for turn in turns})
    heard = np.zeros((len(names), count), dtype=bool)
    for turn in turns:
        low, high = (round(time * TRACK_RATE) - first for time in (turn.span.start, turn.span.end))
        heard[names.index(turn.speaker), max(0, low) : max(0, high)] = True
    return np.where(heard.sum(axis=0) == 1, heard.argmax(axis=0), -1), names


def log_odds(track: Track) -> Floats:
    """The logarithm of the odds that a face speaks, at each time of its track."""
    speaking = np.clip(np.asarray(track.speaking, dtype=np.float64), _SURE, 1 - _SURE)
    return np.asarray(np.log(speaking / (1 - speaking)))


def _shares(odds: Sequence[Floats], scene: _Scene) -> tuple[list[Floats], list[Floats]]:
    """How likely each track is to be the one that speaks, at each of its times, and how likely by chance."""
    count = len(scene.voice)
    total, faces = np.ones(count), np.zeros(count)  # nobody on screen is as likely as a face of even odds
    for values, at in zip(odds, scene.places, strict=True):
        total[at] += np.exp(values)
        faces[at] += 1
    shares = [np.exp(values) / total[at] for values, at in zip(odds, scene.places, strict=True)]
    return shares, [1 / (faces[at] + 1) for at in scene.places]


def _claims(odds: Sequence[Floats], scene: _Scene) -> dict[tuple[int, int], float]:
    """Seconds for each voice (first) and person (second). One person's tracks may go by several identities."""
    more: dict[tuple[int, int], float] = defaultdict(float)
    for share, chance, at, person in zip(*_shares(odds, scene), scene.places, scene.people, strict=True):
        for number in range(len(scene.voices)):
            more[number, person] += float((share - chance)[scene.voice[at] == number].sum()) / float(TRACK_RATE)
    return more


def _owners(
    odds: Sequence[Floats],
    scene: _Scene,
    together: Mapping[int, set[int]],
    mixed: Container[tuple[int, int]],
) -> dict[tuple[int, int], float]:
    """How likely each voice (first) is each person's (second) rather than the one's on screen who goes with it most."""
    more = _claims(odds, scene)
    owner: dict[tuple[int, int], float] = {}
    for voice, person in more:
        rival = max((more[voice, other] for other in together[person]), default=0.0)
        ahead = np.clip((more[voice, person] - max(0.0, rival)) / _ENOUGH, -50, 50)
        owner[voice, person] = 0.5 if (voice, person) in mixed else float(1 / (1 + np.exp(-ahead)))
    return owner


def _seen_together(scene: _Scene) -> dict[int, set[int]]:
    """With whom each person is ever on screen at once."""
    seen = {person: np.zeros(len(scene.voice), dtype=bool) for person in scene.people}
    for at, person in zip(scene.places, scene.people, strict=True):
        seen[person][at] = True
    return {a: {b for b in seen if a != b and bool((seen[a] & seen[b]).any())} for a in seen}


def _mixed(odds: Sequence[Floats], scene: _Scene, together: Mapping[int, set[int]]) -> set[tuple[int, int]]:
    """Voices (first) that are those of two people (second) who were not told apart by sound.

    While such a voice is heard, now one and now the other surely speaks. Faces that are hard to tell apart do not show
    that: then neither leads for a second.
    """
    share = {person: np.full(len(scene.voice), np.nan) for person in scene.people}
    for own, at, person in zip(_shares(odds, scene)[0], scene.places, scene.people, strict=True):
        share[person][at] = np.fmax(share[person][at], own)
    pairs = [(one, other) for one in together for other in together[one] if one < other]
    mixed = set()
    for voice in range(len(scene.voices)):
        heard = scene.voice == voice
        for one, other in pairs:
            lead = (share[one] - share[other])[heard]
            if _takes_turns(lead[~np.isnan(lead)]):
                mixed |= {(voice, one), (voice, other)}
    return mixed


def _takes_turns(lead: Floats) -> bool:
    """Whether now the first and now the second of two leads, second by second."""
    second = int(TRACK_RATE)
    means = lead[: len(lead) // second * second].reshape(-1, second).mean(axis=1)
    first, other = int((means > _LEADS).sum()), int((means < -_LEADS).sum())
    return min(first, other) >= max(_MIXED, _SHARE * (first + other))


def _again(odds: Floats, owner: dict[tuple[int, int], float], person: int, voice: NDArray[np.int64]) -> Floats:
    """The odds moved by how likely the voice that is heard is this person's."""
    numbers = np.unique(voice)
    known = {int(n): owner[int(n), person] if n >= 0 else 0.5 for n in numbers}
    likely = np.array([known[int(n)] for n in numbers])[np.searchsorted(numbers, voice)]
    return np.asarray(odds + np.log((likely + _DOUBT) / (1 - likely + _DOUBT)))
