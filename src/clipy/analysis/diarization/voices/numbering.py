"""Names for people of whom nothing is known but their voices."""

from __future__ import annotations

from collections.abc import Sequence

from clipy.types import Turn


def number_speakers(turns: Sequence[Turn]) -> list[Turn]:
    """The same turns with people named in the order in which they are first heard: "1", "2", ..."""
    names: dict[str, str] = {}
    for turn in turns:
        names.setdefault(turn.speaker, str(len(names) + 1))
    return [Turn(turn.span, names[turn.speaker]) for turn in turns]
