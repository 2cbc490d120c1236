"""No alignment: word times of the transcriber."""

from __future__ import annotations

from clipy.analysis.base import Aligner
from clipy.context import Context
from clipy.types import Transcript, Video


class Unaligned(Aligner):
    """Keeps the transcriber's word times."""

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        return transcript
