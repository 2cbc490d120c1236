"""What the sentences of one video mean: how striking, where the talk turns, which passages say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import Embedder
from clipy.analysis.meaning.topics import breaks
from clipy.context import Context
from clipy.stages.highlight.selection.candidates import Candidate
from clipy.stages.highlight.selection.interest_model import Taste, examples
from clipy.text.sentences import Sentence
from clipy.types import Array

_SAME = 0.75  # mean likeness of the best counterparts of a passage's sentences: said again in other words
_UNRELATED, _RELATED = 0.1, 0.5  # likeness of a question to sentences that have nothing, and all, to do with it


@dataclass(frozen=True, eq=False)
class Meaning:
    """Of each sentence of a video: its unit vector, float32 (n, d), and how ``striking`` it is, in 0..1.

    ``asked`` is how much each has to do with what the user asked for, in 0..1; None when nothing was asked. So is
    ``promised``, with what the video's title and description say.
    """

    vectors: Array
    striking: NDArray[np.float64]
    asked: NDArray[np.float64] | None = None
    promised: NDArray[np.float64] | None = None

    @cached_property
    def breaks(self) -> NDArray[np.float64]:
        """How much the talk turns before each sentence and after the last, (n + 1,)."""
        return breaks(self.vectors)

    def same(self, one: Candidate, other: Candidate) -> bool:
        """Whether the shorter passage says, sentence by sentence, what is said in the longer one."""
        likeness = self._within(one) @ self._within(other).T
        if likeness.shape[0] > likeness.shape[1]:
            likeness = likeness.T
        return bool(likeness.max(axis=1).mean() >= _SAME)

    def _within(self, candidate: Candidate) -> Array:
        return self.vectors[candidate.first : candidate.last + 1]


def meaning_of(sentences: Sequence[Sentence], about: str, ctx: Context, *, promise: str = "") -> Meaning:
    """What the sentences mean, by the embedder that the user picked.

    ``about`` is what was asked for, and ``promise`` what the video says of itself, if anything.
    """
    said = tuple(sentence.text for sentence in sentences)
    texts, kept = examples()
    # All in one go, so that the model is loaded once and not kept.
    found = ctx.cached(ctx.analyser(Embedder).embed, (*said, *texts, about, *([promise] if promise else [])))
    vectors, judged, others = np.split(found, [len(said), len(said) + len(texts)])
    likeness = np.clip((vectors @ others.T - _UNRELATED) / (_RELATED - _UNRELATED), 0, 1).astype(np.float64)
    asked, promised = likeness[:, 0] if about else None, likeness[:, 1] if promise else None
    return Meaning(vectors, Taste(judged, kept).judge(vectors), asked, promised)
