"""What a backend asks of a video through its context, and what a renderer is handed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import clipy
from clipy import Context, Edit, Span, config, probe
from clipy.errors import ConfigError
from clipy.pipeline.delivery import delivering_to
from clipy.stages.review.captions import _planned_cards
from clipy.stages.review.checks.caption_lines import _drawn_otherwise, planned_places
from clipy.stages.upload.folder import Folder
from clipy.storage.store import Store
from fixtures.media import make_video
from tests.clips import clip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> clipy.Video:
    return probe(make_video(tmp_path_factory.mktemp("asking") / "a.mp4", seconds=2, size=(320, 180)))


def test_context_gives_transcript_shots_and_tracks(video: clipy.Video, ctx: Context) -> None:
    span = Span(Fraction(1, 2), Fraction(3, 2))
    assert [shot.span for shot in ctx.shots(video, span)] == [span]
    assert ctx.tracks(video, span, speaking=False) == []
    levels = ctx.levels(video)
    assert len(levels.decibels) == 20
    assert np.array_equal(ctx.levels(video).decibels, levels.decibels)
    silent = replace(video, audio=())
    assert ctx.transcript(silent).words == ()


def test_context_without_analysers_names_the_remedy(video: clipy.Video, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="perception"):
        Context(Store(tmp_path), tmp_path).transcript(video)


def test_renderer_receives_composed_frames_and_mixed_sound(video: clipy.Video, ctx: Context) -> None:
    span = Span(Fraction(1, 2), Fraction(3, 2))
    crop = clipy.Speaker(clipy.Speaker.Options(layout="fit", width=90, height=160))
    edit = Edit(clipy.Highlight(span), crop.reframe(video, clipy.Highlight(span), ctx), (span,))

    class Louder(clipy.Pizzazz):
        def frames(self, frames, edit, ctx):  # type: ignore[no-untyped-def]
            for frame in frames:
                frame.planes[0][:] = 200
                yield frame

        def audio(self, audio, edit, ctx):  # type: ignore[no-untyped-def]
            for block in audio:
                yield replace(block, samples=block.samples * 0 + np.float32(0.5))

    frames = list(clipy.composed_frames(video, edit, (Louder(),), ctx))
    assert len(frames) == 25
    assert all(frame.planes[0].shape == (160, 90) and frame.planes[0].min() == 200 for frame in frames)
    assert len(list(clipy.composed_frames(video, edit, (), ctx, rate=Fraction(10)))) == 10
    blocks = list(clipy.mixed_sound(video, edit, (Louder(),), ctx))
    assert sum(block.samples.shape[1] for block in blocks) == 48_000
    assert all((block.samples == 0.5).all() for block in blocks)


def test_captions_subclass_counts_as_captions(ctx: Context) -> None:
    class Subtitled(clipy.Captions):
        """The same, called otherwise."""

    effect = Subtitled(Subtitled.Options(position=0.7))
    effect.name = "acme:big-words"
    planned = effect.plan(probe_free(), clip("some words that are said"), ctx)
    (plan,) = planned.plans_of("captions")
    assert plan["cards"]
    assert planned.plans_of("music") == []
    finished = clipy.Clip("c", Fraction(4), 540, 960, planned)
    assert list(_planned_cards(planned)) == plan["cards"]
    assert planned_places(finished)
    assert _drawn_otherwise(finished) == []


def test_output_folder_is_used_by_subclasses_of_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Tidy(Folder):
        """A folder of another name."""

    monkeypatch.setattr("clipy.registry.load", lambda group, name: Tidy)
    placed = delivering_to(tmp_path, config.load(environment={}, sets=["upload=tidy"]), overwrite=False)
    assert [(choice.backend, choice.options["path"]) for choice in placed.lists["upload"]] == [("tidy", str(tmp_path))]


def probe_free() -> clipy.Video:
    """A video of which only the size matters."""
    return clipy.Video("x", Fraction(60), Fraction(25), 1920, 1080, 1920, 1080, 0, Fraction(0))


def test_a_subclass_of_speaker_brings_its_own_camera(video: clipy.Video, ctx: Context) -> None:
    class Still(clipy.Speaker):
        """Never comes closer."""

        asked = 0

        def camera(self, video: clipy.Video, ctx: Context) -> clipy.Camera:
            type(self).asked += 1
            return clipy.Camera(video, self.options.width, self.options.height)

    span = Span(Fraction(0), Fraction(1))
    ctx.cached(Still(Still.Options(width=90, height=160)).reframe, video, clipy.Highlight(span))
    assert Still.asked == 1
