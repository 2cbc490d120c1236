"""Who speaks in a video: voices (from diarization) and faces (clustered by looks), joined into people.

Either alone errs: one person may seem to have two voices, two people one, and a face is not always seen. How voices and
faces occur together over a whole run shows which belong to each other (see ``voice_face_affinity``).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from clipy.analysis.faces.tracking.identities import on_screen_together
from clipy.analysis.people.voice_face_affinity import voice_face_affinity
from clipy.types import Track, Turn

_LIKELY = 1.0  # seconds of speech more than chance that make a face likely to have a voice (the affinity's unit)
_SURE = 3.0  # ... that make it sure enough to go against the voices: 19 to 1
_PART = 0.1  # ... of what the voice's owner says: over long, a listener's lips too seem to speak for seconds


@dataclass(frozen=True, slots=True)
class VoiceFaceMap:
    """The people of a run by name. ``faces``: the name of each ``identity`` that is known to speak.

    ``voices``: the names of those who may have a voice, the likeliest first. A person is named like their first voice.
    """

    faces: Mapping[int, str] = field(default_factory=dict)
    voices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody once: those with a voice of their own in the voices' order, then the others."""
        own = [names[0] for names in self.voices.values()]
        return tuple(dict.fromkeys([*own, *(name for names in self.voices.values() for name in names)]))


def map_voices_to_faces(
    tracks: Sequence[Track], turns: Sequence[Turn], before: VoiceFaceMap | None = None
) -> VoiceFaceMap:
    """Join faces and voices into people. What ``before`` says is decided and stays.

    Each face gets the voice that it has the highest affinity with. Two faces with one voice are one person whose looks
    changed, unless both are on screen at once: then the second is another person, if their affinity is high enough
    while the first is silent. A voice that is no face's best, but surely that of somebody on screen, is that person's
    second voice, unless the first is heard at the same time.
    """
    before = before or VoiceFaceMap()
    affinity = voice_face_affinity(tracks, turns)
    faces = dict(before.faces)
    voices = {turn.speaker: before.voices.get(turn.speaker, (turn.speaker,)) for turn in turns}
    together = _coappearing(tracks)
    for _, face, voice in _best_voices(affinity, faces):
        name = _available_name(face, voices[voice], faces, together)
        if name is not None:
            faces[face] = name
    for seconds, face, voice in _best_voices(voice_face_affinity(tracks, turns, faces), faces):
        least = max(_SURE, _PART * sum(affinity[voice, other] for other, name in faces.items() if name == voice))
        name = _available_name(face, voices[voice], faces, together)
        if seconds >= least and name is None:
            name = _new_name(voices)
            voices[voice] = (*voices[voice], name)
        if seconds >= least and name is not None:
            faces[face] = name
    for voice in voices:
        owner = _owner(voice, affinity, faces)
        if owner is not None and voice not in before.voices and not _talk_over_each_other(turns, voice, owner, voices):
            voices[voice] = (owner,)
    return VoiceFaceMap(faces, voices)


def _available_name(
    face: int, names: Sequence[str], faces: Mapping[int, str], together: Container[frozenset[int]]
) -> str | None:
    """The first of some names that a face can have: one whose other faces are never on screen at the same time."""
    seen = {faces[other] for other in faces if frozenset((face, other)) in together}
    return next((name for name in names if name not in seen), None)


def _best_voices(affinity: Mapping[tuple[str, int], float], known: Container[int]) -> list[tuple[float, int, str]]:
    """(seconds, identity, voice) of each face's best voice, where the affinity is high enough; the highest first."""
    best: dict[int, tuple[float, int, str]] = {}
    for (voice, face), seconds in affinity.items():
        if face not in known and seconds >= _LIKELY and seconds > best.get(face, (0.0,))[0]:
            best[face] = (seconds, face, voice)
    return sorted(best.values(), key=lambda found: (-found[0], found[1]))


def _owner(voice: str, affinity: Mapping[tuple[str, int], float], faces: Mapping[int, str]) -> str | None:
    """Who surely has a voice that is no face's best; None where nobody does."""
    if voice in faces.values():
        return None
    most = max(((seconds, face) for (own, face), seconds in affinity.items() if own == voice), default=(0.0, -1))
    return faces.get(most[1]) if most[0] >= _SURE else None


def _talk_over_each_other(turns: Sequence[Turn], voice: str, name: str, voices: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a voice overlaps another of the same person, so it must be somebody else's."""
    own = [turn.span for turn in turns if turn.speaker == voice]
    others = [turn.span for turn in turns if turn.speaker != voice and voices[turn.speaker][0] == name]
    return sum(float(a.overlap(b)) for a in own for b in others) >= _LIKELY


def _coappearing(tracks: Sequence[Track]) -> set[frozenset[int]]:
    """Pairs of identities that are on screen at once."""
    pairs = np.argwhere(on_screen_together(tracks)).tolist() if tracks else []
    people = [-1 if track.identity is None else track.identity for track in tracks]
    return {frozenset((people[a], people[b])) for a, b in pairs}


def _new_name(voices: Mapping[str, tuple[str, ...]]) -> str:
    """The smallest number that is nobody's name yet."""
    taken = {*voices, *(name for names in voices.values() for name in names)}
    return next(str(number) for number in count(1) if str(number) not in taken)
