"""Presets: values for options of several stages at once, below anything that the user sets.

A preset of speed and quality (``draft``, ``good``, ``best``) can be joined with that of a platform. The platforms' own
limits, with sources, are those of their uploaders and reviewers; what is set here keeps within them and is what does
well there: shorter than allowed, and the loudness to which the platforms normalize.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clipy import registry
from clipy.errors import SettingError, did_you_mean

Values = Mapping[str, Any]
EVERY = "*"  # in place of a backend: each that has the option

QUALITY: Mapping[str, Mapping[str, Mapping[str, Values]]] = {
    "draft": {"render": {"x264": {"quality": "draft"}}},
    "good": {},
    "best": {"render": {"x264": {"quality": "best"}}, "transcribe": {"faster-whisper": {"beam_size": 5}}},
}


def _platform(
    longest: float, max_size: str, *, ratio: str = "9:16", checked: tuple[str, ...] = ()
) -> Mapping[str, Mapping[str, Values]]:
    """Length (seconds), file size and shape of a platform; ``checked``: what the technical reviewer knows it as."""
    upright = ratio == "9:16"
    review = {"review": {"technical": {"platforms": checked}}} if checked else {}
    return {
        "highlight": {EVERY: {"max_duration": longest}},
        "reframe": {EVERY: {"ratio": ratio}},
        "pizzazz": {EVERY: {"safe_area": upright}},
        "render": {EVERY: {"max_size": max_size, "loudness": -14.0, "true_peak": -1.0}},
        **review,
    }


PLATFORMS: Mapping[str, Mapping[str, Mapping[str, Values]]] = {
    "shorts": _platform(60, "2GB", checked=("shorts",)),  # 180 s are taken; songs are licensed for 60
    "reels": _platform(90, "300MB", checked=("reels",)),
    "tiktok": _platform(60, "4GB", checked=("tiktok",)),
    "x": _platform(140, "512MB"),  # without a paid account: https://docs.x.com/x-api/media/quickstart/best-practices
    "linkedin": _platform(90, "200MB", ratio="4:5"),  # in the feed, with nothing drawn over it
}
PRESETS: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]] = {**QUALITY, **PLATFORMS}


def values(presets: Sequence[str], group: str, backend: str) -> dict[str, Any]:
    """What presets set of a backend's options; a later one counts more. Raises SettingError for one that is unknown."""
    found: dict[str, Any] = {}
    for name in presets:
        if name not in PRESETS:
            nearest = did_you_mean(name, PRESETS) or f"Choose one of: {', '.join(PRESETS)}"
            raise SettingError(f"unknown preset {name!r}", do=nearest)
        table = PRESETS[name].get(group, {})
        if EVERY in table:
            known = registry.load(group, backend).Options.model_fields
            found |= {option: value for option, value in table[EVERY].items() if option in known}
        found |= table.get(backend, {})
    return found
