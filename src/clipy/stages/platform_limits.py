"""What platforms accept, as data with source and date. Uploaders and the technical reviewer check files by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clipy.media.media_info import MediaInfo

_ROUNDING = 0.001  # of a duration: containers round their times
_FFMPEG_NAMES = {"mp4": "mov", "mov": "mov", "webm": "webm"}  # container -> the name among FFmpeg's


@dataclass(frozen=True, slots=True)
class Breach:
    """One limit that a file breaks: for people, and as numbers where it is one (sizes of files in MB)."""

    message: str
    value: float | None = None
    limit: float | None = None


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
    ratios: tuple[float, float] | None = None
    needs_fast_start: bool = False
    title: int | None = None
    description: int | None = None
    hashtags: int | None = None
    per_day: int | None = None
    day: Literal["rolling", "America/Los_Angeles"] = "rolling"

    def problems(self, file: MediaInfo) -> Iterator[str]:
        """Everything about a file that the platform would refuse, for people."""
        yield from (breach.message for breach in self.breaches(file))

    def breaches(self, file: MediaInfo) -> Iterator[Breach]:
        """The same with the value that was found and the limit, where they are numbers."""
        if self.containers and not any(_FFMPEG_NAMES[name] in file.container.split(",") for name in self.containers):
            yield Breach(f"the container is {file.container} instead of {_list(self.containers)}")
        if file.size == 0:
            yield Breach("the file is empty", 0, 1)
        if self.max_bytes is not None and file.size > self.max_bytes:
            message = f"the file has {_megabytes(file.size)} (maximum {_megabytes(self.max_bytes)})"
            yield Breach(message, file.size / 1e6, self.max_bytes / 1e6)
        yield from self._codec_breaches(file)
        yield from self._time_breaches(file)
        yield from self._size_breaches(file)
        if self.needs_fast_start and file.index_first is False:
            how = "ffmpeg -i FILE -c copy -movflags +faststart"
            yield Breach(f"the index is at the end of the file; move it with: {how}")

    def _codec_breaches(self, file: MediaInfo) -> Iterator[Breach]:
        if self.video_codecs and file.video_codec not in self.video_codecs:
            yield Breach(f"the video codec is {file.video_codec} instead of {_list(self.video_codecs)}")
        if self.audio_codecs and file.audio_codec and file.audio_codec not in self.audio_codecs:
            yield Breach(f"the audio codec is {file.audio_codec} instead of {_list(self.audio_codecs)}")

    def _time_breaches(self, file: MediaInfo) -> Iterator[Breach]:
        length, rate = float(file.duration), float(file.frame_rate)
        if length < float(self.min_duration) * (1 - _ROUNDING):
            low = float(self.min_duration)
            yield Breach(f"the clip is {length:.1f} s long (minimum {low:g} s)", length, low)
        if self.max_duration is not None and length > float(self.max_duration) * (1 + _ROUNDING):
            high = float(self.max_duration)
            yield Breach(f"the clip is {length:.1f} s long (maximum {high:g} s)", length, high)
        if self.frame_rates and not self.frame_rates[0] <= round(rate, 1) <= self.frame_rates[1]:
            low, high = self.frame_rates
            message = f"the frame rate is {rate:.2f} fps ({low} to {high} allowed)"
            yield Breach(message, rate, low if rate < low else high)

    def _size_breaches(self, file: MediaInfo) -> Iterator[Breach]:
        size, sides = f"the picture is {file.width}x{file.height}", sorted((file.width, file.height))
        if self.side_range and not self.side_range[0] <= sides[0] <= sides[1] <= self.side_range[1]:
            low, high = self.side_range
            wrong = (sides[0], low) if sides[0] < low else (sides[1], high)
            yield Breach(f"{size} (sides of {low} to {high} allowed)", *wrong)
        if self.max_width is not None and file.width > self.max_width:
            yield Breach(f"{size} (maximum width {self.max_width})", file.width, self.max_width)
        ratio = file.width / max(1, file.height)
        if self.ratios and not self.ratios[0] <= ratio <= self.ratios[1]:
            least, most = self.ratios
            message = f"{size} (width to height of {least:g} to {most:g} allowed)"
            yield Breach(message, ratio, least if ratio < least else most)

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


YOUTUBE = PlatformLimits(
    as_of=date(2026, 11, 23),
    source="https://developers.google.com/youtube/v3/docs/videos/insert",
    containers=(),
    max_bytes=256 * 10**9,
    max_duration=Fraction(12 * 3600),
    title=100,
    description=5000,
    per_day=100,
    day="America/Los_Angeles",
)
"""Any video, through the API."""

YOUTUBE_SHORTS = replace(
    YOUTUBE,
    as_of=date(2026, 11, 25),
    source="https://support.google.com/youtube/answer/15424877",
    video_codecs=("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores"),
    min_duration=Fraction(1),
    max_duration=Fraction(180),
    frame_rates=(1, 60),
    side_range=(120, 7680),
    ratios=(0.01, 1),
)
"""What becomes a Short: upright or square, and up to three minutes."""

INSTAGRAM_REELS = PlatformLimits(
    as_of=date(2026, 11, 23),
    source="https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media",
    containers=("mp4", "mov"),
    video_codecs=("h264", "hevc"),
    audio_codecs=("aac",),
    max_bytes=300 * 10**6,
    min_duration=Fraction(3),
    max_duration=Fraction(900),
    frame_rates=(23, 60),
    max_width=1920,
    ratios=(0.01, 10),
    needs_fast_start=True,
    description=2200,
    hashtags=30,
)

TIKTOK = PlatformLimits(
    as_of=date(2026, 11, 23),
    source="https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
    video_codecs=("h264", "hevc", "vp8", "vp9"),
    max_bytes=4 * 10**9,
    min_duration=Fraction(3),
    max_duration=Fraction(600),
    frame_rates=(23, 60),
    side_range=(360, 4096),
    title=2200,
    per_day=15,
)
