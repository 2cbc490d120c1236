"""The numbers that the model weighs for each sentence: features and vectors, with those around it, and the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.stages.highlight.editor_choice.roles import ROLE
from clipy.stages.highlight.editor_choice.sentence_features import FEATURES, Scale, around, sentence_features
from clipy.text.sentences import Sentence
from clipy.types import Array, Span

_FEATURE_REACH = (0, 2, 6)  # sentences on either side whose features count, too
_VECTOR_REACH = (0, 2, 8)
_VECTOR_SCALE = (10.0, 20.0, 30.0)  # brings means over more sentences, which vary less, to about the same spread
_WIDTH = 512
_PLACES = 5
_LONG = 1800.0  # seconds of a video from which on the place counts fully: shows were learnt from, not clips
_TRUST = 40  # sentences after which a video's own mean meaning counts as much as that of many videos

PARTS = ("meaning", "speaker", "subject", "place")
"""What the columns of a design are about, for explanations."""


@dataclass(frozen=True, eq=False)
class Typical:
    """What is usual over the episodes learnt from: of the features, and the mean vector, float (512,)."""

    features: Scale
    vector: Array

    def centred(self, vectors: Array) -> NDArray[np.float32]:
        """How the sentences of a video differ in meaning from what is usual in it, (n, 512)."""
        share = len(vectors) / (len(vectors) + _TRUST)
        return np.asarray(vectors - (share * vectors.mean(axis=0) + (1 - share) * self.vector), dtype=np.float32)


def design(sentences: Sequence[Sentence], vectors: Array, talk: Span, typical: Typical) -> NDArray[np.float32]:
    """One row for each sentence, float32 (n, columns). ``talk`` is the stretch in which a sentence has its place."""
    features = typical.features.standardise(sentence_features(sentences, vectors))
    centred = typical.centred(vectors)
    columns = [
        *(around(features, reach) for reach in _FEATURE_REACH),
        _places(sentences, talk),
        *(scale * around(centred, reach) for scale, reach in zip(_VECTOR_SCALE, _VECTOR_REACH, strict=True)),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def part_of_columns() -> NDArray[np.int64]:
    """For each column the index of its part in ``PARTS``."""
    named = [PARTS.index("speaker" if name in ROLE else "subject") for name in FEATURES]
    place, meaning = PARTS.index("place"), PARTS.index("meaning")
    return np.array(
        named * len(_FEATURE_REACH) + [place] * _PLACES + [meaning] * _WIDTH * len(_VECTOR_REACH), dtype=np.int64
    )


def reach_of_columns() -> NDArray[np.int64]:
    """For each column how many sentences on either side of a sentence it looks at."""
    reach = [*np.repeat(_FEATURE_REACH, len(FEATURES)), *[0] * _PLACES, *np.repeat(_VECTOR_REACH, _WIDTH)]
    return np.array(reach, dtype=np.int64)


def _places(sentences: Sequence[Sentence], talk: Span) -> NDArray[np.float64]:
    """Where in the talk each sentence is, as five curves that a weighted sum makes any smooth one of, (n, 5)."""
    length = max(1.0, float(talk.duration))
    at = np.array([(float(sentence.span.start) - float(talk.start)) / length for sentence in sentences])
    at = np.clip(at, 0, 1)
    curves = np.stack([at, at**2, np.log(at + 0.03), at < 0.1, at > 0.92], axis=1)
    return np.asarray((curves - curves.mean(axis=0)) * min(1.0, length / _LONG))
