from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.clip_qc import inspection
from clipy.analysis.clip_qc.inspection import inspect_clip, keep_measured
from clipy.context import Context
from clipy.documents import finding_json
from clipy.groups import STEPS
from clipy.media.checks.proxy import proxy_frames
from clipy.media.checks.video_metrics import FrameMeter, VideoMetrics, measure_video
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.pipeline.quality_control import QualityControl, clip_of
from clipy.stages.base import Reviewer
from clipy.stages.render.x264 import X264
from clipy.storage.cache_policy import CachePolicy
from clipy.storage.store import Store
from clipy.types import (
    Box,
    Clip,
    CropPath,
    CropShot,
    Edit,
    Evidence,
    Finding,
    Highlight,
    Keyframe,
    Panel,
    Review,
    Span,
    Video,
)
from fixtures.media import make_video


class _Counting(Reviewer):
    """Refuses a clip of too few pictures."""

    class Options(Reviewer.Options):
        least: int

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        frames = inspect_clip(clip, ctx).metrics.frames
        return Review(
            self.name, (Finding("few", "error", f"{frames} pictures"),) if frames < self.options.least else ()
        )


def _context(folder: Path, since: str | None = None) -> Context:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return Context(Store(folder / "store"), work, policy=CachePolicy(since))


def test_the_small_copy_shows_the_clip_upright_and_in_time(tmp_path: Path) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", size=(1280, 720), rotation=90, seconds=1, key_every=50))
    found = inspect_clip(clip, _context(tmp_path))
    assert (found.proxy.width, found.proxy.height) == (360, 640)
    assert found.scale == (2.0, 2.0)
    times = [Fraction(index, 5) for index in range(5)]
    ours = pictures(found.proxy, found.proxy.span, times=times)
    theirs = pictures(found.video, found.video.span, times=times, height=640)
    for (_, small), (_, big), (_, looked) in zip(ours, theirs, proxy_frames(found.proxy), strict=True):
        assert np.abs(small.astype(int) - big).mean() < 4
        assert np.array_equal(small, looked)


def test_a_run_that_recomputes_everything_decodes_a_clip_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", size=(180, 320), seconds=1))
    inspect_clip(clip, _context(tmp_path))
    ctx = _context(tmp_path, STEPS[0])
    watched: list[Video] = []

    def noted(video: Video, proxy: Path) -> VideoMetrics:
        watched.append(video)
        return measure_video(video, proxy)

    monkeypatch.setattr(inspection, "measure_video", noted)
    first, second = inspect_clip(clip, ctx), inspect_clip(replace(clip, name="b"), ctx)
    assert (first.video, first.proxy, first.metrics.frames) == (second.video, second.proxy, second.metrics.frames)
    assert len(watched) == 1


def test_parallel_reviewers_decode_once_and_report_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of(make_video(tmp_path / "a.mp4", size=(180, 320), seconds=1))
    watched: list[Video] = []

    def noted(video: Video, proxy: Path) -> VideoMetrics:
        watched.append(video)
        return measure_video(video, proxy)

    monkeypatch.setattr(inspection, "measure_video", noted)
    reviewers = [_Counting(_Counting.Options(least=least)) for least in (1, 100)]
    outcome = QualityControl({}, tuple(reviewers)).judge(clip, _context(tmp_path))
    assert [review.passed for review in outcome.reviews or ()] == [True, False]
    assert len(watched) == 1


def test_finding_has_picture_and_sound_evidence() -> None:
    span = Span(Fraction(1), Fraction(2))
    seen = Finding("face-cut", "error", "x", span, evidence=Evidence.picture(Fraction(3, 2), Box(1, 2, 3.04, 4)))
    assert finding_json(seen)["evidence"] == {"kind": "picture", "start": 1.5, "end": 1.5, "box": [1, 2, 3.0, 4]}
    heard = Finding("click", "warning", "x", span, evidence=Evidence.sound(span))
    assert finding_json(heard)["evidence"] == {"kind": "sound", "start": 1, "end": 2, "box": None}
    assert finding_json(Finding("size", "error", "x"))["evidence"] is None


def test_a_clip_is_measured_while_it_is_encoded_as_it_is_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = probe(make_video(tmp_path / "a.mp4", size=(640, 360), seconds=3))
    shot = CropShot(video.span, "single", (Panel((Keyframe(Fraction(0), Box(200, 0, 402, 360)),), (0, 0, 540, 960)),))
    edit = Edit(Highlight(video.span), CropPath(540, 960, (shot,)), (video.span,))
    ctx = replace(_context(tmp_path), reviewed=True)
    X264().render(video, edit, (), tmp_path / "clip.mp4", ctx)
    clip = clip_of(tmp_path / "clip.mp4")
    after = measure_video(probe(clip.path), tmp_path / "after.mp4")
    monkeypatch.setattr(inspection, "measure_video", _never)
    found = inspect_clip(clip, ctx)
    assert found.metrics.frames == after.frames == 75
    assert np.array_equal(found.metrics.times, after.times)
    assert (found.metrics.start, found.metrics.end, found.metrics.broken) == (after.start, after.end, ())
    assert np.abs(found.metrics.changes - after.changes).max() < 1.5
    assert np.nanmedian(np.abs(found.metrics.shifts - after.shifts)) < 0.002
    assert (found.metrics.black, found.metrics.frozen) == (after.black, after.frozen)
    pairs = zip(proxy_frames(found.proxy), proxy_frames(probe(tmp_path / "after.mp4")), strict=True)
    assert all(
        time == other and np.abs(ours.astype(int) - theirs).mean() < 4 for (time, ours), (other, theirs) in pairs
    )


def test_a_file_that_was_damaged_as_it_was_written_is_decoded_for_its_review(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", size=(180, 320), seconds=2))
    with FrameMeter(tmp_path / "proxy.mp4", 180, 320) as meter:
        pass
    ctx = _context(tmp_path)
    keep_measured(video.path, meter.metrics(Fraction(25)), tmp_path / "proxy.mp4", ctx)  # of no frame, the file has 50
    assert inspect_clip(clip_of(video.path), ctx).metrics.frames == 50


def _never(video: Video, proxy: Path) -> VideoMetrics:
    raise AssertionError("it was decoded although it had been measured")
