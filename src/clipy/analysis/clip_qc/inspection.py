"""A finished clip, decoded once for all reviewers: measurements of picture and sound, and a small copy to analyse."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clipy.context import Context
from clipy.media.checks.picture import Seen, watch
from clipy.media.checks.sound import Heard, listen
from clipy.media.probe import probe
from clipy.types import Clip, Video

_VERSION = 6  # of what is measured here; raised whenever a result changes


@dataclass(frozen=True, slots=True)
class Inspection:
    """``video`` is the clip's file, ``proxy`` a copy of its pictures with at most 360 pixels on the shorter side.

    The copy is upright, at the clip's own times, and silent; a place in it is ``scale`` times as far in the clip.
    """

    video: Video
    proxy: Video
    seen: Seen

    @property
    def scale(self) -> tuple[float, float]:
        """How many display pixels of the clip are one of the copy, across and down."""
        return self.video.width / self.proxy.width, self.video.height / self.proxy.height


def inspected(clip: Clip, ctx: Context) -> Inspection:
    """Measurements of a clip's picture, with the small copy. Raises MediaError for a file that is no readable video."""
    video = probe(clip.path)

    def measure(make: Callable[[], Seen]) -> Seen:
        return ctx.cached_value("review.picture", _VERSION, (video,), Seen, make)

    def write_proxy(path: Path) -> None:
        ctx.report("watching the clip")
        seen = watch(video, path)  # one decode makes both
        measure(lambda: seen)

    def watch_again() -> Seen:
        with tempfile.TemporaryDirectory(dir=ctx.work) as folder:
            return watch(video, Path(folder) / "proxy.mp4")

    proxy = ctx.cached_path("review.proxy", _VERSION, (video,), ".mp4", write_proxy)
    return Inspection(video, probe(proxy), measure(watch_again))


def listened(video: Video, ctx: Context) -> Heard:
    """Measurements of the sound of a clip that has some."""
    return ctx.cached_value("review.sound", _VERSION, (video,), Heard, lambda: listen(video))
