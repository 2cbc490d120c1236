"""Finished clips of synthesised speech with burnt-in captions, whose true words and times are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import ShotDetector, Transcriber
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.centerface import CenterFace
from clipy.analysis.shots.pyscenedetect import PySceneDetect
from clipy.context import Context
from clipy.media.probe import probe
from clipy.pipeline.quality_control import clip_of
from clipy.stages.render.pizzazz.captions import Captions
from clipy.stages.render.x264 import X264
from clipy.storage.store import Store
from clipy.types import (
    Box,
    Clip,
    CropPath,
    CropShot,
    Edit,
    Highlight,
    Json,
    Keyframe,
    Panel,
    Transcript,
    Video,
    Word,
    seconds,
)
from fixtures.media import make_video
from fixtures.speech import Speech, speak

SIZE = (360, 640)
LEAD = 0.4  # seconds of silence before the first word and after the last
TEXT = "Nobody ever told me that the small steps matter most. I learned it late, and it changed how I work every day."


class Heard(Transcriber):
    """Hears exactly what was said: a test of a reviewer is no test of a transcriber."""

    words: tuple[Word, ...] = ()
    language = "en"

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        return Transcript(self.language, self.words)


def spoken_words(speech: Speech, text: str = TEXT) -> tuple[Word, ...]:
    """The words of a text, with its punctuation and their true times in the clip. eSpeak says some two as one."""
    told: list[str] = []
    waiting = list(speech.words)
    for token in text.split():
        if waiting and token.startswith(waiting[0][0]):
            told.append(token)
            del waiting[0]
        else:
            told[-1] = f"{told[-1]} {token}"
    assert not waiting
    return tuple(
        Word(token, seconds(start + LEAD), seconds(max(end, start + 0.05) + LEAD))
        for token, (_, start), end in zip(told, speech.words, speech.ends, strict=True)
    )


def hearing(folder: Path, words: tuple[Word, ...], language: str = "en") -> Context:
    """A context that hears some words."""
    heard = Heard()
    heard.words, heard.language = words, language
    return Context(
        Store(folder / "store"), folder, {Transcriber: heard, ShotDetector: PySceneDetect(), FaceDetector: CenterFace()}
    )


def source(path: Path, speech: Speech) -> Video:
    """A moving pattern with a speech, ``LEAD`` seconds of silence around it."""
    at = np.arange(len(speech.samples)) / speech.rate + LEAD

    def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(times, at, speech.samples, left=0.0, right=0.0)

    return probe(make_video(path, seconds=len(speech.samples) / speech.rate + 2 * LEAD, size=SIZE, play=play))


def captioned(
    folder: Path,
    name: str,
    video: Video,
    words: tuple[Word, ...],
    ctx: Context,
    *,
    change: Callable[[list[Json]], list[Json]] = list,
    **options: object,
) -> Clip:
    """A finished clip; ``change`` spoils the cards of its captions before they are drawn."""
    box = Box(0, 0, video.width, video.height)
    shot = CropShot(video.span, "single", (Panel((Keyframe(Fraction(0), box),), (0, 0, *SIZE)),))
    edit = Edit(Highlight(video.span), CropPath(*SIZE, (shot,)), (video.span,), "en", words)
    given: Mapping[str, object] = {"avoid_faces": False, **options}
    pizzazz = Captions(Captions.Options.model_validate(given))
    pizzazz.name = "captions"
    edit = pizzazz.plan(video, edit, ctx)
    plan = edit.plans["captions"]
    drawn = replace(edit, plans={"captions": {**plan, "cards": change(plan["cards"])}})
    path = folder / f"{name}.mp4"
    X264(X264.Options(quality="draft")).render(video, drawn, (pizzazz,), path, ctx)
    return replace(clip_of(path), edit=edit)


def said(text: str = TEXT) -> Speech:
    """A text, read aloud."""
    return speak(text)
