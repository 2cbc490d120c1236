from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from clipy import documents
from clipy.analysis.subtitles.writer import srt
from clipy.config import Choice, load
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.probe import probe
from clipy.media.read import sound_array
from clipy.pipeline.pipeline import Pipeline
from clipy.stages.base import Pizzazz, in_order
from clipy.stages.reframe.center import Center
from clipy.stages.render.pizzazz.captions import Captions
from clipy.stages.render.pizzazz.tighten import Tighten
from clipy.stages.render.x264 import X264
from clipy.text.fillers import is_filler
from clipy.types import Clip, Edit, Highlight, Span, Video, Word
from fixtures.media import make_video

RATE = 48_000
# Each word is a tone of its own, so that what is left of it can be found in the sound.
SAID = (
    ("So,", 0.3, 0.6, 400),
    ("um,", 0.62, 0.9, 500),
    ("we", 0.95, 1.1, 600),
    ("waited", 1.15, 1.6, 700),
    ("and", 4.0, 4.2, 800),  # after 2.4 s of silence
    ("uhh.", 4.6, 5.0, 900),
    ("Then", 5.8, 6.1, 1000),  # 1.6 s after the word before, with a filler in between
    ("laughed.", 8.0, 8.5, 1100),  # after a laugh
)
LAUGH = (6.4, 7.7)
END = 10.0


def played(times: NDArray[np.float64]) -> NDArray[np.float64]:
    heard = np.zeros_like(times)
    for _, start, end, pitch in SAID:
        heard += np.where((times >= start) & (times < end), 0.2 * np.sin(2 * np.pi * pitch * times), 0)
    noise = np.random.default_rng(1).standard_normal(len(times))
    heard += np.where((times >= LAUGH[0]) & (times < LAUGH[1]), 0.1 * noise, 0)
    return np.asarray(heard + 0.0003 * noise)


def exact(time: float) -> Fraction:
    return Fraction(time).limit_denominator(1000)


@pytest.fixture
def video(tmp_path: Path) -> Video:
    return probe(make_video(tmp_path / "a.mp4", seconds=END, size=(320, 180), play=played))


@pytest.fixture
def edit(video: Video, ctx: Context) -> Edit:
    words = tuple(Word(text, exact(start), exact(end)) for text, start, end, _ in SAID)
    highlight = Highlight(video.span)
    crop = Center(Center.Options.model_validate({"width": 90, "height": 160})).reframe(video, highlight, ctx)
    return Edit(highlight, crop, (video.span,), "en", words)


def tightened(video: Video, edit: Edit, ctx: Context, **options: object) -> Edit:
    effect = Tighten(Tighten.Options.model_validate(options))
    return ctx.cached(effect.plan, video, edit)


def test_silences_and_fillers_are_cut_but_not_laughter(video: Video, edit: Edit, ctx: Context) -> None:
    tight = tightened(video, edit, ctx)
    cut = [Span(a.end, b.start) for a, b in zip(tight.keep, tight.keep[1:], strict=False)]
    assert len(cut) == 3  # the pause, and both fillers; one of them with the silence around it
    um, pause, uhh = cut
    assert 0.6 <= um.start <= 0.62
    assert 0.9 <= um.end <= 0.95
    assert float(pause.start) == pytest.approx(1.6 + 0.125, abs=0.03)
    assert float(pause.end) == pytest.approx(4.0 - 0.125, abs=0.03)
    assert float(uhh.start) == pytest.approx(4.2 + 0.125, abs=0.03)
    assert float(uhh.end) == pytest.approx(5.8 - 0.125, abs=0.03)
    assert any(span.start < exact(6.2) and span.end > exact(8.4) for span in tight.keep)
    assert float(tight.keep[-1].end) == pytest.approx(8.5 + 0.25, abs=0.03)


def test_cuts_are_never_inside_words(video: Video, edit: Edit, ctx: Context) -> None:
    tight = tightened(video, edit, ctx)
    for word in tight.words:
        assert any(span.start <= word.start and word.end <= span.end for span in tight.keep), word


def test_the_words_that_are_left_read_well(video: Video, edit: Edit, ctx: Context) -> None:
    assert [word.text for word in tightened(video, edit, ctx).words] == [
        "So,",
        "we",
        "waited",
        "and.",
        "Then",
        "laughed.",
    ]
    first = replace(edit, words=(replace(edit.words[1], text="Um,"), *edit.words[2:]))
    assert tightened(video, first, ctx).words[0].text == "We"


def test_cuts_apply_to_sound_words_captions_and_documents(video: Video, edit: Edit, ctx: Context) -> None:
    tight = tightened(video, edit, ctx)
    captions = Captions(Captions.Options.model_validate({"avoid_faces": False}))
    captions.name = "captions"
    tight = ctx.cached(captions.plan, video, tight)
    path = video.path.with_name("clip.mp4")
    X264(X264.Options.model_validate({"quality": "draft"})).render(video, tight, (captions,), path, ctx)
    clip = probe(path)
    assert float(clip.duration) == pytest.approx(float(tight.duration), abs=0.04)
    assert float(tight.duration) < END - 5
    heard = sound_array(clip, clip.span, rate=RATE)[0]
    pitches = {text: pitch for text, _, _, pitch in SAID} | {"and.": 800, "We": 600}
    words = tight.clip_words()
    for word in words:
        middle = round((word.start + word.end) / 2 * RATE)
        spectrum = np.abs(np.fft.rfft(heard[middle - 2400 : middle + 2400] * np.hanning(4800)))
        assert np.argmax(spectrum) * RATE / 4800 == pytest.approx(pitches[word.text], abs=20), word
    shown = [word for card in tight.plans["captions"]["cards"] for line in card["lines"] for word in line]
    assert [word["text"] for word in shown] == [word.text for word in words]
    document = documents.clip_json(Clip("f", clip.duration, 90, 160, tight, path, "clip"), None, ())
    assert [entry["start"] for entry in document["words"]] == pytest.approx([float(word.start) for word in words])
    assert sum(end - start for start, end in document["keep"]) == pytest.approx(float(tight.duration))
    assert "um" not in srt(words)


def test_a_cut_does_not_click(video: Video, edit: Edit, ctx: Context) -> None:
    tight = tightened(video, edit, ctx)
    path = video.path.with_name("clip.mp4")
    X264(X264.Options.model_validate({"quality": "draft"})).render(video, tight, (), path, ctx)
    clip = probe(path)
    heard = sound_array(clip, clip.span, rate=RATE)[0]
    loudest = np.abs(np.diff(heard)).max()
    for span in tight.keep[:-1]:
        at = round(tight.clip_time(span.end) * RATE)
        assert np.abs(np.diff(heard[at - 500 : at + 500])).max() < loudest / 2


@pytest.mark.parametrize("play", [lambda times: 0.2 * np.sin(2600 * times), None])
def test_without_words_or_pauses_nothing_changes(
    tmp_path: Path, edit: Edit, ctx: Context, play: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None
) -> None:
    video = probe(make_video(tmp_path / "b.mp4", seconds=END, size=(320, 180), play=play))
    assert tightened(video, replace(edit, words=()), ctx) == replace(edit, words=())
    said = tuple(Word("word", exact(at / 2), exact(at / 2 + 0.4)) for at in range(20))
    assert tightened(video, replace(edit, words=said), ctx).keep == edit.keep


def test_silence_options(video: Video, edit: Edit, ctx: Context) -> None:
    assert len(tightened(video, edit, ctx, fillers=False, max_silence=2).keep) == 2
    more = tightened(video, edit, ctx, filler_words=("so",))
    assert "So," not in [word.text for word in more.words]
    with pytest.raises(ValidationError, match="longer than max_silence"):
        Tighten.Options.model_validate({"max_silence": 0.3, "keep_silence": 0.5})


def test_tighten_must_come_first(video: Video, edit: Edit, ctx: Context) -> None:
    with pytest.raises(ConfigError, match="before every other"):
        Tighten().plan(video, replace(edit, plans={"captions": {}}), ctx)

    class Draws(Pizzazz):
        """Plans nothing, so that it may come before."""

    assert len(in_order((Draws(), Tighten(), Captions()))) == 3
    with pytest.raises(ConfigError, match="already planned"):
        in_order((Captions(), Tighten()))


def test_wrong_pizzazz_order_is_refused_before_any_work() -> None:
    config = load()
    config = replace(config, lists={**config.lists, "pizzazz": (Choice("captions", {}), Choice("tighten", {}))})
    with pytest.raises(ConfigError, match="Put 'tighten' first"):
        Pipeline.from_config(config)


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Um,", "en", True),
        ("ummm...", "en", True),
        ("er", "en", True),
        ("er", "de", False),
        ("Äh", "de", True),
        ("umbrella", "en", False),
        ("é", "pt", False),
        ("...", "en", False),
        ("um", "xx", False),
    ],
)
def test_fillers_are_those_of_the_language(text: str, language: str, found: bool) -> None:
    assert is_filler(text, language) is found
