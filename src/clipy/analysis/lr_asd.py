"""Lr-ASD: an active-speaker network from its published weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from clipy import models
from clipy.analysis.networked import NetworkSpeakers
from clipy.context import Context

if TYPE_CHECKING:
    from clipy.analysis.networks.parts import SpeakerNetwork

_MODELS = {"talkset": models.LR_ASD, "ava": models.LR_ASD_AVA}


class LrAsd(NetworkSpeakers):
    """Each face is seen and heard by a smaller, sturdier network (Liao et al., IJCV 2025) with its published weights.

    It is quicker than Light-ASD, and better where faces are small or the sound is noisy.
    """

    version = 1

    class Options(NetworkSpeakers.Options):
        trained_on: Literal["talkset", "ava"] = Field(
            "talkset", description="Weights for videos of any kind (talkset), or for films (ava)."
        )

    options: Options

    def weights(self) -> tuple[str, ...]:
        return (models.sha256(_MODELS[self.options.trained_on]),)

    def load(self, ctx: Context) -> SpeakerNetwork:
        from clipy.analysis.networks import lr_asd

        return lr_asd.load(models.fetch(_MODELS[self.options.trained_on], report=ctx.report))
