"""The words of a finished clip, transcribed from its own sound once for all reviewers.

The transcriber's fast variant does it, without alignment: times that are a tenth of a second off here and there show
captions that are late enough to be noticed.
"""

from __future__ import annotations

import logging

from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Clip, Transcript

log = logging.getLogger(__name__)


def retranscribe(clip: Clip, ctx: Context) -> Transcript:
    """The words of a clip in clip time; none when nobody speaks. Raises MediaError and ModelError.

    Where words come from subtitles and not from the sound, they are the words that the clip was made with.
    """
    video = probe(clip.path)
    transcriber = ctx.analyser(Transcriber)
    if not transcriber.listens:
        log.info("%s is not transcribed again: its words come from subtitles", clip.path.name)
        return Transcript(clip.edit.language, clip.edit.clip_words()) if clip.edit else Transcript("", ())
    if not video.audio:
        return Transcript("", ())
    ctx.report("Transcribing the clip")
    fast = transcriber.verification_transcriber(_language(clip))
    return ctx.cached_value("review.words", 1, (fast, video), Transcript, lambda: fast.transcribe(video, ctx))


def _language(clip: Clip) -> str:
    """The language of a clip, if it is known and only one; else empty."""
    if clip.edit is None:
        return ""
    spoken = {word.language or clip.edit.language for word in clip.edit.clip_words()}
    return spoken.pop() if len(spoken) == 1 else ""
