"""How likely an editor chooses a sentence, and a passage: a linear model, learnt from the cold opens of podcasts.

``benchmark/learn_editors.py`` learns it and writes ``editors.npz``: some 2,000 weights, means and spreads, from which
no sentence can be made again. Linear discriminant by ridge regression: Hoerl & Kennard, 1970; calibrated by logistic
regression: Platt, 1999.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.stages.highlight.editor_choice.boundaries import Boundaries, closings, openings
from clipy.stages.highlight.editor_choice.design import PARTS, Typical, design, part_of_columns
from clipy.stages.highlight.editor_choice.sentence_features import Scale, around
from clipy.text.sentences import Sentence
from clipy.types import Array, Span

_FILE = "editors.npz"
_SHARP = 1.5  # how much the best sentences of a passage count above the others; 0 is their mean


@dataclass(frozen=True, eq=False)
class EditorModel:
    """Weights of the columns of a design (k,), what is usual, and three numbers that make a probability.

    ``opening`` and ``closing`` are the weights of the features of edges, and before them their level.
    """

    weights: Array
    typical: Typical
    calibration: Array
    opening: Array
    closing: Array

    @classmethod
    def load(cls, path: Path | None = None) -> EditorModel:
        """The model that comes with clipy, or one from a file of the same form."""
        if path is None:
            with as_file(files(__package__).joinpath(_FILE)) as own:
                return cls.load(own)
        with np.load(path, allow_pickle=False) as stored:
            scale = Scale(stored["feature_mean"].astype(np.float64), stored["feature_spread"].astype(np.float64))
            typical = Typical(scale, stored["vector_mean"])
            edges = (stored[name].astype(np.float64) for name in ("opening", "closing"))
            return cls(stored["weights"], typical, stored["calibration"].astype(np.float64), *edges)

    def save(self, path: Path) -> None:
        """Write the numbers, in single precision."""
        numbers = {
            "weights": self.weights,
            "feature_mean": self.typical.features.mean,
            "feature_spread": self.typical.features.spread,
            "vector_mean": self.typical.vector,
            "calibration": self.calibration,
            "opening": self.opening,
            "closing": self.closing,
        }
        arrays = {name: np.asarray(values, dtype=np.float32) for name, values in numbers.items()}
        np.savez_compressed(path, allow_pickle=False, **arrays)

    def judge(self, sentences: Sequence[Sentence], vectors: Array, talk: Span) -> Choice:
        """What editors would think of each sentence of a video. ``vectors`` are their unit vectors, (n, d)."""
        rows = design(sentences, vectors, talk, self.typical)
        part = part_of_columns()
        parts = np.stack([rows[:, part == index] @ self.weights[part == index] for index in range(len(PARTS))], axis=1)
        return Choice(np.asarray(parts, dtype=np.float64), self.calibration)

    def boundaries(self, sentences: Sequence[Sentence], vectors: Array, merits: Array) -> Boundaries:
        """Where editors would begin and end a passage. ``merits``: how much speaks for each sentence, (n,)."""
        rows = openings(sentences, merits), closings(sentences, merits, self.typical.centred(vectors))
        weights = self.opening, self.closing
        return Boundaries(*(own[0] + edges @ own[1:] for edges, own in zip(rows, weights, strict=True)))


@dataclass(frozen=True, eq=False)
class Choice:
    """How much speaks for each sentence, by part, float64 (n, parts), in spreads of a sentence; 0 is as good as any."""

    parts: NDArray[np.float64]
    calibration: Array

    @cached_property
    def merits(self) -> NDArray[np.float64]:
        """How much speaks for each sentence in all, (n,)."""
        return np.asarray(self.parts.sum(axis=1))

    def merit(self, first: int, last: int) -> float:
        """How much speaks for the passage of sentences ``first``..``last``: a mean in which the best count most."""
        return float(np.log(self._sums[last + 1] - self._sums[first]) - np.log(last + 1 - first)) / _SHARP

    def strength(self, first: int, last: int) -> float:
        """What its merit adds to the log-odds of a passage, whatever its length; 0 for one as good as any."""
        return float(self.calibration[1]) * self.merit(first, last)

    def contributions(self, first: int, last: int) -> Mapping[str, float]:
        """How much each part moves the log-odds of a passage, from those of one that is as good as any.

        They sum to what the passage's merit adds to the log-odds, but for how uneven its sentences are, of which the
        best count most.
        """
        inside = self._smooth_parts[first : last + 1]
        share = np.exp(_SHARP * inside.sum(axis=1))
        moved = float(self.calibration[1]) * (share / share.sum()) @ inside
        return dict(zip(PARTS, moved.tolist(), strict=True))

    @cached_property
    def _smooth_parts(self) -> NDArray[np.float64]:
        """Of each sentence and its neighbours: one good sentence between dull ones is no passage."""
        return around(self.parts, 1)

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        return np.concatenate([[0.0], np.cumsum(np.exp(_SHARP * self._smooth_parts.sum(axis=1)))])
