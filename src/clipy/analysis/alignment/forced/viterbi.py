"""Viterbi search: the most likely path of a sound through a graph of states.

A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm" (1967).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
NEVER = np.float32(-1e30)


@dataclass
class Graph:
    """States in order of time. Each has a column of scores, an owner, and incoming edges.

    ``owner`` is the word a state belongs to, negative between words. ``first`` and ``last`` bound the frames in which
    a state may be: half-open.
    """

    column: list[int] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    edges: list[list[tuple[int, float]]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, column: int, owner: int, frames: tuple[int, int], edges: list[tuple[int, float]]) -> int:
        """Add a state and return its number; an edge is (state before, log probability)."""
        self.column.append(column)
        self.owner.append(owner)
        self.first.append(frames[0])
        self.last.append(frames[1])
        self.edges.append(edges)
        return len(self.column) - 1


def best_path(graph: Graph, scores: Floats) -> NDArray[np.int32] | None:
    """The state of each frame, int (frames,), for log likelihoods (frames, columns); None where there is no path."""
    count, width = len(graph.column), max(len(edges) for edges in graph.edges)
    before = np.zeros((width, count), dtype=np.int64)
    costs = np.full((width, count), NEVER, dtype=np.float32)
    for state, edges in enumerate(graph.edges):
        for place, (source, cost) in enumerate(edges):
            before[place, state], costs[place, state] = source, cost
    column, first, last = np.array(graph.column), np.array(graph.first), np.array(graph.last)
    frames, states = len(scores), np.arange(count)
    value = np.full(count, NEVER, dtype=np.float32)
    value[graph.starts] = scores[0, column[graph.starts]]
    value[(first > 0) | (last <= 0)] = NEVER
    choice = np.zeros((frames, count), dtype=np.uint8)
    for frame in range(1, frames):
        candidates = value[before] + costs
        pick = candidates.argmax(axis=0)
        choice[frame] = pick
        value = candidates[pick, states] + scores[frame, column]
        value[(first > frame) | (last <= frame)] = NEVER
        value = np.maximum(value, NEVER)
    state = graph.ends[int(np.argmax(value[graph.ends]))]
    if value[state] <= NEVER / 2:
        return None
    path = np.empty(frames, dtype=np.int32)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        state = int(before[choice[frame, state], state])
    return path
