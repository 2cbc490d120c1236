"""A long transcript in pieces that a language model can read: whole sentences, each piece a little into the last."""

from __future__ import annotations

from collections.abc import Sequence

_OVERLAP = 0.1  # of a window's tokens are also in the one before, so that no passage is cut in two unseen


def window_from(costs: Sequence[int], start: int, budget: int) -> range:
    """The sentences from ``start`` on whose tokens fit the budget; at least one."""
    stop, spent = start, 0
    while stop < len(costs) and (stop == start or spent + costs[stop] <= budget):
        spent += costs[stop]
        stop += 1
    return range(start, stop)


def following(costs: Sequence[int], window: range) -> int:
    """Where the next window starts: a tenth of this one before its end, and always further on than this one did."""
    room = _OVERLAP * sum(costs[window.start : window.stop])
    start = window.stop
    while start - 1 > window.start and costs[start - 1] <= room:
        start -= 1
        room -= costs[start]
    return start


def windows(costs: Sequence[int], budget: int) -> list[range]:
    """All windows of a transcript in order; every sentence is in one or two of them."""
    found: list[range] = []
    start = 0
    while start < len(costs):
        found.append(window_from(costs, start, budget))
        if found[-1].stop == len(costs):
            break
        start = following(costs, found[-1])
    return found
