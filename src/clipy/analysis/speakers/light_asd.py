"""Light-ASD: an active-speaker network from its published weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clipy import models
from clipy.analysis.speakers.scoring.published import PublishedSpeakers


class LightAsd(PublishedSpeakers):
    """Each face is seen and heard by a small network (Liao et al., CVPR 2023) with its published weights.

    Its kernels see the picture and time apart, so that it runs on a processor.
    """

    version = 3

    network = "light_asd"
    reach = 6
    published: ClassVar[Mapping[str, models.Model]] = {"talkset": models.LIGHT_ASD, "ava": models.LIGHT_ASD_AVA}
