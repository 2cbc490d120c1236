"""What every highlighter promises, whatever it looks at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from clipy import probe
from clipy.config import load
from clipy.context import Context
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.stages.base import Highlighter
from clipy.types import Highlight
from fixtures.media import make_video
from fixtures.speech import Speech, played
from tests.contracts.backends import installed, made


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The default analysers and one store for all: the talk is heard once, whoever picks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPY_STORE", str(tmp_path_factory.mktemp("store")))
        with context(Pipeline.from_config(load(environment={}))) as made:
            yield made


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, speech: Speech) -> Path:
    """The talk with small pictures: what is promised does not depend on their size."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    return make_video(path, seconds=len(speech.samples) / speech.rate + 1, size=(160, 90), rate=10, play=played(speech))


def picks(name: str, talk: Path, ctx: Context) -> list[Highlight]:
    highlighter = made("highlight", name, count=2, min_duration=5, max_duration=15)
    assert isinstance(highlighter, Highlighter)
    return ctx.cached(highlighter.highlight, probe(talk))


@pytest.mark.parametrize("name", installed("highlight"))
def test_picks_keep_the_bounds_and_do_not_overlap(name: str, talk: Path, ctx: Context) -> None:
    video, found = probe(talk), picks(name, talk, ctx)
    assert found
    for pick in found:
        assert 0 <= pick.span.start < pick.span.end <= video.duration
        assert pick.given or 5 <= pick.span.duration <= 15  # a person who asks for all of it sets its length
        assert 0 <= pick.score <= 1
        assert pick.title.strip()
        assert pick.reason.strip()
    ordered = sorted(found, key=lambda pick: pick.span.start)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(ordered))


@pytest.mark.parametrize("name", installed("highlight"))
def test_results_are_sorted_by_score_and_reproducible(name: str, talk: Path, ctx: Context) -> None:
    found = picks(name, talk, ctx)
    assert [pick.score for pick in found[:2]] == sorted((pick.score for pick in found[:2]), reverse=True)
    again = made("highlight", name, count=2, min_duration=5, max_duration=15)
    assert isinstance(again, Highlighter)
    assert again.highlight(probe(talk), ctx) == found


def test_local_never_cuts_a_sentence_or_a_word(talk: Path, ctx: Context) -> None:
    from clipy.analysis.perception import transcript_of
    from clipy.text.sentences import sentences

    spoken = transcript_of(probe(talk), ctx)
    edges = sentences(spoken)
    for pick in picks("local", talk, ctx):
        for sentence in edges:
            shared = sentence.span.overlap(pick.span)
            assert shared in {Fraction(0), sentence.span.duration}, (pick, sentence.text)


def test_silent_video_is_ranked_by_picture(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "silent.mp4", seconds=12, size=(160, 90), rate=10, play=None))
    local = made("highlight", "local", count=1, min_duration=4, max_duration=6)
    assert isinstance(local, Highlighter)
    found = local.highlight(video, ctx)
    assert found
    assert all(4 <= pick.span.duration <= 6 for pick in found)
