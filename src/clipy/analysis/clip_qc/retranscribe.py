"""The words of a finished clip, once for all reviewers: known from its run where possible, else transcribed again.

The transcriber's fast variant does it, without alignment: times that are a tenth of a second off here and there show
captions that are late enough to be noticed.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from clipy.analysis.audio.speech import RATE, Window
from clipy.analysis.base import Transcriber
from clipy.analysis.clip_qc.known_words import known_words
from clipy.analysis.clip_qc.speech import speech_of
from clipy.context import Context
from clipy.media.probe import probe
from clipy.mixing import FIRST_TRACK, AudioStream
from clipy.types import Clip, Edit, Span, Transcript, Video

log = logging.getLogger(__name__)


def retranscribe(clip: Clip, ctx: Context) -> Transcript:
    """The words of a clip in clip time; none when nobody speaks. Raises MediaError and ModelError.

    In the run that made it, a clip that sounds like its source is transcribed only where that can find something
    (``known_words``). Where words come from subtitles and not from the sound, they are the words that the clip was made
    with.
    """
    video = probe(clip.path)
    transcriber = ctx.analyser(Transcriber)
    if not transcriber.listens:
        log.info("%s is not transcribed again: its words come from subtitles", clip.path.name)
        return Transcript(clip.edit.language, clip.edit.clip_words()) if clip.edit else Transcript("", ())
    if not video.audio:
        return Transcript("", ())
    fast = transcriber.verification_transcriber(_language(clip))

    def listen() -> Transcript:
        ctx.report("Transcribing the clip")
        return fast.transcribe(video, ctx)

    if clip.edit is None or ctx.video is None or not ctx.transcribed:
        return ctx.cached_value("review.words", 1, (fast, video), Transcript, listen)
    edit, source = clip.edit, ctx.video
    inputs = (fast, video, edit.words, edit.keep, source)
    return ctx.cached_value(
        "review.words", 2, inputs, Transcript, lambda: _in_doubt(fast, video, edit, source, ctx) or listen()
    )


def _in_doubt(fast: Transcriber, video: Video, edit: Edit, source: Video, ctx: Context) -> Transcript | None:
    """The known words, with what is heard where they are in doubt; None where nothing is known."""
    heard = speech_of(video, ctx)
    known = known_words(heard, edit, source)
    if known is None:
        log.info("%s does not sound like its source: all of it is transcribed again", video.path.name)
        return None
    words = list(known.words)
    if known.doubtful:
        ctx.report("Transcribing the clip")
        with tempfile.TemporaryDirectory(dir=ctx.work) as folder:
            again = fast.transcribe(_muted(heard, known.doubtful, video, Path(folder) / "parts.wav"), ctx)
        words += [word for word in again.words if any((word.start + word.end) / 2 in span for span in known.doubtful)]
    return Transcript(edit.language, tuple(sorted(words, key=lambda word: word.start)))


def _muted(heard: Window, spans: Sequence[Span], video: Video, path: Path) -> Video:
    """A sound file that is silent but in some spans, as a video without pictures."""
    samples = np.clip(heard.only(spans).samples, -1, 1)
    data = np.round(samples * 32767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data)
    stream = AudioStream(index=0, sample_rate=RATE, channels=1, start=Fraction(0))
    name = hashlib.sha256(data).hexdigest()
    sound = replace(video, fingerprint=name, path=path, audio=(stream,), start=Fraction(0))
    return replace(sound, speech_mix=FIRST_TRACK, clip_mix=FIRST_TRACK)


def _language(clip: Clip) -> str:
    """The language of a clip, if it is known and only one; else empty."""
    if clip.edit is None:
        return ""
    spoken = {word.language or clip.edit.language for word in clip.edit.clip_words()}
    return spoken.pop() if len(spoken) == 1 else ""
