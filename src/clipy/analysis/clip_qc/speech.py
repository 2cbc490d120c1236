"""A finished clip's sound as speech is measured on it: decoded once, with speech probabilities, for all reviewers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clipy.analysis.audio.speech import RATE, Window, probabilities
from clipy.context import Context
from clipy.media.read import sound
from clipy.types import Array, Video

_VERSION = 1
_SAMPLE = np.dtype("<f4")


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
