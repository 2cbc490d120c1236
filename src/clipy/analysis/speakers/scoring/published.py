"""Active-speaker networks of which the authors publish two sets of weights beside their code, under a free licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from clipy import models
from clipy.analysis.speakers.scoring.network import SpeakerNetwork
from clipy.analysis.speakers.scoring.networked import NetworkSpeakers
from clipy.context import Context


class PublishedSpeakers(NetworkSpeakers):
    """Core of the detectors whose weights clipy fetches by itself; a backend names the network and its weights."""

    class Options(NetworkSpeakers.Options):
        trained_on: Literal["talkset", "ava"] = Field(
            "talkset", description="Weights for videos of any kind (talkset), or for films (ava)."
        )

    options: Options

    network: ClassVar[str]  # the name of its graphs
    published: ClassVar[Mapping[str, models.Model]]  # what it was trained on -> its weights

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(self.published[self.options.trained_on]),)

    def load(self, ctx: Context) -> SpeakerNetwork:
        path = models.fetch(self.published[self.options.trained_on], report=ctx.report)
        return SpeakerNetwork.load(self.network, path, ctx.device, self.options.batch)
