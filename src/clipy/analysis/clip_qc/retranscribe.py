"""What a finished clip says, transcribed from its own sound, and stored for every reviewer that asks.

Heard as quickly as the transcriber can, and not aligned: captions that are late by what a reader notices are told by
times that are a tenth of a second off here and there.
"""

from __future__ import annotations

import logging

from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.media.probe import probe
from clipy.types import Clip, Transcript

log = logging.getLogger(__name__)


def spoken_again(clip: Clip, ctx: Context) -> Transcript:
    """The words of a clip in clip time; none when nobody speaks. Raises MediaError and ModelError.

    Where words come from subtitles and not from the sound, they are those that the clip was made with.
    """
    video = probe(clip.path)
    transcriber = ctx.analyser(Transcriber)
    if not transcriber.listens:
        log.info("%s is not listened to again: the words come from subtitles", clip.path.name)
        return Transcript(clip.edit.language, clip.edit.clip_words()) if clip.edit else Transcript("", ())
    if not video.audio:
        return Transcript("", ())
    ctx.report("listening to what the clip says")
    fast = transcriber.verification_transcriber(_language(clip))
    return ctx.cached_value("review.words", 1, (fast, video), Transcript, lambda: fast.transcribe(video, ctx))


def _language(clip: Clip) -> str:
    """What a clip is spoken in, where that is known and one language: it is heard in that. Else empty."""
    if clip.edit is None:
        return ""
    spoken = {word.language or clip.edit.language for word in clip.edit.clip_words()}
    return spoken.pop() if len(spoken) == 1 else ""
