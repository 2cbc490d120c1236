"""Where editors begin and end what they choose: what the sentences on both sides of an edge are like.

An edge lies before a sentence (an opening) or after one (a closing). ``benchmark/learn_editors.py`` learns the weights
from the passages that editors chose, each edge against the others within half a minute of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.meaning.openings import standalone
from clipy.stages.highlight.editor_choice.roles import speaker_of
from clipy.text.punctuation import CLOSERS, QUESTION_MARKS
from clipy.text.sentences import Sentence
from clipy.types import Array

BOUNDARY = (
    "words",
    "words beyond",
    "asks",
    "another speaks",
    "what follows stands alone",
    "merit",
    "merit beyond",
    "merit inside",
)
"""Names of the features, in the order of the columns of ``openings``, and of the first ones of ``closings``."""

_VECTOR_SCALE = 10.0  # brings the vectors to about the spread of the features
_USUAL_WORDS = 2.0  # log of the words of a sentence that there is not
_USUAL_CHANGE = 0.15  # how often another speaks, where that is unknown


@dataclass(frozen=True, eq=False)
class Boundaries:
    """How well a passage opens with each sentence and closes after it, float64 (n,) each, in spreads; 0 is usual."""

    opening: NDArray[np.float64]
    closing: NDArray[np.float64]


def openings(sentences: Sequence[Sentence], merits: Array) -> NDArray[np.float64]:
    """The features of the edge before each sentence, float64 (n, 8). ``merits``: how much speaks for each, (n,)."""
    return _features(sentences, merits, _alone(sentences), _changes(sentences), inward=1)


def closings(sentences: Sequence[Sentence], merits: Array, centred: Array) -> NDArray[np.float64]:
    """The features of the edge after each sentence, and what it and the next one mean, float64 (n, 8 + 2d).

    ``centred`` are the vectors of the sentences without what is usual in the video, (n, d).
    """
    alone = _beside(_alone(sentences), 1, 0.5)
    features = _features(sentences, merits, alone, _beside(_changes(sentences), 1, _USUAL_CHANGE), inward=-1)
    following = np.concatenate([centred[1:], np.zeros_like(centred[:1])])
    return np.concatenate([features, _VECTOR_SCALE * centred, _VECTOR_SCALE * following], axis=1)


def _features(
    sentences: Sequence[Sentence], merits: Array, alone: Array, changes: Array, *, inward: int
) -> NDArray[np.float64]:
    """One row for each edge: of the sentence inside of it, the one beyond it, and the next one ``inward``."""
    words = np.log([len(sentence.words) for sentence in sentences])
    asks = [sentence.text.rstrip(f"{CLOSERS} ").endswith(tuple(QUESTION_MARKS)) for sentence in sentences]
    columns = [
        words,
        _beside(words, -inward, _USUAL_WORDS),
        np.array(asks),
        changes,
        alone,
        merits,
        _beside(merits, -inward, 0.0),
        _beside(merits, inward, 0.0),
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _alone(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """How well each sentence opens a passage without what was said before, (n,)."""
    following = [*sentences[1:], *sentences[-1:]]
    pairs = zip(sentences, following, strict=True)
    return np.array([standalone(one.text, after.text, one.language) for one, after in pairs])


def _changes(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """Whether somebody else speaks before each sentence, (n,)."""
    names = [speaker_of(sentence) for sentence in sentences]
    known = [None if None in pair else float(pair[0] != pair[1]) for pair in pairwise(names)]
    return np.array([1.0, *(_USUAL_CHANGE if change is None else change for change in known)])


def _beside(values: Array, steps: int, missing: float) -> NDArray[np.float64]:
    """Of each sentence the value of the one ``steps`` after it (before it, where negative), (n,)."""
    found = np.full(len(values), missing)
    if steps > 0:
        found[:-steps] = values[steps:]
    else:
        found[-steps:] = values[:steps]
    return found
