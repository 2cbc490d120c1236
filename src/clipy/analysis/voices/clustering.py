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
    count = len(voices)
    group = np.arange(count)
    alike = (voices @ voices.T).astype(np.float64)
    forbidden = apart[:, None] == apart[None, :]
    size = np.maximum(weights.astype(np.float64), 1e-3)
    np.fill_diagonal(alike, -np.inf)
    for left in range(count, 1, -1):
        allowed = np.where(forbidden, -np.inf, alike)
        a, b = np.unravel_index(int(allowed.argmax()), alike.shape)
        if allowed[a, b] == -np.inf and people is not None and left > people:
            a, b = np.unravel_index(int(alike.argmax()), alike.shape)
            allowed = alike
        if (left <= people) if people is not None else (allowed[a, b] < threshold):
            break
        if allowed[a, b] == -np.inf:
            break
        share = size[a] / (size[a] + size[b])
        row = share * alike[a] + (1 - share) * alike[b]
        row[[a, b]] = -np.inf
        alike[a], alike[:, a] = row, row
        alike[b], alike[:, b] = -np.inf, -np.inf
        forbidden[a] |= forbidden[b]
        forbidden[:, a] = forbidden[a]
        size[a] += size[b]
        group[group == group[b]] = group[a]
    return group
