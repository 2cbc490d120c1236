"""Who speaks: editors choose what a guest says far more often than what the host does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clipy.text.sentences import Sentence
from clipy.types import Array

ROLE = ("share of the speaker", "questions of the speaker", "host")
"""Names of the features, in the order of the columns of ``roles``."""
_MAJOR = 0.04  # of all words: whoever says less is neither host nor guest


def speaker_of(sentence: Sentence) -> str | None:
    """Who says most of a sentence, where that is known."""
    said = [word.speaker for word in sentence.words if word.speaker is not None]
    return max(set(said), key=lambda name: (said.count(name), name)) if said else None


def roles(speakers: Sequence[str | None], words: Array, asks: Array) -> NDArray[np.float64]:
    """The features of ``ROLE``, float64 (n, 3); NaN where a speaker is unknown, or there is one alone.

    Of a sentence's speaker: his share of all ``words``, how many of his sentences are questions (``asks``), and
    whether he is the host, who asks most often of those who say a good deal.
    """
    names = sorted({speaker for speaker in speakers if speaker is not None})
    found = np.full((len(speakers), len(ROLE)), np.nan)
    if len(names) < 2:
        return found
    said = {name: np.array([speaker == name for speaker in speakers]) for name in names}
    share = {name: float(words[mask].sum() / max(1, words.sum())) for name, mask in said.items()}
    asking = {name: float(asks[mask].mean()) for name, mask in said.items()}
    major = [name for name in names if share[name] > _MAJOR]
    host = max(major, key=lambda name: asking[name]) if len(major) > 1 else None
    for name, mask in said.items():
        found[mask] = share[name], asking[name], np.nan if host is None else name == host
    return found
