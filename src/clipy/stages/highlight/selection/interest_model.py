"""What editors keep and what they leave, learnt from a list of sentences of both kinds (``taste.txt``).

The list is written by hand, in the words of people who talk; it holds none of the texts of the benchmark. Since the
vectors of sentences are alike across languages, it judges them all. Ridge regression: Hoerl & Kennard, 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from clipy.types import Array

_FILE = "taste.txt"
_SHRINK = 3.0  # the ridge: of all that were tried it is among the best on sentences of the list that are left out
_STEEP = 4.0  # how fast a judgement goes from 0 to 1; 4 puts the mean of either kind near 0.2 and 0.8


class Taste:
    """Learnt from the unit vectors of the ``examples``."""

    def __init__(self, vectors: Array, kept: Sequence[bool]) -> None:
        wanted = np.where(kept, 1.0, -1.0)
        self._mean = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - self._mean
        gram = centred @ centred.T + _SHRINK * np.eye(len(centred))
        self._level = float(wanted.mean())
        self._direction = centred.T @ np.linalg.solve(gram, wanted - self._level)

    def judge(self, vectors: Array) -> NDArray[np.float64]:
        """How much each sentence is one that editors keep, in 0..1."""
        merit = (vectors - self._mean) @ self._direction + self._level
        return np.asarray(1 / (1 + np.exp(-_STEEP * merit)), dtype=np.float64)


def examples() -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """The sentences of the list, and which of them are kept."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    marked = [line for line in text.splitlines() if line.startswith(("+ ", "- "))]
    return tuple(line[2:] for line in marked), tuple(line.startswith("+") for line in marked)
