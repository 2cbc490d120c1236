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

from clipy.stages.highlight.editor_choice.design import PARTS, Typical, design, part_of_columns
from clipy.stages.highlight.editor_choice.sentence_features import Scale, around
from clipy.text.sentences import Sentence
from clipy.types import Array, Span

_FILE = "editors.npz"
_SHARP = 1.5  # how much the best sentences of a passage count above the others; 0 is their mean
_USUAL = 30.0  # seconds of a passage


@dataclass(frozen=True, eq=False)
class EditorModel:
    """Weights of the columns of a design (k,), what is usual, and three numbers that make a probability."""

    weights: Array
    typical: Typical
    calibration: Array

    @classmethod
    def load(cls, path: Path | None = None) -> EditorModel:
        """The model that comes with clipy, or one from a file of the same form."""
        if path is None:
            with as_file(files(__package__).joinpath(_FILE)) as own:
                return cls.load(own)
        with np.load(path, allow_pickle=False) as stored:
            scale = Scale(stored["feature_mean"].astype(np.float64), stored["feature_spread"].astype(np.float64))
            typical = Typical(scale, stored["vector_mean"])
            return cls(stored["weights"], typical, stored["calibration"].astype(np.float64))

    def save(self, path: Path) -> None:
        """Write the numbers, in single precision."""
        numbers = {
            "weights": self.weights,
            "feature_mean": self.typical.features.mean,
            "feature_spread": self.typical.features.spread,
            "vector_mean": self.typical.vector,
            "calibration": self.calibration,
        }
        arrays = {name: np.asarray(values, dtype=np.float32) for name, values in numbers.items()}
        np.savez_compressed(path, allow_pickle=False, **arrays)

    def judge(self, sentences: Sequence[Sentence], vectors: Array, talk: Span) -> Choice:
        """What editors would think of each sentence of a video. ``vectors`` are their unit vectors, (n, d)."""
        rows = design(sentences, vectors, talk, self.typical)
        part = part_of_columns()
        parts = np.stack([rows[:, part == index] @ self.weights[part == index] for index in range(len(PARTS))], axis=1)
        return Choice(np.asarray(parts, dtype=np.float64), self.calibration)


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

    def log_odds(self, first: int, last: int, duration: float) -> float:
        """The logarithm of the odds that an editor of a show chooses something of this passage; in seconds."""
        level, steep, longer = self.calibration
        return float(level + steep * self.merit(first, last) + longer * np.log(duration / _USUAL))

    def probability(self, first: int, last: int, duration: float) -> float:
        """The same as a probability: that at least half of a passage that an editor chose lies in this one."""
        return float(1 / (1 + np.exp(-self.log_odds(first, last, duration))))

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
