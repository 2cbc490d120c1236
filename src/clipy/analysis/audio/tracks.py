"""What of a video's sound is heard, decided once for all of it: which tracks, and what is mended in them."""

from __future__ import annotations

import logging
from dataclasses import replace

from clipy.analysis.audio.track_choice import choose
from clipy.analysis.audio.track_survey import Survey, survey
from clipy.context import Context
from clipy.types import Video

log = logging.getLogger(__name__)

_VERSION = 3


def choose_mixes(video: Video, ctx: Context, *, track: str = "", clip_track: str = "", language: str = "") -> Video:
    """The same video with its mixes decided, and what was decided in the log; as it is when it has no sound.

    ``track``, ``clip_track`` and ``language`` as for ``track_choice.choose``. Raises ConfigError for a track that is
    not there.
    """
    if not video.audio:
        return video
    ctx.report("Listening to the sound tracks")
    found = ctx.cached_value("transcribe.tracks", _VERSION, (video,), Survey, lambda: survey(video))
    choice = choose(video, found, track=track, clip_track=clip_track, language=language)
    for note in choice.notes:
        log.warning("%s: %s", video.path.name, note)
    return replace(video, speech_mix=choice.speech_mix, clip_mix=choice.clip_mix)
