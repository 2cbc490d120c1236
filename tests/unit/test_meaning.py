"""Sentences that mean alike get vectors that point alike, in any of the encoder's languages."""

from __future__ import annotations

import numpy as np
import pytest

from clipy.analysis.embedding.sentence_encoder import SentenceEncoder
from clipy.context import Context
from clipy.types import Array

EXPECTED = [0.0120, 0.0429, -0.0573, 0.0583, -0.0724, 0.0782]
SAID = (
    "I lost all my money in one night.",
    "In a single night everything that I had saved was gone.",
    "Ich habe in einer Nacht mein ganzes Geld verloren.",
    "The bolt is pushed through the bracket from below.",
    "",
)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def likeness(vectors: Array, one: int, other: int) -> float:
    return float(vectors[one] @ vectors[other])


def test_similar_meanings_are_near_and_others_far(encoder: SentenceEncoder, ctx: Context) -> None:
    vectors = encoder.embed(SAID, ctx)
    assert vectors.shape == (5, 512)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert likeness(vectors, 0, 2) > 0.8  # the same in German
    assert likeness(vectors, 0, 1) > 0.4  # the same in other words
    assert likeness(vectors, 0, 3) < 0.2


def test_embedding_does_not_depend_on_the_batch(encoder: SentenceEncoder, ctx: Context) -> None:
    together = encoder.embed(SAID, ctx)
    many = encoder.embed((*SAID[::-1], *("Some other sentence of no importance here.",) * 100), ctx)
    assert np.allclose(many[:5], together[::-1], atol=1e-5)


def test_known_vectors_do_not_change(encoder: SentenceEncoder, ctx: Context) -> None:
    """The first numbers that the package's own code computes for the same weights."""
    vector = encoder.embed(("Call me Ishmael.",), ctx)[0]
    assert vector[:6] == pytest.approx(EXPECTED, abs=2e-4)


def test_no_texts_give_no_vectors(encoder: SentenceEncoder, ctx: Context) -> None:
    assert encoder.embed((), ctx).shape == (0, 512)


def test_vectors_round_trip_through_the_store(encoder: SentenceEncoder, ctx: Context) -> None:
    first = ctx.cached(encoder.embed, SAID)
    again = ctx.cached(encoder.embed, SAID)
    assert first.tobytes() == again.tobytes()
