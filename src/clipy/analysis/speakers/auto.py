"""The best active-speaker detector that this machine can have."""

from __future__ import annotations

import logging
from functools import cached_property

from clipy import models
from clipy.analysis.base import SpeakerDetector
from clipy.analysis.speakers.lip_sync import LipSync
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Track, Video

log = logging.getLogger(__name__)


class Auto(SpeakerDetector):
    """LR-ASD, whose weights are fetched once; lip-sync where they cannot be had, which is said.

    It says in the log which one it took.
    """

    version = 2

    class Options(SpeakerDetector.Options):
        """Nothing to set; pick a detector by name to set its options."""

    options: Options

    def identity(self) -> dict[str, object]:
        return {**super().identity(), "chosen": self.chosen.identity()}

    def input_digests(self) -> tuple[str, ...]:
        return self.chosen.input_digests()

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        log.info("who speaks is told by %s", self.chosen.name)
        return self.chosen.score(video, tracks, ctx)

    def lookahead_seconds(self) -> float:
        return self.chosen.lookahead_seconds()

    def benefits_from_diarization(self) -> bool:
        return self.chosen.benefits_from_diarization()

    @cached_property
    def chosen(self) -> SpeakerDetector:
        """The detector that does the work. The first use fetches the weights."""
        backend: SpeakerDetector
        try:
            models.fetch(models.LR_ASD)
        except ModelError as error:
            log.warning(
                "who speaks is told by lip-sync, which errs on profiles and small faces; the better lr-asd is not to be"
                " had now: %s. Fetch it where there is a network: clipy models pull lr-asd",
                error.what,
            )
            backend, backend.name = LipSync(), "lip-sync"
        else:
            backend, backend.name = LrAsd(), "lr-asd"
        return backend
