"""What a finished clip says, transcribed from its own sound, and stored for every reviewer that asks."""

from __future__ import annotations

import logging

from clipy.analysis.base import Transcriber
from clipy.analysis.inspection import once
from clipy.analysis.words import transcript_of
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Clip, Transcript

log = logging.getLogger(__name__)


def spoken_again(clip: Clip, ctx: Context) -> Transcript:
    """The words of a clip in clip time; none when nobody speaks. Raises MediaError and ModelError.

    Where words come from subtitles and not from the sound, they are those that the clip was made with.
    """
    video = probe(clip.path)
    if not ctx.analyser(Transcriber).listens:
        log.info("%s is not listened to again: the words come from subtitles", clip.path.name)
        return Transcript(clip.edit.language, clip.edit.clip_words()) if clip.edit else Transcript("", ())
    if not video.audio:
        return Transcript("", ())
    ctx.report("listening to what the clip says")
    return transcript_of(video, once(ctx))
