"""How many people the tracks of a video were told apart into, against how many there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from clipy.geometry import iou
from clipy.types import Box, Track

_SAME = 0.3  # intersection over union from which a track is on a labelled face
_UNKNOWN = "?"


def identities(tracks: Sequence[Track], truth: dict[str, Any]) -> dict[str, int]:
    """``people`` that are labelled and were tracked, the identities ``given`` to them, and those that are several
    people's at once (``mixed``). ``given`` is ``people`` where nobody has two.
    """
    who = [(track.identity, person) for track in tracks if (person := _person(track, truth)) is not None]
    names: dict[str, set[int | None]] = defaultdict(set)
    people: dict[int | None, set[str]] = defaultdict(set)
    for identity, person in who:
        names[person].add(identity)
        people[identity].add(person)
    return {
        "people": len(names),
        "given": sum(len(own) for own in names.values()),
        "mixed": sum(len(own) > 1 for own in people.values()),
    }


def _person(track: Track, truth: dict[str, Any]) -> str | None:
    """Whose face a track is on most of the time; None where it is on no labelled one."""
    found: Counter[str] = Counter()
    for frame in truth["frames"]:
        index = round((frame["time"] - float(track.times[0])) * 25)
        if 0 <= index < len(track.times):
            box = Box(*(float(side) for side in track.boxes[index]))
            found.update(face["id"] for face in frame["faces"] if iou(Box(*face["box"]), box) >= _SAME)
    found.pop(_UNKNOWN, None)
    return found.most_common(1)[0][0] if found else None
