"""Picks beside each other that tell one story, told as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from clipy.stages.highlight.selection.candidates import Candidate
from clipy.types import Array

T = TypeVar("T")

_BETWEEN = Fraction(10)  # seconds between two picks of one story, at most


def joined(
    picks: Sequence[T], candidate_of: Callable[[T], Candidate], every: Mapping[tuple[int, int], T], breaks: Array
) -> list[T]:
    """The picks in order of time, those of one story as the one stretch of ``every`` that holds them.

    Two tell one story when the talk turns nowhere from the one to the other: ``breaks``, (n + 1,), is 1 where it does.
    ``every`` has all stretches by their first and last sentence; where none holds both, they stay apart.
    """
    found = sorted(picks, key=lambda pick: candidate_of(pick).first)
    while True:
        for index, (one, other) in enumerate(pairwise(found)):
            before, after = candidate_of(one), candidate_of(other)
            turns = breaks[before.last + 1 : after.first + 1].max() >= 1
            both = every.get((before.first, after.last))
            if both is not None and not turns and after.span.start - before.span.end <= _BETWEEN:
                found[index : index + 2] = [both]
                break
        else:
            return found
