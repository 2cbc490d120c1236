"""What the context of a run answers about a video."""

from __future__ import annotations

from clipy.analysis.audio.levels import levels
from clipy.analysis.base import ShotDetector
from clipy.analysis.people.speaking import speaking_tracks
from clipy.analysis.perception import face_tracks, transcript_of
from clipy.context import Context
from clipy.media.loudness import Levels
from clipy.types import Shot, Span, Track, Transcript, Video

_LEVELS_VERSION = 1


class Perceived:
    """The answers behind ``ctx.transcript``, ``ctx.shots``, ``ctx.tracks`` and ``ctx.levels``."""

    def transcript(self, video: Video, ctx: Context) -> Transcript:
        return transcript_of(video, ctx)

    def shots(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        return ctx.cached(ctx.analyser(ShotDetector).detect, video, span)

    def tracks(self, video: Video, span: Span, ctx: Context, *, speaking: bool) -> list[Track]:
        return speaking_tracks(video, span, ctx) if speaking else face_tracks(video, span, ctx)

    def levels(self, video: Video, ctx: Context) -> Levels:
        return ctx.cached_value("levels.video", _LEVELS_VERSION, (video,), Levels, lambda: levels(video, ctx))
