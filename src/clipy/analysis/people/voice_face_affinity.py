"""Whose voice is it: each voice is matched with a face by everything seen while it speaks.

A detector judges a few seconds at a time, and errs where two mouths move. A voice that returns, returns with the same
face: by how much more than chance each person seems to speak during a voice's turns is summed over all of them, and
shows whose voice it is, or that nobody on screen has it. Every turn then counts for the voice's owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.odds import Floats, log_odds, shares
from clipy.types import TRACK_RATE, Track, Turn

_E_FOLD = 1.0  # seconds of speech beyond chance that make a person e times as likely to have a voice
_LEAD = 0.5  # of probability: the lead by which one of two surely speaks for a second
# A voice with which each of two people surely speaks, for this many seconds and this share of them, is both people's.
_SHARED, _SHARE = 1.0, 0.25
_DOUBT = 0.2  # ownership of a voice is never so sure that the picture cannot contradict it
_EDGE = 0.5  # seconds from where a turn begins or ends in which its voice counts less: diarization errs there most
_ROUNDS = 3  # each finds the owners from the probabilities of the round before


def reweigh_by_voices(tracks: Sequence[Track], turns: Sequence[Turn]) -> list[Track]:
    """Update the speaking probabilities of tracks by whose voice is active.

    ``turns`` come from diarization. Without turns, or while nobody or several people speak, nothing changes; a voice
    that two people share is no evidence. Each track without ``identity`` is a person.
    """
    if not tracks or not turns:
        return list(tracks)
    timeline = _timeline(tracks, turns)
    seen = odds = [log_odds(track.speaking) for track in tracks]
    together = _coappearing(timeline)
    mixed = _shared_voices(seen, timeline, together)
    for _ in range(_ROUNDS):
        owner = _ownership(odds, timeline, together, mixed)
        odds = [
            _reweighed(values, owner, person, timeline.voice[at], timeline.trust[at])
            for values, person, at in zip(seen, timeline.people, timeline.places, strict=True)
        ]
    return [
        replace(track, speaking=(1 / (1 + np.exp(-values))).astype(np.float32))
        for track, values in zip(tracks, odds, strict=True)
    ]


def voice_face_affinity(
    tracks: Sequence[Track], turns: Sequence[Turn], owners: Mapping[int, str] | None = None
) -> dict[tuple[str, int], float]:
    """For each voice and each ``identity``: the seconds of the voice's turns in which the person seems to speak, beyond
    chance. Below 0 for those who are seen to be silent meanwhile.

    Times at which one of the ``owners`` (identity -> voice) more likely than not speaks with that voice are left out.
    """
    if not tracks or not turns:
        return {}
    timeline = _timeline(tracks, turns)
    odds = [log_odds(track.speaking) for track in tracks]
    for share, at, person in zip(_shares(odds, timeline)[0], timeline.places, timeline.people, strict=True):
        voice = (owners or {}).get(person)
        if voice in timeline.voices:
            own = at[(share > 0.5) & (timeline.voice[at] == timeline.voices.index(voice))]
            timeline.voice[own] = -1
    return {
        (timeline.voices[number], person): seconds for (number, person), seconds in _affinities(odds, timeline).items()
    }


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Visible faces and active voices on the grid of the tracks' times. ``places`` are each track's times.

    ``voice``: the number of the one voice at each time, -1 where there is none or more. ``voices``: their names.
    ``trust``: how far it counts at each time, 0..1, less near where a turn begins or ends.
    """

    people: list[int]
    places: list[NDArray[np.int64]]
    voice: NDArray[np.int64]
    voices: list[str]
    trust: Floats


def _timeline(tracks: Sequence[Track], turns: Sequence[Turn]) -> _Timeline:
    people = [track.identity if track.identity is not None else -1 - index for index, track in enumerate(tracks)]
    ticks = [np.round(track.times * float(TRACK_RATE)).astype(int) for track in tracks]
    first, last = min(int(at[0]) for at in ticks), max(int(at[-1]) for at in ticks)
    voice, names = _single_voices(turns, first, last + 1 - first)
    return _Timeline(people, [at - first for at in ticks], voice, names, _inside(voice))


def _single_voices(turns: Sequence[Turn], first: int, count: int) -> tuple[NDArray[np.int64], list[str]]:
    """The number of the one voice at each time of the grid, -1 where there is none or more; and the voices' names."""
    names = sorted({turn.speaker for turn in turns})
    heard = np.zeros((len(names), count), dtype=bool)
    for turn in turns:
        low, high = (round(time * TRACK_RATE) - first for time in (turn.span.start, turn.span.end))
        heard[names.index(turn.speaker), max(0, low) : max(0, high)] = True
    return np.where(heard.sum(axis=0) == 1, heard.argmax(axis=0), -1), names


def _inside(voice: NDArray[np.int64]) -> Floats:
    """How far each time is from a change of the active voice, as a share of ``_EDGE``, at most 1."""
    times = np.arange(len(voice))
    edges = np.flatnonzero(np.diff(voice)) + 0.5
    if not len(edges):
        return np.ones(len(voice))
    after = np.searchsorted(edges, times)
    far = np.minimum(
        np.abs(times - edges[np.maximum(after - 1, 0)]), np.abs(times - edges[np.minimum(after, len(edges) - 1)])
    )
    return np.asarray(np.minimum(1.0, far / (_EDGE * float(TRACK_RATE))))


def _shares(odds: Sequence[Floats], timeline: _Timeline) -> tuple[list[Floats], ...]:
    """The probability that each track is the one that speaks, at each of its times, and the same by chance."""
    nobody = np.ones(len(timeline.voice))  # nobody on screen is as likely as a face of even odds
    even = [np.ones(len(at)) for at in timeline.places]
    return tuple(shares(some, nobody, timeline.places) for some in ([np.exp(values) for values in odds], even))


def _affinities(odds: Sequence[Floats], timeline: _Timeline) -> dict[tuple[int, int], float]:
    """Seconds for each voice (first) and person (second)."""
    more: dict[tuple[int, int], float] = defaultdict(float)
    for share, chance, at, person in zip(*_shares(odds, timeline), timeline.places, timeline.people, strict=True):
        for number in range(len(timeline.voices)):
            more[number, person] += float((share - chance)[timeline.voice[at] == number].sum()) / float(TRACK_RATE)
    return more


def _ownership(
    odds: Sequence[Floats],
    timeline: _Timeline,
    together: Mapping[int, set[int]],
    mixed: Container[tuple[int, int]],
) -> dict[tuple[int, int], float]:
    """The probability that each voice (first) is each person's (second), against the best rival on screen."""
    more = _affinities(odds, timeline)
    owner: dict[tuple[int, int], float] = {}
    for voice, person in more:
        rival = max((more[voice, other] for other in together[person]), default=0.0)
        ahead = np.clip((more[voice, person] - max(0.0, rival)) / _E_FOLD, -50, 50)
        owner[voice, person] = 0.5 if (voice, person) in mixed else float(1 / (1 + np.exp(-ahead)))
    return owner


def _coappearing(timeline: _Timeline) -> dict[int, set[int]]:
    """For each person, everybody who is ever on screen at the same time."""
    seen = {person: np.zeros(len(timeline.voice), dtype=bool) for person in timeline.people}
    for at, person in zip(timeline.places, timeline.people, strict=True):
        seen[person][at] = True
    return {a: {b for b in seen if a != b and bool((seen[a] & seen[b]).any())} for a in seen}


def _shared_voices(
    odds: Sequence[Floats], timeline: _Timeline, together: Mapping[int, set[int]]
) -> set[tuple[int, int]]:
    """Voices (first) that diarization gave to two people (second) in one.

    While such a voice is heard, now one and now the other surely speaks. Where neither leads for a second, the faces
    are merely hard to judge.
    """
    share = {person: np.full(len(timeline.voice), np.nan) for person in timeline.people}
    for own, at, person in zip(_shares(odds, timeline)[0], timeline.places, timeline.people, strict=True):
        share[person][at] = np.fmax(share[person][at], own)
    pairs = [(one, other) for one in together for other in together[one] if one < other]
    mixed = set()
    for voice in range(len(timeline.voices)):
        heard = timeline.voice == voice
        for one, other in pairs:
            lead = (share[one] - share[other])[heard]
            if _alternates(lead[~np.isnan(lead)]):
                mixed |= {(voice, one), (voice, other)}
    return mixed


def _alternates(lead: Floats) -> bool:
    """Whether both of two lead in enough seconds."""
    second = int(TRACK_RATE)
    means = lead[: len(lead) // second * second].reshape(-1, second).mean(axis=1)
    first, other = int((means > _LEAD).sum()), int((means < -_LEAD).sum())
    return min(first, other) >= max(_SHARED, _SHARE * (first + other))


def _reweighed(
    odds: Floats, owner: dict[tuple[int, int], float], person: int, voice: NDArray[np.int64], trust: Floats
) -> Floats:
    """The log odds, shifted by the probability that the active voice is this person's, as far as it counts."""
    numbers = np.unique(voice)
    known = {int(n): owner[int(n), person] if n >= 0 else 0.5 for n in numbers}
    likely = np.array([known[int(n)] for n in numbers])[np.searchsorted(numbers, voice)]
    return np.asarray(odds + trust * np.log((likely + _DOUBT) / (1 - likely + _DOUBT)))
