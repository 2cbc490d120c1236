"""Which language is spoken, asked before the long work, and whether it can be written on a clip at all."""

from __future__ import annotations

import logging
from collections.abc import Callable

from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.errors import ConfigError, ModelError
from clipy.text.scripts import SAMPLES
from clipy.types import Transcript, Video, Word, seconds

log = logging.getLogger(__name__)


def check_script(transcriber: object, check_text: Callable[[Transcript], None], video: Video, ctx: Context) -> None:
    """Raise ConfigError, before hours of transcribing, where what is spoken could not be written on a clip."""
    samples = {code: Transcript(code, (Word(text, seconds(0), seconds(1)),)) for code, text in SAMPLES.items()}
    unwritable = {code for code, sample in samples.items() if not _passes(check_text, sample)}
    if not unwritable or not isinstance(transcriber, Transcriber) or not transcriber.listens or not video.audio:
        return
    named = getattr(transcriber.options, "language", None)
    spoken = named or spoken_language(transcriber, ctx.at("transcribe"), video)
    if spoken in unwritable:
        check_text(samples[spoken])


def spoken_language(transcriber: Transcriber, ctx: Context, video: Video) -> str:
    """The language that is spoken first; empty where the transcriber's network cannot be had, which it says itself."""
    try:
        return transcriber.spoken_language(video, ctx)
    except ModelError as error:
        log.debug("the language is not found out: %s", error)
        return ""


def _passes(check_text: Callable[[Transcript], None], transcript: Transcript) -> bool:
    try:
        check_text(transcript)
    except ConfigError:
        return False
    return True
