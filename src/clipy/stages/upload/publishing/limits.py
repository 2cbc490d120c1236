"""What platforms allow, as data with the day on which it was read. Checked before any byte is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clipy.media.media_info import MediaInfo

_CONTAINERS = {"mp4": "mov", "mov": "mov", "webm": "webm"}  # our names -> a part of FFmpeg's


@dataclass(frozen=True)
class Limits:
    """One platform's limits; what is None is not limited, or not known.

    ``per_day`` counts uploads of one account, over the last 24 hours or since midnight at the platform (``day``).
    """

    checked: date
    source: str
    containers: tuple[str, ...] = ("mp4", "mov", "webm")
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    most_bytes: int | None = None
    shortest: Fraction = Fraction(0)
    longest: Fraction | None = None
    frame_rates: tuple[int, int] | None = None
    sides: tuple[int, int] | None = None
    widest: int | None = None
    index_first: bool = False
    title: int | None = None
    description: int | None = None
    hashtags: int | None = None
    per_day: int | None = None
    day: Literal["rolling", "America/Los_Angeles"] = "rolling"

    def problems(self, found: MediaInfo) -> Iterator[str]:
        """Everything about a file that the platform would refuse, in plain words."""
        if self.containers and not any(_CONTAINERS[n] in found.container.split(",") for n in self.containers):
            yield f"the file is {found.container}, it takes {_list(self.containers)}"
        if found.size == 0:
            yield "the file is empty"
        if self.most_bytes is not None and found.size > self.most_bytes:
            yield f"the file has {_megabytes(found.size)}, it takes {_megabytes(self.most_bytes)}"
        yield from self._codec_problems(found)
        if found.duration < self.shortest:
            yield f"the clip is {float(found.duration):.1f} s long, it takes {float(self.shortest):g} s or more"
        if self.longest is not None and found.duration > self.longest:
            yield f"the clip is {float(found.duration):.1f} s long, it takes {float(self.longest):g} s or less"
        if self.frame_rates and not self.frame_rates[0] <= round(found.frame_rate, 1) <= self.frame_rates[1]:
            low, high = self.frame_rates
            yield f"the clip has {float(found.frame_rate):.2f} pictures a second, it takes {low} to {high}"
        yield from self._size_problems(found)
        if self.index_first and not found.streams_at_once:
            yield "its index lies at the end of the file; move it with: ffmpeg -i FILE -c copy -movflags +faststart"

    def _codec_problems(self, found: MediaInfo) -> Iterator[str]:
        if self.video_codecs and found.video_codec not in self.video_codecs:
            yield f"the pictures are {found.video_codec}, it takes {_list(self.video_codecs)}"
        if self.audio_codecs and found.audio_codec and found.audio_codec not in self.audio_codecs:
            yield f"the sound is {found.audio_codec}, it takes {_list(self.audio_codecs)}"

    def _size_problems(self, found: MediaInfo) -> Iterator[str]:
        size = f"the pictures are {found.width}x{found.height}"
        if self.sides and not all(self.sides[0] <= side <= self.sides[1] for side in (found.width, found.height)):
            yield f"{size}, it takes sides of {self.sides[0]} to {self.sides[1]}"
        if self.widest is not None and found.width > self.widest:
            yield f"{size}, it takes at most {self.widest} across"

    def day_began(self, now: datetime | None = None) -> datetime:
        """Since when uploads count against ``per_day``."""
        now = now or datetime.now(UTC)
        if self.day == "rolling":
            return now - timedelta(days=1)
        try:
            there = now.astimezone(ZoneInfo(self.day))
        except ZoneInfoNotFoundError:  # a machine without the time zone data: standard time is never too early
            there = now - timedelta(hours=8)
            return there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=8)
        return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _list(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 10**9 else f"{size / 1e9:.2f} GB"
