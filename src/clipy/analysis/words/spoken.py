"""The words of a video, from whichever transcriber the user picked, made once and stored."""

from __future__ import annotations

import logging

from clipy.analysis.base import Aligner, Transcriber
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Transcript, Video

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
