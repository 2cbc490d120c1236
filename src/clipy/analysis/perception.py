"""What stages ask of a video: its words and its faces, from the analysers the user picked, made once and stored."""

from __future__ import annotations

import logging

from clipy.analysis.base import Aligner, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.tracks import link
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Span, Track, Transcript, Video

log = logging.getLogger(__name__)


def transcript_of(video: Video, ctx: Context) -> Transcript:
    """What is said in a video, with the times of the aligner where one was given to this run.

    An empty transcript when the video has no sound or nobody speaks.
    """
    if not video.audio:
        log.warning("%s has no sound: clips are picked from the picture alone and get no captions", video.path.name)
        return Transcript("", ())
    heard = ctx.cached(ctx.analyser(Transcriber).transcribe, video)
    if not heard.words or Aligner not in ctx.analysers:
        return heard
    try:
        return ctx.cached(ctx.analyser(Aligner).align, video, heard)
    except ModelError as error:
        log.warning("word times are the transcriber's and are not refined: %s", error)
        return heard


def tracks_of(video: Video, span: Span, ctx: Context, *, speaking: bool = True) -> list[Track]:
    """The faces of a stretch of the source: what the reframer of the same stretch has stored."""
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, span)
    tracks = link(shots, ctx.cached(ctx.analyser(FaceDetector).detect_in_video, video, shots))
    if not tracks or not speaking:
        return tracks
    return ctx.cached(ctx.analyser(SpeakerDetector).score, video, tracks)
