"""Labels of anonymous speakers."""

from __future__ import annotations

from collections.abc import Sequence

from clipy.types import Turn


def number_speakers(turns: Sequence[Turn]) -> list[Turn]:
    """Relabel speakers in order of their first turn: "1", "2", ..."""
    names: dict[str, str] = {}
    for turn in turns:
        names.setdefault(turn.speaker, str(len(names) + 1))
    return [Turn(turn.span, names[turn.speaker]) for turn in turns]
