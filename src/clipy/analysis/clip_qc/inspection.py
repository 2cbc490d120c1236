"""A finished clip, measured once for all reviewers: picture and sound, and a small copy to analyse.

A clip is measured while it is encoded where its review follows (``keep_measured``); any other file is decoded for it.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clipy.context import Context
from clipy.media.checks.audio_metrics import AudioMetrics, measure_audio
from clipy.media.checks.video_metrics import VideoMetrics, is_intact, measure_video
from clipy.media.probe import probe
from clipy.types import Clip, Video

log = logging.getLogger(__name__)

_VERSION = 6  # of what is measured here; raised whenever a result changes


@dataclass(frozen=True, slots=True)
class Inspection:
    """``video`` is the clip's file, ``proxy`` a copy of its pictures with at most 360 pixels on the shorter side.

    The copy is upright, at the clip's own times, and silent; a place in it is ``scale`` times as far in the clip.
    """

    video: Video
    proxy: Video
    metrics: VideoMetrics

    @property
    def scale(self) -> tuple[float, float]:
        """How many display pixels of the clip are one of the copy, across and down."""
        return self.video.width / self.proxy.width, self.video.height / self.proxy.height


def inspect_clip(clip: Clip, ctx: Context) -> Inspection:
    """Measurements of a clip's picture, with the small copy. Raises MediaError for a file that is no readable video."""
    video = probe(clip.path)

    def measure(make: Callable[[], VideoMetrics]) -> VideoMetrics:
        return ctx.cached_value("review.picture", _VERSION, (video,), VideoMetrics, make)

    def write_proxy(path: Path) -> None:
        ctx.report("Decoding the clip")
        metrics = measure_video(video, path)  # one decode makes both
        measure(lambda: metrics)

    def measure_again() -> VideoMetrics:
        with tempfile.TemporaryDirectory(dir=ctx.work) as folder:
            return measure_video(video, Path(folder) / "proxy.mp4")

    proxy = ctx.cached_path("review.proxy", _VERSION, (video,), ".mp4", write_proxy)
    return Inspection(video, probe(proxy), measure(measure_again))


def keep_measured(path: Path, metrics: VideoMetrics, proxy: Path, ctx: Context) -> None:
    """Store what was measured while a file was encoded as its measurements; ``proxy``, its small copy, is moved."""
    video = probe(path)
    if not is_intact(video, metrics.frames):
        log.warning("%s was not written as it was encoded: its review decodes it", path.name)
        return
    ctx.cached_value("review.picture", _VERSION, (video,), VideoMetrics, lambda: metrics)

    def move(place: Path) -> None:
        shutil.move(proxy, place)

    ctx.cached_path("review.proxy", _VERSION, (video,), ".mp4", move)


def keep_measured_again(path: Path, earlier: Path, ctx: Context) -> None:
    """Store what is known of the pictures of an earlier version of a clip for one that has the same."""
    known = probe(earlier)
    metrics: VideoMetrics | None = ctx.stored_value("review.picture", _VERSION, (known,), VideoMetrics)
    if metrics is None:
        return
    with tempfile.TemporaryDirectory(dir=ctx.work) as folder:
        proxy = Path(folder) / "proxy.mp4"

        def decode(place: Path) -> None:
            measure_video(known, place)

        shutil.copyfile(ctx.cached_path("review.proxy", _VERSION, (known,), ".mp4", decode), proxy)
        keep_measured(path, metrics, proxy, ctx)


def measure_sound(video: Video, ctx: Context) -> AudioMetrics:
    """Measurements of the sound of a clip that has some."""
    return ctx.cached_value("review.sound", _VERSION, (video,), AudioMetrics, lambda: measure_audio(video))
