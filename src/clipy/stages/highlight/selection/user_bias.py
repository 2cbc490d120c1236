"""What one user likes more than the model does: a bias learnt from what he accepted, rejected and trimmed.

Logistic regression on the mean vector of each clip, with a Gaussian prior around zero, so that a few verdicts move
little. The score that a clip was shown with is a further column, whose weight is thrown away: clips are shown because
they score high, and without it a bias against whatever scores high would be learnt from every rejection.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import Embedder
from clipy.context import Context
from clipy.feedback import Verdict
from clipy.types import Array

log = logging.getLogger(__name__)

_PRECISION = 2.4  # of the prior of a weight; on the shows tried (benchmark/feedback.py) 1.2 to 5 do about as well
_LOOSE = 0.05  # the same of the level and of the score's weight
_STEPS, _SETTLED = 50, 1e-7  # of Newton's method, at most; a step so small is the last
_CERTAIN = 0.001  # how near to 0 or 1 a score counts
_BATCH = 64  # verdicts encoded at once: those before are not encoded again when one is added


@dataclass(frozen=True, eq=False)
class UserBias:
    """Log-odds for each unit of a sentence's vector, (d,)."""

    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, vectors: Array, wanted: Array, scores: Array) -> UserBias:
        """Learn from mean vectors (n, d), whether each was wanted (n,), and scores in 0..1 (n,), NaN where unknown."""
        odds = np.clip(np.asarray(scores, dtype=np.float64), _CERTAIN, 1 - _CERTAIN)
        shown = np.log(odds / (1 - odds))
        known = ~np.isnan(shown)
        shown = np.where(known, shown - (shown[known].mean() if known.any() else 0), 0)
        rows = np.concatenate([np.ones((len(wanted), 1)), shown[:, None], vectors], axis=1)
        prior = np.array([_LOOSE, _LOOSE, *[_PRECISION] * vectors.shape[1]])
        return cls(_logistic(rows, np.asarray(wanted, dtype=np.float64), prior)[2:])

    def of(self, vectors: Array) -> NDArray[np.float64]:
        """What each sentence of a video adds to the log-odds of a clip, (n,), against the mean of the video."""
        found = vectors @ self.weights
        return np.asarray(found - found.mean(), dtype=np.float64)


def learn_bias(verdicts: Sequence[Verdict], ctx: Context) -> UserBias | None:
    """The bias of a user's verdicts; None where they do not tell two kinds apart."""
    used = [verdict for verdict in verdicts if verdict.said]
    wanted = np.array([verdict.wanted for verdict in used])
    if not used or wanted.all() or not wanted.any():
        if verdicts:
            log.info("nothing is learnt from feedback yet: clips must have been accepted, and others rejected")
        return None
    vectors = np.stack(
        [vector for first in range(0, len(used), _BATCH) for vector in _means(used[first:][:_BATCH], ctx)]
    )
    scores = np.array([np.nan if verdict.score is None else verdict.score for verdict in used])
    log.info("learning from %d clips that were accepted and %d that were rejected", wanted.sum(), (~wanted).sum())
    return UserBias.fit(vectors, wanted, scores)


def _means(verdicts: Sequence[Verdict], ctx: Context) -> list[Array]:
    """The mean vector of the sentences of each clip."""
    texts = tuple(text for verdict in verdicts for text in verdict.said)
    found = ctx.cached(ctx.analyser(Embedder).embed, texts)
    edges = np.cumsum([len(verdict.said) for verdict in verdicts])[:-1]
    return [part.mean(axis=0) for part in np.split(found, edges)]


def _logistic(rows: Array, wanted: Array, prior: Array) -> NDArray[np.float64]:
    """The most likely coefficients, each with a Gaussian prior around 0 of a given precision. By Newton's method."""
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ found))
        curvature = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(prior)
        step = np.linalg.solve(curvature, rows.T @ (wanted - likely) - prior * found)
        found += step
        if np.abs(step).max() < _SETTLED:
            break
    return found
