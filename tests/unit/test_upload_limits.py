"""What platforms allow, and when posts go out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from clipy.media.media_info import MediaInfo, media_info
from clipy.stages.platform_limits import PlatformLimits
from clipy.stages.upload.instagram import Instagram
from clipy.stages.upload.publishing.schedule import Interval, Timestamp, format_utc
from clipy.stages.upload.tiktok import TikTok, chunk_ranges, chunk_size
from clipy.stages.upload.youtube import YouTube
from fixtures.media import make_video

GOOD = MediaInfo("mov,mp4,m4a", 10**6, Fraction(30), "h264", "aac", "yuv420p", 1080, 1920, Fraction(30), True)


@pytest.mark.parametrize("kind", [YouTube, TikTok, Instagram])
def test_clipys_output_is_within_all_limits(kind: type[YouTube | TikTok | Instagram]) -> None:
    assert list(kind.limits.problems(GOOD)) == []
    assert kind.limits.as_of >= date(2026, 11, 23)
    assert kind.limits.source.startswith("https://")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"container": "avi"}, "the container is avi"),
        ({"size": 0}, "empty"),
        ({"size": 301 * 10**6}, "maximum 300.0 MB"),
        ({"video_codec": "av1"}, "av1"),
        ({"audio_codec": "opus"}, "opus"),
        ({"duration": Fraction(2)}, "minimum 3 s"),
        ({"duration": Fraction(901)}, "maximum 900 s"),
        ({"frame_rate": Fraction(15)}, "15.00 fps"),
        ({"width": 2160}, "maximum width 1920"),
        ({"index_first": False}, "faststart"),
    ],
)
def test_instagrams_limits_are_checked_before_uploading(change: dict[str, Any], says: str) -> None:
    problems = list(Instagram.limits.problems(replace(GOOD, **change)))
    assert len(problems) == 1
    assert says in problems[0]


def test_ntsc_rates_meet_integer_limits() -> None:
    film = replace(GOOD, frame_rate=Fraction(60000, 1001))
    assert list(TikTok.limits.problems(film)) == []


def test_media_info_is_read_from_the_file(tmp_path: Path) -> None:
    found = media_info(make_video(tmp_path / "a.mp4", seconds=1, size=(64, 128), index_first=False))
    assert (found.video_codec, found.audio_codec, found.width, found.height) == ("h264", "aac", 64, 128)
    assert "mp4" in found.container
    assert not found.index_first
    assert media_info(make_video(tmp_path / "b.mp4", seconds=1, size=(64, 128))).index_first
    assert media_info(make_video(tmp_path / "a.mkv", seconds=1, size=(64, 128))).index_first is None


@pytest.mark.parametrize(
    ("size", "chunk", "ranges"),
    [
        (3_145_728, 3_145_728, [(0, 3_145_728)]),
        (50_000_123, 10_000_000, [(n * 10**7, (n + 1) * 10**7) for n in range(4)] + [(40_000_000, 50_000_123)]),
        (64_000_001, 64_000_000, [(0, 64_000_001)]),
        (150_000_000, 64_000_000, [(0, 64_000_000), (64_000_000, 150_000_000)]),
    ],
)
def test_tiktok_chunks_match_its_documentation(size: int, chunk: int, ranges: list[tuple[int, int]]) -> None:
    assert chunk_ranges(size, chunk) == ranges


@pytest.mark.parametrize("size", [1, 5_000_000, 64_000_000, 64_000_001, 100_000_000, 127_999_999, 128_000_000, 2**32])
def test_tiktok_chunks_respect_every_limit(size: int) -> None:
    chunk = chunk_size(size)
    ranges = chunk_ranges(size, chunk)
    assert [a for a, _ in ranges[1:]] == [b for _, b in ranges[:-1]]
    assert (ranges[0][0], ranges[-1][1]) == (0, size)
    assert len(ranges) == max(1, size // chunk) <= 1000
    assert all(5_000_000 <= b - a <= 64_000_000 for a, b in ranges[:-1])
    assert ranges[-1][1] - ranges[-1][0] <= 128_000_000
    assert (len(ranges) > 1) == (size > 64_000_000)


def test_youtube_quota_day_starts_at_midnight_pacific_time() -> None:
    limits = PlatformLimits(as_of=date(2026, 1, 1), source="", per_day=1, day="America/Los_Angeles")
    assert limits.day_start(datetime(2026, 7, 1, 6, 59, tzinfo=UTC)) == datetime(2026, 6, 30, 7, tzinfo=UTC)
    assert limits.day_start(datetime(2026, 12, 1, 8, 0, tzinfo=UTC)) == datetime(2026, 12, 1, 8, tzinfo=UTC)
    rolling = PlatformLimits(as_of=date(2026, 1, 1), source="")
    assert rolling.day_start(datetime(2026, 7, 2, tzinfo=UTC)) == datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1d", timedelta(days=1)),
        ("6h", timedelta(hours=6)),
        ("1d12h", timedelta(hours=36)),
        ("90m", timedelta(minutes=90)),
    ],
)
def test_intervals_are_parsed(text: str, expected: timedelta) -> None:
    assert TypeAdapter(Interval).validate_python(text) == expected


@pytest.mark.parametrize("text", ["soon", "0d", "-1d", "1", ""])
def test_invalid_intervals_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Interval).validate_python(text)


def test_times_without_offset_are_local() -> None:
    moments = TypeAdapter(Timestamp)
    assert moments.validate_python("2026-12-01T18:00").tzinfo is not None
    assert format_utc(moments.validate_python("2026-12-01T18:00+02:00")) == "2026-12-01T16:00:00Z"
    assert moments.validate_python(datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=1)))).utcoffset() == timedelta(
        hours=1
    )
    with pytest.raises(ValidationError, match="2026-12-01T18:00"):
        moments.validate_python("tomorrow")
