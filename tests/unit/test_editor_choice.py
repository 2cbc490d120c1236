"""What editors choose: what the model looks at, that its explanation adds up, and what its numbers can be."""

from __future__ import annotations

from fractions import Fraction
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clipy.stages.highlight.editor_choice.boundaries import BOUNDARY, closings, openings
from clipy.stages.highlight.editor_choice.design import PARTS, design, part_of_columns
from clipy.stages.highlight.editor_choice.model import Choice, EditorModel
from clipy.stages.highlight.editor_choice.roles import roles
from clipy.stages.highlight.editor_choice.sentence_features import FEATURES, Scale, around, sentence_features
from clipy.text.sentences import Sentence, sentences
from clipy.types import Array, Span, Transcript, Word

TALK = Span(Fraction(0), Fraction(2000))


def conversation(turns: int, beat: Fraction = Fraction(1, 2)) -> tuple[Sentence, ...]:
    """A host who asks and a guest who answers at length, in turn; a word each ``beat`` seconds."""
    words, time = list[Word](), Fraction(0)
    for turn in range(turns):
        host = turn % 2 == 0
        said = f"And what about number {turn}?" if host else f"It is {turn} of them. They all came to see us there."
        for word in said.split():
            words.append(Word(word, time, time + beat * 4 / 5, speaker="H" if host else "G"))
            time += beat
    return sentences(Transcript("en", tuple(words)))


def directions(count: int) -> Array:
    vectors = np.random.default_rng(0).normal(size=(count, 512)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_the_host_is_who_asks() -> None:
    found = roles(["H", "G", "G", None], np.array([4, 5, 9, 3]), np.array([True, False, False, False]))
    assert found[0].tolist() == pytest.approx([4 / 21, 1, 1])
    assert found[1].tolist() == pytest.approx([14 / 21, 0, 0])
    assert np.isnan(found[3]).all()
    assert np.isnan(roles(["G", "G"], np.array([4, 5]), np.array([True, False]))).all()


def test_what_an_answer_is_made_of_is_told_from_a_question() -> None:
    said = conversation(40)
    found = sentence_features(said, directions(len(said)))
    assert found.shape == (len(said), len(FEATURES))
    host = found[:, FEATURES.index("host")]
    assert [sentence.text.endswith("?") for sentence in said] == (host == 1).tolist()


def test_a_feature_that_nothing_is_known_of_is_neutral_and_a_short_video_is_drawn_to_the_usual() -> None:
    scale = Scale(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    few = scale.standardise(np.array([[10.0, np.nan], [12.0, np.nan]]))
    many = scale.standardise(np.tile([[10.0, np.nan], [12.0, np.nan]], (1000, 1)))
    assert not few[:, 1].any()
    assert few[:, 0].min() > 3  # both are far above what is usual
    assert many[:2, 0] == pytest.approx([-1, 1], abs=0.3)


def test_a_mean_around_each_is_cut_at_the_ends() -> None:
    assert around(np.array([[0.0], [3.0], [6.0]]), 1)[:, 0].tolist() == [1.5, 3.0, 4.5]


def test_the_model_that_comes_along_is_small_and_only_numbers() -> None:
    file = files("clipy.stages.highlight.editor_choice").joinpath("editors.npz")
    with np.load(str(file), allow_pickle=False) as stored:
        shapes = {name: stored[name].shape for name in stored.files}
        assert all(stored[name].dtype == np.float32 and np.isfinite(stored[name]).all() for name in stored.files)
    columns = len(part_of_columns())
    assert shapes == {
        "weights": (columns,),
        "feature_mean": (len(FEATURES),),
        "feature_spread": (len(FEATURES),),
        "vector_mean": (512,),
        "calibration": (3,),
        "opening": (1 + len(BOUNDARY),),
        "closing": (1 + len(BOUNDARY) + 2 * 512,),
    }
    assert len(file.read_bytes()) < 100_000


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    model = EditorModel.load()
    model.save(tmp_path / "again.npz")
    said = conversation(60)
    vectors = directions(len(said))
    first, second = (one.judge(said, vectors, TALK) for one in (model, EditorModel.load(tmp_path / "again.npz")))
    assert np.array_equal(first.parts, second.parts)


def test_each_column_has_its_part() -> None:
    said = conversation(30)
    rows = design(said, directions(len(said)), TALK, EditorModel.load().typical)
    assert rows.shape == (len(said), len(part_of_columns()))
    assert set(part_of_columns().tolist()) == set(range(len(PARTS)))


def test_the_best_sentences_of_a_passage_count_most() -> None:
    merits = np.array([0.0] * 10 + [3.0] * 3 + [0.0] * 10)
    choice = Choice(merits[:, None] * np.array([[1.0, 0.0, 0.0, 0.0]]), np.array([-3.0, 1.0, 1.0]))
    assert choice.merit(8, 14) > np.mean(merits[8:15])
    assert choice.strength(9, 13) > choice.strength(0, 4) == pytest.approx(0)


def test_the_parts_explain_the_whole() -> None:
    said = conversation(80)
    choice = EditorModel.load().judge(said, directions(len(said)), TALK)
    parts = choice.contributions(10, 10)
    assert sum(parts.values()) == pytest.approx(choice.strength(10, 10))


def test_the_place_counts_less_in_a_short_video() -> None:
    columns = part_of_columns() == PARTS.index("place")
    brief, long = (conversation(80, Fraction(1, count)) for count in (20, 1))
    rows = [
        design(said, directions(len(said)), Span(Fraction(0), said[-1].span.end), EditorModel.load().typical)[
            :, columns
        ]
        for said in (brief, long)
    ]
    share = float(brief[-1].span.end) / float(long[-1].span.end)
    assert len(brief) == len(long)
    assert rows[0] == pytest.approx(rows[1] * share, abs=1e-4)


def test_an_edge_is_seen_from_inside() -> None:
    said = conversation(4)
    merits = np.arange(len(said), dtype=np.float64)
    opening, closing = openings(said, merits), closings(said, merits, directions(len(said)))
    merit, beyond, inside = (BOUNDARY.index(name) for name in ("merit", "merit beyond", "merit inside"))
    assert opening[1, [merit, beyond, inside]].tolist() == [1, 0, 2]
    assert closing[1, [merit, beyond, inside]].tolist() == [1, 2, 0]
    another, asks = BOUNDARY.index("another speaks"), BOUNDARY.index("asks")
    starts = [one.words[0].speaker != other.words[0].speaker for other, one in pairwise(said)]
    assert opening[1:, another].tolist() == closing[:-1, another].tolist() == starts
    assert opening[:, asks].tolist() == closing[:, asks].tolist() == [one.text.endswith("?") for one in said]


def test_edges_are_even_where_nothing_tells_them_apart() -> None:
    said = conversation(60)
    model = EditorModel.load()
    found = model.boundaries(said, directions(len(said)), np.zeros(len(said)))
    assert found.opening.shape == found.closing.shape == (len(said),)
    assert np.isfinite(found.opening).all()
    assert np.isfinite(found.closing).all()
