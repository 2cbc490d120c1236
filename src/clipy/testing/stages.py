"""The contracts of the stages as suites of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from clipy.context import Context
from clipy.contract import call
from clipy.errors import ClipyError, MediaError
from clipy.media.frame import AudioBlock, Frame
from clipy.media.probe import probe
from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader
from clipy.stages.streams import frames_through, sound_through
from clipy.testing.known import KNOWN_TRANSCRIPT
from clipy.testing.media import make_video
from clipy.testing.suite import SECONDS, BackendContract, shared_video
from clipy.types import Box, Clip, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video

SIZE = (180, 320)
_RATE = 48_000
_AHEAD = 8  # frames that an effect may take in before it hands one out


class HighlighterContract(BackendContract):
    """Clips inside the video, of the length that was asked for, apart; the same again."""

    core = Highlighter
    needed: ClassVar = {"count": 2, "min_duration": 2, "max_duration": 6}

    def test_picks_keep_the_contract_and_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        found = ctx.cached(backend.highlight, video)
        assert call(backend.highlight, (video,), ctx) == found

    def test_every_pick_has_a_title_and_a_reason(self, backend: Any, video: Video, ctx: Context) -> None:
        assert all(pick.title.strip() and pick.reason.strip() for pick in ctx.cached(backend.highlight, video))

    def test_video_without_sound_is_accepted(self, backend: Any, silent: Video, ctx: Context) -> None:
        try:
            call(backend.highlight, (silent,), ctx)
        except ClipyError as error:
            assert str(error).strip()  # one that needs words may say so


class ReframerContract(BackendContract):
    """A window for every moment, inside the picture, of the right shape, whatever the source's."""

    core = Reframer
    needed: ClassVar = {"width": SIZE[0], "height": SIZE[1]}

    @pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 240)], ids=str)
    def test_windows_keep_the_contract_and_their_aspect_ratio(
        self, backend: Any, size: tuple[int, int], tmp_path: Path, ctx: Context
    ) -> None:
        video = probe(make_video(tmp_path / "a.mp4", seconds=3, size=size))
        for span in (video.span, Span(Fraction(1, 2), Fraction(2))):
            path = ctx.cached(backend.reframe, video, Highlight(span))
            assert call(backend.reframe, (video, Highlight(span)), ctx) == path
            for panel in (panel for shot in path.shots for panel in shot.panels):
                _check_shape(panel)


class PizzazzContract(BackendContract):
    """Plans that are data, frames and sound that keep their number, times and size."""

    core = Pizzazz

    def test_plan_survives_the_store_and_is_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        planned = ctx.cached(backend.plan, video, an_edit())
        assert call(backend.plan, (video, an_edit()), ctx).plans == planned.plans

    def test_frames_keep_the_contract_and_are_reproducible(self, backend: Any, video: Video, ctx: Context) -> None:
        edit = ctx.cached(backend.plan, video, an_edit())
        runs = [list(frames_through(backend, iter(_frames(edit)), edit, ctx)) for _ in range(2)]
        assert len(runs[0]) == len(_frames(edit))
        for first, second in zip(*runs, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(first.planes, second.planes, strict=True))

    def test_frames_are_streamed(self, backend: Any, video: Video, ctx: Context) -> None:
        edit = ctx.cached(backend.plan, video, an_edit())
        taken = 0

        def source() -> Iterator[Frame]:
            nonlocal taken
            for frame in _frames(edit):
                taken += 1
                yield frame

        stream = backend.frames(source(), edit, ctx)
        for _ in range(5):
            next(stream)
        assert taken <= 5 + _AHEAD, "it holds more frames than an effect needs"

    def test_sound_keeps_the_contract(self, backend: Any, video: Video, ctx: Context) -> None:
        edit = ctx.cached(backend.plan, video, an_edit())
        blocks = list(sound_through(backend, iter(_sound(edit.duration)), edit, ctx))
        assert sum(block.samples.shape[1] for block in blocks) == round(edit.duration * _RATE)


class RendererContract(BackendContract):
    """A file of the edit's size and length, with sound, without what is cut out; nothing where it fails."""

    core = Renderer

    def test_the_file_keeps_the_contract(self, backend: Any, video: Video, ctx: Context) -> None:
        backend.check()
        path = ctx.cached_file(backend.render, video, an_edit(), (), suffix=backend.suffix)
        assert path.suffix == backend.suffix

    def test_silent_source_gives_a_clip_with_an_audio_stream(self, backend: Any, silent: Video, ctx: Context) -> None:
        path = ctx.cached_file(backend.render, silent, an_edit(), (), suffix=backend.suffix)
        assert probe(path).audio

    def test_only_kept_spans_are_shown(self, backend: Any, video: Video, ctx: Context) -> None:
        keep = (Span(Fraction(0), Fraction(1)), Span(Fraction(2), Fraction(5, 2)))
        path = ctx.cached_file(backend.render, video, replace(an_edit(), keep=keep), (), suffix=backend.suffix)
        assert abs(probe(path).duration - Fraction(3, 2)) < Fraction(1, 10)

    def test_pizzazz_are_applied_to_frames_and_sound(self, backend: Any, video: Video, ctx: Context) -> None:
        class Noted(Pizzazz):
            """Counts frames."""

            frames_seen = blocks_heard = 0

            def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
                for frame in frames:
                    type(self).frames_seen += 1
                    yield frame

            def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
                for block in audio:
                    type(self).blocks_heard += 1
                    yield block

        ctx.cached_file(backend.render, video, an_edit(), (Noted(),), suffix=backend.suffix)
        assert Noted.frames_seen
        assert Noted.blocks_heard

    def test_failed_render_leaves_no_file(self, backend: Any, tmp_path: Path, ctx: Context) -> None:
        source = make_video(tmp_path / "a.mp4", seconds=SECONDS)
        video = probe(source)
        source.write_bytes(b"gone")
        with pytest.raises(ClipyError):
            ctx.cached_file(backend.render, video, an_edit(), (), suffix=backend.suffix)
        assert not list(ctx.store.root.rglob(f"*{backend.suffix}"))


class ReviewerContract(BackendContract):
    """Any file can be reviewed; a finding says all that a person needs; the same again."""

    core = Reviewer

    @pytest.fixture
    def clip(self, tmp_path_factory: pytest.TempPathFactory) -> Clip:
        """A finished clip of which nothing is known but the file."""
        video = shared_video(tmp_path_factory, seconds=3, size=SIZE, rate=25)
        return Clip(video.fingerprint, video.duration, video.width, video.height, path=video.path, name="clip")

    def test_any_file_can_be_reviewed(self, backend: Any, clip: Clip, ctx: Context) -> None:
        review = ctx.cached(backend.review, clip)
        assert call(backend.review, (clip,), ctx) == review

    def test_clip_with_its_edit_can_be_reviewed(self, backend: Any, clip: Clip, ctx: Context) -> None:
        call(backend.review, (replace(clip, edit=an_edit()),), ctx)

    def test_non_video_file_does_not_crash(self, backend: Any, tmp_path: Path, ctx: Context) -> None:
        path = tmp_path / "no.mp4"
        path.write_bytes(b"no video")
        try:
            call(backend.review, (Clip("0" * 64, Fraction(0), 0, 0, path=path, name="no"),), ctx)
        except MediaError as error:
            assert str(error).strip()


class UploaderContract(BackendContract):
    """A clip is published, and the post says where; a second run posts nothing and says the same."""

    core = Uploader

    @pytest.fixture
    def clip(self, tmp_path: Path) -> Clip:
        """A finished clip."""
        path = make_video(tmp_path / "clip-01.mp4", seconds=3, size=SIZE)
        video = probe(path)
        return Clip(video.fingerprint, video.duration, video.width, video.height, an_edit(), path, "clip-01")

    def test_post_has_the_address_of_the_clip(self, backend: Any, clip: Clip, ctx: Context) -> None:
        first = call(backend.upload, (clip,), ctx)
        assert call(backend.upload, (clip,), ctx) == first

    def test_a_file_that_clipy_did_not_make_can_be_published(self, backend: Any, clip: Clip, ctx: Context) -> None:
        call(backend.upload, (replace(clip, edit=None),), ctx)


def an_edit() -> Edit:
    """Three seconds: a window, then the whole picture; words from the start; a title."""
    span, middle, end = Span(Fraction(0), Fraction(3)), Fraction(1), Fraction(3)
    window = Panel((Keyframe(Fraction(0), Box(109.375, 0, 210.625, 180)),), (0, 0, *SIZE))
    whole = Panel((Keyframe(middle, Box(0, 0, 320, 180)),), (0, 110, 180, 210))
    shots = (CropShot(Span(Fraction(0), middle), "single", (window,)), CropShot(Span(middle, end), "fit", (whole,)))
    words = KNOWN_TRANSCRIPT.within(span)
    return Edit(Highlight(span, title="A title to read"), CropPath(*SIZE, shots), (span,), "en", words)


def _check_shape(panel: Panel) -> None:
    x1, y1, x2, y2 = panel.into
    assert not any(side % 2 for side in panel.into), "places on the output have even sides"
    for key in panel.keyframes:
        assert key.box.width / key.box.height == pytest.approx((x2 - x1) / (y2 - y1), rel=0.02), "it is distorted"


def _frames(edit: Edit) -> list[Frame]:
    chance = np.random.default_rng(1)
    y = chance.integers(40, 200, (SIZE[1], SIZE[0])).astype(np.uint8)
    u, v = (chance.integers(90, 160, (SIZE[1] // 2, SIZE[0] // 2)).astype(np.uint8) for _ in range(2))
    return [Frame(Fraction(n, 10), planes=(y.copy(), u.copy(), v.copy())) for n in range(round(edit.duration * 10))]


def _sound(duration: Fraction, block: int = 4_800) -> Iterator[AudioBlock]:
    count = round(duration * _RATE)
    for begin in range(0, count, block):
        yield AudioBlock(Fraction(begin, _RATE), np.full((2, min(block, count - begin)), 0.5, np.float32), _RATE)
