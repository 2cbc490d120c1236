"""What sentences mean, as vectors: Google's Universal Sentence Encoder, multilingual, version 3, run with NumPy.

Yang et al., Multilingual Universal Sentence Encoder for Semantic Retrieval, 2019: sixteen languages share one space, so
that a question in one finds an answer in another. The weights come from a package that holds them quantised to eight
bits and less; its code is not used. Words are cut into pieces by the model's own SentencePiece vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clipy import models
from clipy.analysis.base import Embedder
from clipy.analysis.embedding.multilingual_use.network import Network
from clipy.analysis.embedding.multilingual_use.tokenizer import BEGIN, END, UNKNOWN, load_tokenizer
from clipy.context import Context
from clipy.types import Array


class SentenceEncoder(Embedder):
    """Vectors of sentences: ar, de, en, es, fr, it, ja, ko, nl, pl, pt, ru, th, tr and zh; a thousand a second."""

    version = 2

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.SENTENCE_ENCODER),)

    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        """The unit vectors of the texts, float32 (n, 512)."""
        folder = models.fetch(models.SENTENCE_ENCODER, report=ctx.report)
        network = Network.load(folder / "weights.npz")
        vectors = np.empty((len(texts), 512), dtype=np.float32)
        for first, found in network.encode(_tokens(folder / "sp.model", texts)):
            vectors[first : first + len(found)] = found
            ctx.report("reading", (first + len(found)) / len(texts))
        return vectors


def _tokens(vocabulary: Path, texts: Sequence[str]) -> list[list[int]]:
    encoded = load_tokenizer(vocabulary).encode_batch(list(texts), add_special_tokens=False)
    return [[BEGIN, *(item.ids or [UNKNOWN]), END] for item in encoded]
