"""The mixes of a video, chosen once for all stages: which tracks, and with which repairs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from clipy.analysis.audio.track_choice import choose
from clipy.analysis.audio.track_survey import Survey, survey
from clipy.context import Context
from clipy.mixing import MixInput
from clipy.types import Video

log = logging.getLogger(__name__)

_VERSION = 3


def choose_mixes(
    video: Video,
    ctx: Context,
    *,
    track: str = "",
    clip_track: str = "",
    language: str = "",
    spoken: Callable[[Video], str] | None = None,
) -> Video:
    """Set the mixes of a video and log the choice; a video without sound is returned unchanged.

    ``track``, ``clip_track`` and ``language`` as for ``track_choice.choose``; ``spoken`` detects the language of a
    video reduced to one track. Raises ConfigError for a missing track.
    """
    if not video.audio:
        return video
    ctx.report("Analysing audio tracks")
    found = ctx.cached_value("transcribe.tracks", _VERSION, (video,), Survey, lambda: survey(video))

    def spoken_in(number: int) -> str:
        return "" if spoken is None else spoken(replace(video, speech_mix=(MixInput(number),)))

    choice = choose(video, found, track=track, clip_track=clip_track, language=language, spoken=spoken_in)
    for note in choice.notes:
        log.warning("%s: %s", video.path.name, note)
    return replace(video, speech_mix=choice.speech_mix, clip_mix=choice.clip_mix)
