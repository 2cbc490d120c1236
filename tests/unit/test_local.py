"""The default highlighter on a talk whose words, and whose one good story, are known."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from clipy import probe
from clipy.analysis.alignment.none import Unaligned
from clipy.analysis.base import Aligner, Transcriber
from clipy.cli.terminal import explanation
from clipy.context import Context
from clipy.stages.highlight.local import Local
from clipy.types import Span, Transcript, Video, Word
from fixtures.media import make_video
from tests.unit.test_picking import DULL, TOLD

AGAIN = (
    "My father left us when I was only nine.",
    "He went without a farewell, and he never came back.",
    "For twenty years I hated that man.",
    "Then the phone rang one night, and it was my father.",
)
BEAT = Fraction(2, 5)


class Said(Transcriber):
    """Hears the given sentences, half a second apart."""

    texts: tuple[str, ...] = ()

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        words, time = [], Fraction(1)
        for text in self.texts:
            for word in text.split():
                words.append(Word(word, time, time + BEAT))
                time += BEAT
            time += Fraction(1, 2)
        return Transcript("en", tuple(words))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("local") / "a.mp4", seconds=130, size=(64, 64), rate=2))


def hearing(ctx: Context, *texts: str) -> Context:
    said = Said()
    said.texts = texts
    return Context(ctx.store, ctx.work, {**ctx.analysers, Transcriber: said, Aligner: Unaligned()})


def when(transcript: Transcript, text: str) -> Fraction:
    """When a sentence begins."""
    first = text.split()[:3]
    words = transcript.words
    return next(w.start for i, w in enumerate(words) if [x.text for x in words[i : i + 3]] == first)


def test_story_is_picked_whole_and_once(video: Video, ctx: Context, tmp_path: Path) -> None:
    ctx = hearing(ctx, *DULL, *TOLD, *DULL[::-1], *DULL, *AGAIN, *DULL)
    heard = ctx.analyser(Transcriber).transcribe(video, ctx)
    local = Local(Local.Options(count=2, min_duration=10, max_duration=20, target_duration=16))
    found = local.highlight(video, ctx)
    stories = [when(heard, TOLD[0]), when(heard, AGAIN[0])]
    told = [pick for pick in found if any(pick.span.overlap(Span(at, at + 15)) > 8 for at in stories)]
    assert told == found[:1], "the best is one of the two tellings, and the other is left out"
    assert min(abs(found[0].span.start - at) for at in stories) < 5
    assert found[0].title.rstrip("…") in " ".join((*TOLD, *AGAIN))
    assert "striking words" in found[0].reason
    assert local.highlight(video, ctx) == found
    for pick in found:
        assert all(w.end + Fraction(3, 20) <= pick.span.start for w in heard.words if w.end <= pick.span.start)
        assert all(w.start - Fraction(3, 20) >= pick.span.end for w in heard.words if w.start >= pick.span.end)


def test_about_matches_paraphrases(video: Video, ctx: Context) -> None:
    wanted = ("Her salary was three thousand dollars.", "Every month she put half of it in the bank.")
    ctx = hearing(ctx, *DULL, *TOLD, *DULL, *wanted, *DULL)
    heard = ctx.analyser(Transcriber).transcribe(video, ctx)
    options = Local.Options(count=1, min_duration=6, max_duration=12, about="the part on her income and savings")
    assert (
        Span(when(heard, wanted[0]), when(heard, wanted[0]) + 6).overlap(Local(options).highlight(video, ctx)[0].span)
        > 4
    )


READ = (
    "This episode is brought to you by Mossy Kettle.",
    "Everything that you believe about tea is wrong.",
    "Their kettle changed my life in one night.",
    "Go to mossykettle.com slash talk and use code TALK for half off your first order.",
)


def test_sponsor_read_is_not_picked(video: Video, ctx: Context) -> None:
    ctx = hearing(ctx, *DULL, *READ, *DULL, *TOLD, *DULL)
    heard = ctx.analyser(Transcriber).transcribe(video, ctx)
    read = Span(when(heard, READ[0]), when(heard, READ[0]) + 16)
    found = Local(Local.Options(count=3, min_duration=10, max_duration=20)).highlight(video, ctx)
    assert found
    assert all(pick.span.overlap(read) < pick.span.duration / 3 for pick in found)


def test_what_is_left_out_is_counted_by_reason(video: Video, ctx: Context) -> None:
    local = Local(Local.Options(min_duration=10, max_duration=20))
    left_out = local.left_out(video, hearing(ctx, *DULL, *READ, *DULL, *TOLD, *DULL))
    assert list(left_out) == ["sponsor read"]
    told = explanation([], left_out)
    assert told == f"left out: {left_out['sponsor read']} stretches ({left_out['sponsor read']} sponsor read)"


class Early(Said):
    """Hears the first word long before all the rest."""

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        first, *others = super().transcribe(video, ctx).words
        return Transcript("en", (first, *(replace(w, start=w.start + 12, end=w.end + 12) for w in others)))


def test_passages_avoid_long_pauses(video: Video, ctx: Context) -> None:
    said = Early()
    said.texts = ("The.", *TOLD)
    ctx = Context(ctx.store, ctx.work, {**ctx.analysers, Transcriber: said, Aligner: Unaligned()})
    found = Local(Local.Options(count=1, min_duration=10, max_duration=60, target_duration=40)).highlight(video, ctx)
    assert found[0].span.start > 12


@pytest.mark.parametrize(("texts", "why"), [(("Thank you.",), "hardly anybody"), ((), "nobody")])
def test_stray_words_in_music_are_not_a_passage(
    video: Video, ctx: Context, texts: tuple[str, ...], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = Local(Local.Options(count=2)).highlight(video, hearing(ctx, *texts))
    assert len(found) >= 2
    assert all(pick.title.startswith("Moment at") for pick in found), "picked by what is seen"
    assert f"{why} speaks" in caplog.text
