"""Turns of a talk are found where its meaning changes, and nowhere else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.meaning.topics import breaks, turns


def talk(*lengths: int, noise: float = 1.0, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors of so many sentences about each of several topics."""
    chance = np.random.default_rng(seed)
    rows = []
    for length in lengths:
        topic = chance.standard_normal(64)
        rows += [topic + noise * chance.standard_normal(64) for _ in range(length)]
    vectors = np.asarray(rows)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def test_topics_start_where_the_meaning_changes() -> None:
    assert turns(talk(12, 20, 9)) == [0, 12, 32]
    assert turns(talk(6, 6, 6, 6, noise=0.7, seed=3)) == [0, 6, 12, 18]


def test_one_topic_is_not_split_however_long() -> None:
    assert turns(talk(60)) == [0]


def test_short_text_is_one_topic() -> None:
    assert turns(talk(5)) == [0]
    assert turns(talk(0, 1)) == [0]
    assert turns(np.zeros((0, 64), dtype=np.float32)) == []


def test_boundary_score_peaks_between_topics() -> None:
    strength = breaks(talk(10, 10))
    assert len(strength) == 21
    assert strength[0] == strength[10] == strength[20] == 1
    assert all(0 <= value <= 0.5 for index, value in enumerate(strength) if index not in {0, 10, 20})


def test_single_sentence_is_a_whole_topic() -> None:
    assert list(breaks(talk(1))) == [1, 1]
