"""What the model looks at, sentence by sentence: who speaks, and how the sentence lies in the talk by its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.stages.highlight.editor_choice.roles import ROLE, roles, speaker_of
from clipy.text.punctuation import CLOSERS, QUESTION_MARKS
from clipy.text.sentences import Sentence
from clipy.types import Array

TOPIC = ("central", "on the subject", "the talk turns", "said elsewhere", "unlike the rest")
FEATURES = (*ROLE, *TOPIC)
"""Names of the features, in the order of the columns of ``sentence_features``."""

_NEAR = 8  # sentences on either side that may be like one without its being said elsewhere
_AGAIN = 5  # sentences elsewhere that decide how much one is said again
_SUBJECT, _AROUND = 3, 5  # sentences on either side that make the subject, and between which the talk may turn
_ROWS = 1024  # compared at once: bounds the memory
_TRUST = 40  # sentences after which a video's own mean counts as much as that of many videos
_LIMIT = 4.0  # spreads: what lies farther off is no more telling


def sentence_features(sentences: Sequence[Sentence], vectors: Array) -> NDArray[np.float64]:
    """The features of each sentence of a video, float64 (n, 8); NaN where one does not apply.

    ``vectors`` are the unit vectors of the sentences, (n, d).
    """
    words = np.array([len(sentence.words) for sentence in sentences], dtype=np.float64)
    ends = [sentence.text.rstrip(f"{CLOSERS} ")[-1:] for sentence in sentences]
    asks = np.array([end != "" and end in QUESTION_MARKS for end in ends])
    role = roles([speaker_of(sentence) for sentence in sentences], words, asks)
    return np.concatenate([role, _topic(vectors)], axis=1)


def _topic(vectors: Array) -> NDArray[np.float64]:
    """The features of ``TOPIC``, (n, 5)."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - mean
    at = np.arange(len(vectors))
    subject = _unit(run_means(vectors, at - _SUBJECT, at + _SUBJECT + 1))
    before, after = (_unit(run_means(vectors, at + a, at + b)) for a, b in ((-_AROUND, 0), (0, _AROUND)))
    columns = [
        vectors @ _unit(mean[None])[0],
        np.einsum("ij,ij->i", vectors, subject),
        1 - np.einsum("ij,ij->i", before, after),
        _said_elsewhere(_unit(centred).astype(np.float32)),
        np.linalg.norm(centred, axis=1),
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _said_elsewhere(directions: Array) -> Array:
    """The mean likeness of each sentence to those elsewhere in the video that are most like it."""
    count, again = len(directions), min(_AGAIN, len(directions) - 1)
    found = np.zeros(count)
    if not again:
        return found
    for first in range(0, count, _ROWS):
        rows = np.arange(first, min(count, first + _ROWS))
        likeness = directions[rows] @ directions.T
        likeness[np.abs(rows[:, None] - np.arange(count)) <= _NEAR] = -1
        found[rows] = np.partition(likeness, -again, axis=1)[:, -again:].mean(axis=1)
    return found


def _unit(rows: Array) -> NDArray[np.float64]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float64)


def run_means(values: Array, first: Array, beyond: Array) -> NDArray[np.float64]:
    """The means of the rows ``first``..``beyond`` of ``values`` (n, k), cut at the ends; zero where there is no row."""
    first, beyond = (np.clip(edge, 0, len(values)) for edge in (first, beyond))
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    count = np.maximum(beyond - first, 1)
    return np.asarray((sums[beyond] - sums[first]) / count[:, None])


def around(values: Array, reach: int) -> NDArray[np.float64]:
    """The mean of each row and of ``reach`` rows on either side of it."""
    at = np.arange(len(values))
    return run_means(values, at - reach, at + reach + 1)


@dataclass(frozen=True, eq=False)
class Scale:
    """Means and spreads of features over many videos, (k,) each, towards which those of a short video are drawn."""

    mean: Array
    spread: Array

    def standardise(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far each value lies from the video's mean, in spreads; 0 where it does not apply."""
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        own = np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1)
        share = count / (count + _TRUST)
        off = np.where(known, values - (share * own + (1 - share) * self.mean), 0)
        spread = share * np.sqrt((off**2).sum(axis=0) / np.maximum(count, 1)) + (1 - share) * self.spread
        return np.asarray(np.clip(off / np.maximum(spread, 1e-3), -_LIMIT, _LIMIT), dtype=np.float64)
