"""Sources that have only sound: their waveform is what moves in the picture."""

from __future__ import annotations

import logging
from typing import cast

from clipy import registry
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.waveform import Waveform
from clipy.types import Video

log = logging.getLogger(__name__)


def with_waveform(video: Video, pizzazz: tuple[Pizzazz, ...]) -> tuple[Pizzazz, ...]:
    """The pizzazz for a source: behind what cuts parts out, a waveform where it has only sound and none is picked."""
    if not video.sound_only or any(isinstance(one, Waveform) for one in pizzazz):
        return pizzazz
    log.info("%s has no picture: clips show its cover, if it has one, and a waveform", video.path.name)
    waveform = cast("Waveform", registry.create("pizzazz", "waveform", {}))
    drawn = next((n for n, one in enumerate(pizzazz) if not one.retimes), len(pizzazz))
    return (*pizzazz[:drawn], waveform, *pizzazz[drawn:])
