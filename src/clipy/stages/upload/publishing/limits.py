"""What platforms accept, as data with the date on which it was read. Checked before any byte is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clipy.media.media_info import MediaInfo

_FFMPEG_NAMES = {"mp4": "mov", "mov": "mov", "webm": "webm"}  # container -> the name among FFmpeg's


@dataclass(frozen=True)
class PlatformLimits:
    """One platform's limits; None: unlimited or unknown. Text lengths are in the platform's own unit.

    ``per_day`` counts uploads of one account, over the last 24 hours or since midnight at the platform (``day``).
    """

    as_of: date
    source: str
    containers: tuple[str, ...] = ("mp4", "mov", "webm")
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    max_bytes: int | None = None
    min_duration: Fraction = Fraction(0)
    max_duration: Fraction | None = None
    frame_rates: tuple[int, int] | None = None
    side_range: tuple[int, int] | None = None
    max_width: int | None = None
    needs_fast_start: bool = False
    title: int | None = None
    description: int | None = None
    hashtags: int | None = None
    per_day: int | None = None
    day: Literal["rolling", "America/Los_Angeles"] = "rolling"

    def problems(self, file: MediaInfo) -> Iterator[str]:
        """Everything about a file that the platform would refuse, for people."""
        if self.containers and not any(_FFMPEG_NAMES[name] in file.container.split(",") for name in self.containers):
            yield f"the container is {file.container} instead of {_list(self.containers)}"
        if file.size == 0:
            yield "the file is empty"
        if self.max_bytes is not None and file.size > self.max_bytes:
            yield f"the file has {_megabytes(file.size)} (maximum {_megabytes(self.max_bytes)})"
        yield from self._codec_problems(file)
        if file.duration < self.min_duration:
            yield f"the clip is {float(file.duration):.1f} s long (minimum {float(self.min_duration):g} s)"
        if self.max_duration is not None and file.duration > self.max_duration:
            yield f"the clip is {float(file.duration):.1f} s long (maximum {float(self.max_duration):g} s)"
        if self.frame_rates and not self.frame_rates[0] <= round(file.frame_rate, 1) <= self.frame_rates[1]:
            low, high = self.frame_rates
            yield f"the frame rate is {float(file.frame_rate):.2f} fps ({low} to {high} allowed)"
        yield from self._size_problems(file)
        if self.needs_fast_start and file.index_first is False:
            yield "the index is at the end of the file; move it with: ffmpeg -i FILE -c copy -movflags +faststart"

    def _codec_problems(self, file: MediaInfo) -> Iterator[str]:
        if self.video_codecs and file.video_codec not in self.video_codecs:
            yield f"the video codec is {file.video_codec} instead of {_list(self.video_codecs)}"
        if self.audio_codecs and file.audio_codec and file.audio_codec not in self.audio_codecs:
            yield f"the audio codec is {file.audio_codec} instead of {_list(self.audio_codecs)}"

    def _size_problems(self, file: MediaInfo) -> Iterator[str]:
        size = f"the picture is {file.width}x{file.height}"
        if self.side_range and not all(
            self.side_range[0] <= side <= self.side_range[1] for side in (file.width, file.height)
        ):
            yield f"{size} (sides of {self.side_range[0]} to {self.side_range[1]} allowed)"
        if self.max_width is not None and file.width > self.max_width:
            yield f"{size} (maximum width {self.max_width})"

    def day_start(self, now: datetime | None = None) -> datetime:
        """The time since which uploads count towards ``per_day``."""
        now = now or datetime.now(UTC)
        if self.day == "rolling":
            return now - timedelta(days=1)
        try:
            local = now.astimezone(ZoneInfo(self.day))
        except ZoneInfoNotFoundError:  # no time zone data on this machine: standard time is never too early
            local = now - timedelta(hours=8)
            return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=8)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _list(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 10**9 else f"{size / 1e9:.2f} GB"
