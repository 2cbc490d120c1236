"""What kind of video it is, as option values: what suits a podcast does not suit a film.

Each profile fills in common options of the highlighters (``clipy.stages.base.Highlighter.Options``); an option that the
user sets always wins. Lengths follow what editors publish of each kind: talk is cut tighter than lectures, whose
thoughts take longer. Silence is part of how films tell, and dead air in talk. ``snap`` is how near a cut of the picture
must be to become a clip's edge: cuts carry the rhythm of film and television; a lecture's slides or a stream's single
camera hardly have any, and are followed only where it costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Profile: TypeAlias = Literal["podcast", "film", "tv", "lecture", "stream"]

PROFILES: Mapping[str, Mapping[str, float]] = {
    "podcast": {"min_duration": 20, "max_duration": 90, "target_duration": 45, "max_silence": 2.5, "snap": 0.5},
    "film": {"min_duration": 15, "max_duration": 75, "target_duration": 40, "max_silence": 12, "snap": 1.5},
    "tv": {"min_duration": 15, "max_duration": 60, "target_duration": 35, "max_silence": 4, "snap": 1.0},
    "lecture": {"min_duration": 30, "max_duration": 120, "target_duration": 60, "max_silence": 5, "snap": 0.2},
    "stream": {"min_duration": 15, "max_duration": 60, "target_duration": 30, "max_silence": 3, "snap": 0.2},
}
"""Common options by kind of video, in seconds."""


def fitted(profile: Mapping[str, float], given: Mapping[str, object]) -> dict[str, float]:
    """A profile's values, its lengths moved inside the bounds that the user set, so that the two never contradict."""
    shortest, longest = given.get("min_duration"), given.get("max_duration")
    values = dict(profile)
    for name in ("min_duration", "max_duration", "target_duration"):
        if isinstance(shortest, int | float):
            values[name] = max(values[name], shortest)
        if isinstance(longest, int | float):
            values[name] = min(values[name], longest)
    return values
