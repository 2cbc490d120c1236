"""What stages ask of a video: its words and its faces, from the analysers that the user picked, stored once."""

from __future__ import annotations

import logging
from fractions import Fraction

from clipy.analysis.alignment.forced.word_times import wordless_spans
from clipy.analysis.audio.microphones import with_speakers
from clipy.analysis.audio.speech_spans import speech_spans
from clipy.analysis.base import Aligner, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.tracks import link
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Span, Track, Transcript, Video

_LOST = Fraction(2)  # seconds of speech without a word that people should know of

log = logging.getLogger(__name__)


def transcript_of(video: Video, ctx: Context) -> Transcript:
    """What is said in a video, with the times of the aligner where one was given to this run.

    An empty transcript when the video has no sound or nobody speaks.
    """
    if not video.audio:
        log.warning("%s has no sound: clips are picked from the picture alone and get no captions", video.path.name)
        return Transcript("", ())
    transcript = ctx.cached(ctx.analyser(Transcriber).transcribe, video)
    if transcript.words and Aligner in ctx.analysers:
        try:
            transcript = ctx.cached(ctx.analyser(Aligner).align, video, transcript)
        except ModelError as error:
            log.warning("word times are the transcriber's own, unrefined: %s", error)
    return with_speakers(transcript, video, ctx)


def speech_without_words(video: Video, transcript: Transcript, ctx: Context) -> list[Span]:
    """The stretches in which somebody speaks for two seconds and more, and no word was recognised."""
    return wordless_spans(transcript.words, speech_spans(video, ctx), _LOST)


def face_tracks(video: Video, span: Span, ctx: Context) -> list[Track]:
    """The faces of a span of the source, followed from picture to picture; nobody has scored who speaks."""
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, span)
    return link(shots, ctx.cached(ctx.analyser(FaceDetector).detect_in_video, video, shots))


def scored_tracks(video: Video, span: Span, ctx: Context) -> list[Track]:
    """The same with the detector's probability that each face speaks, from sound and picture around each moment."""
    tracks = face_tracks(video, span, ctx)
    return ctx.cached(ctx.analyser(SpeakerDetector).available().score, video, tracks) if tracks else []
