"""The best set of stretches that do not overlap: weighted interval scheduling, solved exactly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TypeVar

from clipy.types import Span

T = TypeVar("T")


def best_set(items: Sequence[tuple[Span, float, T]], count: int) -> list[tuple[Span, float, T]]:
    """At most ``count`` items that do not overlap, with the greatest sum of weights, in order of time.

    Dynamic programming over items by end and over how many are taken: O(n (log n + count)). Weights are >= 0.
    Kleinberg & Tardos, Algorithm Design, 6.1, with a bound on the number of intervals.
    """
    ordered = sorted(items, key=lambda item: (item[0].end, item[0].start))
    ends = [item[0].end for item in ordered]
    before = [bisect_right(ends, item[0].start, hi=index) for index, item in enumerate(ordered)]
    best = [[0.0] * (count + 1) for _ in range(len(ordered) + 1)]
    for index, (_, weight, _) in enumerate(ordered, start=1):
        row, without, taken = best[index], best[index - 1], best[before[index - 1]]
        for many in range(1, count + 1):
            row[many] = max(without[many], taken[many - 1] + weight)
    chosen = []
    index, many = len(ordered), count
    while index and many:
        if best[index][many] == best[index - 1][many]:
            index -= 1
        else:
            chosen.append(ordered[index - 1])
            index, many = before[index - 1], many - 1
    return chosen[::-1]


def beside(items: Sequence[tuple[Span, float, T]], taken: Sequence[Span]) -> list[tuple[Span, float, T]]:
    """The items that overlap none of the spans, which do not overlap each other."""
    ordered = sorted(taken)
    starts = [span.start for span in ordered]
    free = []
    for item in items:
        nearest = bisect_left(starts, item[0].end) - 1
        if nearest < 0 or ordered[nearest].end <= item[0].start:
            free.append(item)
    return free


def best_first(pool: Sequence[tuple[Span, float, T]], count: int, rounds: int) -> list[tuple[Span, float, T]]:
    """The best set, best first; then the best set of what lies beside it, and so on: replacements for the first."""
    found: list[tuple[Span, float, T]] = []
    for _ in range(rounds):
        chosen = best_set(pool, count)
        pool = beside(pool, [span for span, _, _ in chosen])
        found += sorted(chosen, key=lambda item: (-item[1], item[0].start))
    return found
