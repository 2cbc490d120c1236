"""A finished clip, watched once for all reviewers: what its pictures are like, and a small copy of them to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from clipy.context import Context
from clipy.media.checks.picture import Seen, watch
from clipy.media.checks.sound import Heard, listen
from clipy.media.probe import probe
from clipy.storage.store import Store, key_of
from clipy.types import Clip, Video

_VERSION = 5  # of what is measured here; raised whenever a result changes


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
    """Watch a clip, or load what was seen. Raises MediaError for a file that is no readable video."""
    video, store = probe(clip.path), once(ctx).store
    key = key_of("inspection", _VERSION, video)

    def watched(path: Path) -> None:
        ctx.report("watching the clip")
        seen = watch(video, path)
        store.value("review.seen", key, Seen, lambda: seen)

    proxy = store.file("review.proxy", key, ".mp4", watched)
    seen: Seen = store.value("review.seen", key, Seen, lambda: watch(video, ctx.work / f"{key}.mp4"))
    return Inspection(video, probe(proxy), seen)


def listened(video: Video, ctx: Context) -> Heard:
    """Listen to a clip that has sound, or load what was heard."""
    key = key_of("listening", _VERSION, video)
    heard: Heard = once(ctx).store.value("review.heard", key, Heard, lambda: listen(video))
    return heard


def once(ctx: Context) -> Context:
    """A context for what several reviewers share: made once in a run, even where nothing of an earlier run counts."""
    return ctx if ctx.store.reuse else replace(ctx, store=Store(ctx.work / "reviewing"))
