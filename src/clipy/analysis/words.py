"""The words of a video, from whichever transcriber the user picked, made once and stored."""

from __future__ import annotations

import logging

from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.types import Transcript, Video

log = logging.getLogger(__name__)


def transcript_of(video: Video, ctx: Context) -> Transcript:
    """What is said in a video; an empty transcript when it has no sound or nobody speaks."""
    if not video.audio:
        log.warning("%s has no sound: clips are picked from the picture alone and get no captions", video.path.name)
        return Transcript("", ())
    return ctx.cached(ctx.analyser(Transcriber).transcribe, video)
