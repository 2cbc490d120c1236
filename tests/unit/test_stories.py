"""Picks beside each other that tell one story become one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from clipy.stages.highlight.selection.candidates import Candidate
from clipy.stages.highlight.selection.stories import joined
from clipy.types import Span

EVERY = {
    (first, last): Candidate(
        first, last, Span(Fraction(10 * first), Fraction(10 * last + 9)), (Fraction(1), Fraction(1))
    )
    for first in range(12)
    for last in range(first, min(12, first + 6))
}


def picked(*runs: tuple[int, int], turns: tuple[int, ...] = ()) -> list[tuple[int, int]]:
    breaks = np.full(13, 0.4)
    breaks[list(turns)] = 1
    found = joined([EVERY[run] for run in runs], lambda item: item, EVERY, breaks)
    return [(item.first, item.last) for item in found]


def test_neighbors_without_a_turn_between_them_are_one() -> None:
    assert picked((3, 4), (0, 2)) == [(0, 4)]
    assert picked((0, 1), (2, 3), (4, 5)) == [(0, 5)]


def test_a_turn_a_gap_or_the_longest_length_keeps_them_apart() -> None:
    assert picked((0, 2), (3, 4), turns=(3,)) == [(0, 2), (3, 4)]
    assert picked((0, 1), (3, 4)) == [(0, 1), (3, 4)], "more than ten seconds lie between them"
    assert picked((0, 3), (4, 7)) == [(0, 3), (4, 7)], "no stretch is so long"
    assert picked((0, 2), (3, 4), turns=(2, 5)) == [(0, 4)], "a turn inside or after is none between"
