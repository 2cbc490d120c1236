from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.frame import AudioBlock
from clipy.media.probe import probe
from clipy.media.read import sound, sound_array
from clipy.stages.render.pizzazz.captions import Captions
from clipy.stages.render.pizzazz.censor import Censor
from clipy.stages.render.x264 import X264
from clipy.types import Edit, Highlight, Span, Video, Word
from fixtures.media import make_video
from tests.unit.edits import edit_of

RATE = 48_000


def word(text: str, start: float, end: float) -> Word:
    return Word(text, Fraction(start).limit_denominator(1000), Fraction(end).limit_denominator(1000))


SAID = (word("What", 0.5, 0.9), word("the", 0.9, 1.1), word("fuck?", 1.1, 1.6), word("Nice.", 2.4, 2.9))


@pytest.fixture
def video(tmp_path: Path) -> Video:
    """440 Hz all through: what is not replaced is found by it."""
    return probe(make_video(tmp_path / "a.mp4", seconds=4, size=(320, 180)))


@pytest.fixture
def edit(video: Video) -> Edit:
    return replace(edit_of(video), words=SAID)


def made(**options: object) -> Censor:
    censor = Censor(Censor.Options.model_validate(options))
    censor.name = "censor"
    return censor


def blocks(video: Video) -> Iterator[AudioBlock]:
    done = 0
    for samples in sound(video, video.span, rate=RATE, channels=2):
        yield AudioBlock(Fraction(done, RATE), samples, RATE)
        done += samples.shape[1]


def heard(censor: Censor, video: Video, edit: Edit, ctx: Context) -> NDArray[np.float32]:
    planned = ctx.cached(censor.plan, video, edit)
    censored = [block.samples[0] for block in censor.audio(blocks(video), planned, ctx)]
    return np.concatenate(censored)


def strength(samples: NDArray[np.float32], pitch: float) -> float:
    """The amplitude of one frequency."""
    times = np.arange(len(samples)) / RATE
    window = np.hanning(len(samples))
    return float(2 * np.abs(np.sum(samples * window * np.exp(-2j * np.pi * pitch * times))) / window.sum())


def part(samples: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    return samples[round(start * RATE) : round(end * RATE)]


def test_beep_covers_exactly_the_word(video: Video, edit: Edit, ctx: Context) -> None:
    clean = sound_array(video, video.span, rate=RATE, channels=2)[0]
    censored = heard(made(margin=0), video, edit, ctx)
    word = part(censored, 1.1, 1.6)
    assert strength(word, 440) < 1e-4
    assert strength(word, 1000) == pytest.approx(0.14 * 10 ** (-3 / 20), rel=0.05)
    changed = np.flatnonzero(np.abs(censored - clean) > 1e-6) / RATE
    assert changed[0] == pytest.approx(1.1, abs=0.006)
    assert changed[-1] == pytest.approx(1.6, abs=0.006)


def test_silence_removes_the_word_completely(video: Video, edit: Edit, ctx: Context) -> None:
    censored = heard(made(sound="silence"), video, edit, ctx)
    assert np.abs(part(censored, 1.1, 1.64)).max() == 0
    assert strength(part(censored, 1.65, 2.4), 440) > 0.13


def test_the_margin_does_not_reach_into_other_words(video: Video, edit: Edit, ctx: Context) -> None:
    plan = made(margin=0.5).plan(video, edit, ctx).plans["censor"]
    assert plan["spans"] == [{"start": "11/10", "end": "21/10"}]


def test_no_click_at_the_edges_of_the_beep(video: Video, edit: Edit, ctx: Context) -> None:
    steps = np.abs(np.diff(part(heard(made(sound="silence"), video, edit, ctx), 0, 3.9)))
    assert steps.max() < 1.2 * steps[RATE // 10 : RATE].max()


def test_clips_without_profanity_are_untouched(video: Video, edit: Edit, ctx: Context) -> None:
    harmless = replace(edit, words=(SAID[0], SAID[3]))
    censor = made()
    planned = censor.plan(video, harmless, ctx)
    assert planned is harmless
    given = blocks(video)
    assert censor.audio(given, planned, ctx) is given


def test_custom_and_masked_words_are_found(video: Video, edit: Edit, ctx: Context) -> None:
    own = made(words=("nic*",)).plan(video, edit, ctx).plans["censor"]
    assert len(own["spans"]) == 2
    captions = Captions(Captions.Options.model_validate({"mask": True, "avoid_faces": False}))
    masked = captions.plan(video, edit, ctx)
    assert masked.words[2].text == "f***?"
    assert len(made().plan(video, masked, ctx).plans["censor"]["spans"]) == 1


def test_word_is_found_after_a_cut(video: Video, edit: Edit, ctx: Context) -> None:
    cut = replace(edit, keep=(Span(Fraction(0), Fraction(1, 2)), Span(Fraction(1), Fraction(4))))
    plan = made(margin=0).plan(video, cut, ctx).plans["censor"]
    assert plan["spans"] == [{"start": "3/5", "end": "11/10"}]
    gone = replace(edit, keep=(Span(Fraction(0), Fraction(1)), Span(Fraction(2), Fraction(4))))
    assert "censor" not in made(margin=0).plan(video, gone, ctx).plans


def test_the_rendered_clip_is_censored(video: Video, edit: Edit, ctx: Context) -> None:
    censor = made()
    path = video.path.with_name("clip.mp4")
    planned = censor.plan(video, edit, ctx)
    X264(X264.Options.model_validate({"quality": "draft"})).render(video, planned, (censor,), path, ctx)
    samples = sound_array(probe(path), Span(Fraction(0), Fraction(4)), rate=RATE)[0]
    assert strength(part(samples, 1.15, 1.55), 440) < 0.01 * strength(part(samples, 0.5, 0.9), 440)
    assert strength(part(samples, 1.15, 1.55), 1000) > 0.5 * strength(part(samples, 0.5, 0.9), 440)


def test_a_source_without_sound_is_untouched(tmp_path: Path, ctx: Context) -> None:
    silent = probe(make_video(tmp_path / "b.mp4", seconds=1, size=(320, 180), play=None))
    planned = made().plan(silent, replace(edit_of(silent), words=(word("shit", 0.2, 0.5),)), ctx)
    assert planned.plans["censor"]["peak"] == 0
    assert planned.highlight == Highlight(silent.span)
