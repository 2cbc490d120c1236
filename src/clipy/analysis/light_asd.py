"""Light-ASD: an active-speaker network from its published weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from clipy import models
from clipy.analysis.networked import NetworkSpeakers
from clipy.context import Context

if TYPE_CHECKING:
    from clipy.analysis.networks.parts import SpeakerNetwork

_MODELS = {"talkset": models.LIGHT_ASD, "ava": models.LIGHT_ASD_AVA}


class LightAsd(NetworkSpeakers):
    """Each face is seen and heard by a small network (Liao et al., CVPR 2023) with its published weights.

    Its kernels see the picture and time apart, so that it runs on a processor.
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
        from clipy.analysis.networks import light_asd

        return light_asd.load(models.fetch(_MODELS[self.options.trained_on], report=ctx.report))
