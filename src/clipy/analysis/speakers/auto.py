"""The best active-speaker detector that is installed and has its weights on this machine."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from functools import cached_property

from clipy import models
from clipy.analysis.base import SpeakerDetector
from clipy.analysis.speakers.light_asd import LightAsd
from clipy.analysis.speakers.lip_sync import LipSync
from clipy.analysis.speakers.lr_asd import LrAsd
from clipy.context import Context
from clipy.types import Track, Video

log = logging.getLogger(__name__)

_BEST_FIRST: tuple[tuple[str, Callable[[], SpeakerDetector], models.Model], ...] = (
    ("lr-asd", LrAsd, models.LR_ASD),
    ("light-asd", LightAsd, models.LIGHT_ASD),
)


class Auto(SpeakerDetector):
    """LR-ASD, or else Light-ASD, where PyTorch and their weights are at hand; lip-sync everywhere else.

    It says in the log which one it took. It downloads nothing: ``clipy models pull lr-asd`` puts the best at hand.
    """

    version = 1

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
        """The detector that does the work."""
        if importlib.util.find_spec("torch") is not None:
            for name, kind, weights in _BEST_FIRST:
                if models.find(weights) is not None:
                    backend = kind()
                    backend.name = name
                    return backend
                log.info("%s is not taken: its weights are not here (clipy models pull %s)", name, weights.name)
        else:
            log.info('networks are not taken: PyTorch is not here (pip install "clipy[lr-asd]")')
        backend = LipSync()
        backend.name = "lip-sync"
        return backend
