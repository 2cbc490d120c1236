"""Picking measured alone: a transcriber that knows what is said, and a recording with nothing to see or hear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.analysis.alignment.none import Unaligned
from clipy.analysis.base import Aligner, Transcriber
from clipy.context import Context
from clipy.storage.store import Store
from clipy.types import Transcript, Video
from fixtures.media import black, make_video

_RATE = 8_000  # samples a second


class Known(Transcriber):
    """Hears what is said without a mistake."""

    said: Transcript

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        return self.said


def hearing(said: Transcript, ctx: Context, folder: Path) -> Context:
    """The same context with a transcriber that knows what is said, and a store of its own."""
    known = Known()
    known.said = said
    return Context(Store(folder / "store"), folder, {**ctx.analysers, Transcriber: known, Aligner: Unaligned()})


def silence(path: Path, seconds: float) -> Video:
    """A black, silent recording."""

    def nothing(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros_like(times)

    made = make_video(
        path, seconds=seconds, size=(64, 64), rate=1, draw=black, play=nothing, sample_rate=_RATE, channels=1
    )
    return probe(made)
