"""TalkNet: an active-speaker network from a file of its published weights."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from clipy import models
from clipy.analysis.speakers.scoring.network import SpeakerNetwork
from clipy.analysis.speakers.scoring.networked import NetworkSpeakers
from clipy.context import Context

_PUBLISHED = "https://github.com/TaoRuijie/TalkNet-ASD"


class TalkNet(NetworkSpeakers):
    """Each face is seen and heard by the network of Tao et al. (ACM MM 2021): the best known, and the heaviest.

    Its authors publish the weights on a drive that gives no checksum, so that clipy cannot fetch them by itself: name
    the file ``pretrain_TalkSet.model`` (or ``pretrain_AVA.model``) that their demo downloads. Only numbers are read.
    """

    version = 3

    class Options(NetworkSpeakers.Options):
        path: Path | None = Field(None, description="File of TalkNet's published weights; there is no default.")

    options: Options

    reach = 20

    def input_digests(self) -> tuple[str, ...]:
        return (models.digest(self._path()),)

    def load(self, ctx: Context) -> SpeakerNetwork:
        return SpeakerNetwork.load("talknet", self._path(), ctx.device, self.options.batch)

    def _path(self) -> Path:
        do = f"Get pretrain_TalkSet.model as {_PUBLISHED} says, and name it: --set speakers.path=FILE"
        return models.own_file(self.options.path, "TalkNet", do)
