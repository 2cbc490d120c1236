"""Word times as the transcriber gives them."""

from __future__ import annotations

from clipy.analysis.base import Aligner
from clipy.context import Context
from clipy.types import Transcript, Video


class Unaligned(Aligner):
    """Keeps every word's time as the transcriber gave it."""

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        return transcript
