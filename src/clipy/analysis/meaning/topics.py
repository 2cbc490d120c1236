"""Topic segmentation of a talk by sentence embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clipy.types import Array

_SHORTEST = 4  # sentences of the shortest topic
_LONGEST = 80  # ... and of the longest, to bound the search; clips are shorter
_PRICE = 1.4  # penalty of a boundary, in mean scatters of one sentence: an arbitrary split gains about one
_CONTEXT = 4  # sentences on either side of a gap that are compared


def turns(vectors: Array) -> list[int]:
    """The indices of the first sentence of each topic, for unit ``vectors`` (n, d) in order.

    Minimizes the scatter of topics about their means plus a penalty per boundary, exactly, by dynamic programming.
    Arlot, Celisse, Harchaoui, A Kernel Multiple Change-point Algorithm via Model Selection, 2019.
    """
    count = len(vectors)
    if count < 2 * _SHORTEST:
        return [0] if count else []
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    price = _PRICE * _scatter(sums, np.array([0]), count)[0] / count
    best, begin = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=np.int64)
    best[0] = 0
    for end in range(_SHORTEST, count + 1):
        starts = np.arange(max(0, end - _LONGEST), end - _SHORTEST + 1)
        costs = best[starts] + _scatter(sums, starts, end) + price
        chosen = int(np.argmin(costs))
        best[end], begin[end] = costs[chosen], starts[chosen]
    found = [count]
    while found[-1]:
        found.append(int(begin[found[-1]]))
    return found[:0:-1]


def breaks(vectors: Array) -> NDArray[np.float64]:
    """Boundary strength before each sentence and after the last, in 0..1, float64 (n + 1,).

    1 at topic boundaries; elsewhere at most 0.5, by the rank of the dissimilarity of the sentences on both sides. After
    Hearst, TextTiling, 1997.
    """
    count = len(vectors)
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    gaps = np.arange(1, count)
    before = sums[gaps] - sums[np.maximum(0, gaps - _CONTEXT)]
    after = sums[np.minimum(count, gaps + _CONTEXT)] - sums[gaps]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    unlike = 1 - np.einsum("ij,ij->i", before, after) / np.maximum(norms, 1e-9)
    strength = np.ones(count + 1)
    strength[1:count] = 0.5 * np.argsort(np.argsort(unlike, kind="stable"), kind="stable") / max(1, count - 2)
    strength[turns(vectors)] = 1
    return strength


def _scatter(sums: NDArray[np.float64], starts: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    """Summed squared distances of the unit vectors start..end from their mean, for each start."""
    inside = sums[end] - sums[starts]
    return np.asarray((end - starts) - np.einsum("ij,ij->i", inside, inside) / (end - starts))
