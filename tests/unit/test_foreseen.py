"""What reviewers know of a clip from its plan and its source, before it is rendered."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from clipy.context import Context
from clipy.stages.review.captions import Captions
from clipy.stages.review.content import Content
from clipy.types import CropPath, Edit, Highlight, Span, Word
from tests.spoken_clips import hearing, said, source, spoken_words

World = tuple[Edit, Context]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """All of a talk as a clip with captions, in the run that makes it."""
    folder = tmp_path_factory.mktemp("foreseen")
    speech = said()
    words = spoken_words(speech)
    video = source(folder / "source.mp4", speech)
    plans = {"captions": {"kind": "captions", "cards": [{}]}}
    edit = Edit(Highlight(video.span), CropPath(360, 640, ()), (video.span,), "en", words, plans)
    return edit, replace(hearing(folder, words), video=video)


def _until(edit: Edit, end: Fraction) -> Edit:
    span = Span(Fraction(0), end)
    return replace(edit, highlight=Highlight(span), keep=(span,))


def _cut(word: Word) -> Fraction:
    return (word.start + word.end) / 2


def test_a_word_that_the_end_cuts_is_foreseen(world: World) -> None:
    edit, ctx = world
    assert Content().foresee(edit, ctx).findings == ()
    long = max(edit.words[3:-3], key=lambda word: word.span.duration)
    (finding,) = Content().foresee(_until(edit, _cut(long)), ctx).findings
    assert (finding.check, finding.severity) == ("cut-word", "error")


def test_nothing_is_foreseen_of_sound_that_is_changed_or_unknown(world: World) -> None:
    edit, ctx = world
    spoilt = _until(edit, _cut(max(edit.words[3:-3], key=lambda word: word.span.duration)))
    with_music = replace(spoilt, plans={"music": {"kind": "music"}})
    assert Content().foresee(with_music, ctx).findings == ()
    assert Content().foresee(spoilt, replace(ctx, video=None)).findings == ()


def test_speech_without_captions_is_foreseen(world: World) -> None:
    edit, ctx = world
    assert Captions().foresee(edit, ctx).findings == ()
    strict = Captions(Captions.Options(max_uncaptioned=2))
    lost = replace(edit, words=edit.words[: len(edit.words) // 2])
    (finding,) = strict.foresee(lost, ctx).findings
    assert (finding.check, finding.severity) == ("uncaptioned", "error")
    assert strict.foresee(replace(lost, plans={}), ctx).findings == ()
