"""Learns where editors begin and end a passage: each edge that they chose against the others within half a minute.

Differences within a passage's surroundings are what is learnt from, so that what makes it worth choosing is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.stages.highlight.editor_choice.boundaries import BOUNDARY
from clipy.types import Array
from highlighting.episodes import Episode

_AROUND = 30.0  # seconds on either side of a chosen edge
_RIDGE, _RIDGE_MEANING = 0.1, 10.0  # of the weights, in chosen edges


@dataclass
class EdgeSums:
    """Sums over chosen edges: of products of features (k, k), and of the chosen ones' differences (k,)."""

    products: NDArray[np.float32]
    targets: NDArray[np.float64]
    spread: NDArray[np.float32]
    mean: NDArray[np.float64]
    edges: int = 0
    episodes: int = 0

    @classmethod
    def empty(cls, columns: int) -> EdgeSums:
        """Of nothing."""
        square = (columns, columns)
        return cls(np.zeros(square, np.float32), np.zeros(columns), np.zeros(square, np.float32), np.zeros(columns))

    def add(self, rows: Array, times: Array, chosen: Iterator[float]) -> None:
        """Add an episode's edges: features (n, k) and times (n,), and when the ``chosen`` ones are."""
        rows = rows.astype(np.float32)
        self.mean += rows.mean(axis=0)
        self.spread += np.cov(rows.T)
        self.episodes += 1
        for time in chosen:
            nearest = int(np.argmin(np.abs(times - time)))
            near = np.flatnonzero(np.abs(times - times[nearest]) < _AROUND)
            if len(near) < 2:
                continue
            off = rows[near] - rows[near].mean(axis=0)
            target = (near == nearest) - 1 / len(near)
            self.products += off.T @ off
            self.targets += off.T @ target
            self.edges += 1


class EdgeLessons:
    """What there is to learn of openings and closings, by show; each show counts by the root of what it has."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[EdgeSums, EdgeSums]] = {}

    def add(self, episode: Episode, said: Array, rows: tuple[Array, Array]) -> None:
        """Add an episode with its sentences' starts and ends (n, 2) and its edges' features (n, k) of both kinds."""
        empty = EdgeSums.empty(rows[0].shape[1]), EdgeSums.empty(rows[1].shape[1])
        opening, closing = self.sums.setdefault(episode.show, empty)
        opening.add(rows[0], said[:, 0], (float(passage.start) for passage in episode.passages))
        closing.add(rows[1], said[:, 1], (float(passage.end) for passage in episode.passages))

    def weights(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For openings and closings the level and the weights, (1 + k,): mean 0 and spread 1 within an episode."""
        found = []
        for kind in (0, 1):
            shows = [sums[kind] for sums in self.sums.values() if sums[kind].edges]
            products = np.sum([sums.products * sums.edges**-0.5 for sums in shows], axis=0)
            targets = np.sum([sums.targets * sums.edges**-0.5 for sums in shows], axis=0)
            ridge = np.repeat([_RIDGE, _RIDGE_MEANING], [len(BOUNDARY), len(targets) - len(BOUNDARY)])
            ridge *= np.sum([sums.edges**0.5 for sums in shows]) + 1e-6
            weights = np.linalg.solve(products + np.diag(ridge), targets)
            episodes = sum(sums.episodes for sums in shows)
            weights /= np.sqrt(weights @ np.sum([sums.spread for sums in shows], axis=0) @ weights / episodes) or 1.0
            level = -float(np.sum([sums.mean for sums in shows], axis=0) @ weights) / episodes
            found.append(np.concatenate([[level], weights]))
        return found[0], found[1]
