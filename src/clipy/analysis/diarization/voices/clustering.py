"""Voices put together that are one person's: agglomerative clustering with average linkage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 1500  # voices that are compared each with each; more go to the nearest of the people found among these


def clustered(
    voices: NDArray[np.float32],
    weights: NDArray[np.float32],
    apart: NDArray[np.int64],
    *,
    threshold: float,
    people: int | None,
) -> NDArray[np.int64]:
    """The person of each voice, int (n,) from 0 on, for unit vectors (n, width).

    Two groups become one while their mean similarity is above ``threshold``; with ``people``, until as many are left.
    ``weights`` is how much each voice is worth, such as seconds. Voices with the same number in ``apart`` are heard
    side by side and are never one person's, unless no more than ``people`` can be had otherwise.
    """
    if len(voices) > _MOST:
        chosen = np.sort(np.argsort(-weights, kind="stable")[:_MOST])
        found = clustered(voices[chosen], weights[chosen], apart[chosen], threshold=threshold, people=people)
        means = np.stack([voices[chosen][found == person].mean(axis=0) for person in range(found.max() + 1)])
        return np.asarray((voices @ means.T).argmax(axis=1))
    groups = _merged(voices, weights, apart, threshold, people)
    _, person = np.unique(groups, return_inverse=True)
    return np.asarray(person, dtype=np.int64)


def _merged(
    voices: NDArray[np.float32],
    weights: NDArray[np.float32],
    apart: NDArray[np.int64],
    threshold: float,
    people: int | None,
) -> NDArray[np.int64]:
    """The group of each voice, named by one of its voices."""
    count = len(voices)
    group = np.arange(count)
    alike = (voices @ voices.T).astype(np.float64)
    np.fill_diagonal(alike, -np.inf)
    forbidden = apart[:, None] == apart[None, :]
    pairs = _Pairs(np.where(forbidden, -np.inf, alike))
    size = np.maximum(weights.astype(np.float64), 1e-3)
    for left in range(count, 1, -1):
        a, b, likeness = pairs.nearest()
        if likeness == -np.inf and people is not None and left > people:
            a, b = (int(at) for at in np.unravel_index(int(alike.argmax()), alike.shape))
            likeness = float(alike[a, b])
        if likeness == -np.inf or ((left <= people) if people is not None else (likeness < threshold)):
            break
        share = size[a] / (size[a] + size[b])
        row = share * alike[a] + (1 - share) * alike[b]
        row[[a, b]] = -np.inf
        alike[a], alike[:, a] = row, row
        alike[b], alike[:, b] = -np.inf, -np.inf
        forbidden[a] |= forbidden[b]
        forbidden[:, a] = forbidden[a]
        pairs.join(a, b, np.where(forbidden[a], -np.inf, row))
        size[a] += size[b]
        group[group == group[b]] = group[a]
    return group


class _Pairs:
    """Which two groups are most alike, kept as groups are joined: each row knows its best, and few rows change."""

    def __init__(self, alike: NDArray[np.float64]) -> None:
        self._alike = alike
        self._best = alike.argmax(axis=1)
        self._value = alike[np.arange(len(alike)), self._best]

    def nearest(self) -> tuple[int, int, float]:
        """The first pair of the most alike, and how alike they are; minus infinity when none may be joined."""
        row = int(self._value.argmax())
        return row, int(self._best[row]), float(self._value[row])

    def join(self, a: int, b: int, row: NDArray[np.float64]) -> None:
        """Group ``b`` becomes part of ``a``, which is as near to the others as ``row`` says."""
        alike = self._alike
        alike[b], alike[:, b] = -np.inf, -np.inf
        alike[a], alike[:, a] = row, row
        nearer = (row > self._value) | ((row == self._value) & (a < self._best))
        self._best[nearer], self._value[nearer] = a, row[nearer]
        stale = np.flatnonzero(np.isin(self._best, (a, b)) & ~nearer)
        for index in {a, b, *stale.tolist()}:
            self._best[index] = alike[index].argmax()
            self._value[index] = alike[index, self._best[index]]
