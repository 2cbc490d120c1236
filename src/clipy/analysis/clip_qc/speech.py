"""A finished clip's sound as speech is measured on it: decoded once, with speech probabilities, for all reviewers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clipy.analysis.audio.speech import RATE, Window, probabilities
from clipy.analysis.clip_qc.known_words import planned_sound
from clipy.context import Context
from clipy.media.read import sound
from clipy.types import Array, Edit, Video

_VERSION = 1
_LEVEL, _SILENT = 0.1, 1e-5  # mean amplitude of a clip at -14 LUFS, about, and of silence
_SAMPLE = np.dtype("<f4")


def planned_speech(edit: Edit, source: Video, ctx: Context) -> Window:
    """The same of a clip that is not rendered yet: the source's sound, as loud as clips are."""
    samples = planned_sound(edit, source)
    level = float(np.sqrt(np.square(samples, dtype=np.float64).mean())) if len(samples) else 0.0
    samples = samples * np.float32(_LEVEL / level) if level > _SILENT else samples
    inputs = (source, edit.keep)
    likely = ctx.cached_value("review.planned", _VERSION, inputs, Array, lambda: probabilities(samples))
    return Window(0, samples, np.asarray(likely, dtype=np.float32))


def speech_of(video: Video, ctx: Context) -> Window:
    """All of the first sound track, mono at 16 kHz, with the probability of speech in each 32 ms; the video has sound.

    The samples are cached in a file, so later callers decode nothing.
    """

    def decode(path: Path) -> None:
        with path.open("wb") as file:
            for block in sound(video, video.span, rate=RATE):
                block[0].astype(_SAMPLE).tofile(file)

    path = ctx.cached_path("review.samples", _VERSION, (video,), ".f32", decode)
    samples = np.fromfile(path, dtype=_SAMPLE).astype(np.float32)
    likely = ctx.cached_value("review.speech", _VERSION, (video,), Array, lambda: probabilities(samples))
    return Window(0, samples, np.asarray(likely, dtype=np.float32))
