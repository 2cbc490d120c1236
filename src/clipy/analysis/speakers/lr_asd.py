"""LR-ASD: an active-speaker network from its published weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clipy import models
from clipy.analysis.speakers.scoring.published import PublishedSpeakers


class LrAsd(PublishedSpeakers):
    """Each face is seen and heard by a smaller, sturdier network (Liao et al., IJCV 2025) with its published weights.

    It is quicker than Light-ASD, and better where faces are small or the sound is noisy.
    """

    version = 3

    network = "lr_asd"
    reach = 9
    published: ClassVar[Mapping[str, models.Model]] = {"talkset": models.LR_ASD, "ava": models.LR_ASD_AVA}
