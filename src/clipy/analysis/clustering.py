"""Agglomerative clustering with average linkage: of voices, and of faces by their looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def agglomerative(
    vectors: NDArray[np.floating],
    weights: NDArray[np.floating],
    cannot_link: NDArray[np.bool_],
    *,
    threshold: float,
    clusters: int | None = None,
) -> NDArray[np.int64]:
    """The cluster of each of some unit vectors (n, width): int64 (n,), named by the index of one of its members.

    Two clusters are merged while their mean similarity (the dot product) is at least ``threshold``; with ``clusters``,
    until that many are left. ``weights`` (n,) is how much each vector counts in a mean. Pairs in ``cannot_link``
    (n, n; symmetric) are kept apart, unless no fewer than ``clusters`` can be reached otherwise.
    """
    count = len(vectors)
    cluster = np.arange(count)
    similarity = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(similarity, -np.inf)
    forbidden = cannot_link.copy()
    pairs = _Pairs(np.where(forbidden, -np.inf, similarity))
    size = np.maximum(weights.astype(np.float64), 1e-3)
    for left in range(count, 1, -1):
        a, b, best = pairs.nearest()
        if best == -np.inf and clusters is not None and left > clusters:
            a, b = (int(at) for at in np.unravel_index(int(similarity.argmax()), similarity.shape))
            best = float(similarity[a, b])
        if best == -np.inf or ((left <= clusters) if clusters is not None else (best < threshold)):
            break
        share = size[a] / (size[a] + size[b])
        row = share * similarity[a] + (1 - share) * similarity[b]
        row[[a, b]] = -np.inf
        similarity[a], similarity[:, a] = row, row
        similarity[b], similarity[:, b] = -np.inf, -np.inf
        forbidden[a] |= forbidden[b]
        forbidden[:, a] = forbidden[a]
        pairs.merge(a, b, np.where(forbidden[a], -np.inf, row))
        size[a] += size[b]
        cluster[cluster == cluster[b]] = cluster[a]
    return np.asarray(cluster, dtype=np.int64)


class _Pairs:
    """The most similar pair of clusters, kept up to date: each row knows its best match, and few rows change."""

    def __init__(self, similarity: NDArray[np.float64]) -> None:
        self._similarity = similarity
        self._best = similarity.argmax(axis=1)
        self._value = similarity[np.arange(len(similarity)), self._best]

    def nearest(self) -> tuple[int, int, float]:
        """The first of the most similar pairs, and its similarity; minus infinity when no pair may be merged."""
        row = int(self._value.argmax())
        return row, int(self._best[row]), float(self._value[row])

    def merge(self, a: int, b: int, row: NDArray[np.float64]) -> None:
        """Cluster ``b`` becomes part of ``a``, whose similarities to the others are then ``row``."""
        similarity = self._similarity
        similarity[b], similarity[:, b] = -np.inf, -np.inf
        similarity[a], similarity[:, a] = row, row
        nearer = (row > self._value) | ((row == self._value) & (a < self._best))
        self._best[nearer], self._value[nearer] = a, row[nearer]
        stale = np.flatnonzero(np.isin(self._best, (a, b)) & ~nearer)
        for index in {a, b, *stale.tolist()}:
            self._best[index] = similarity[index].argmax()
            self._value[index] = similarity[index, self._best[index]]
