"""Upload limits of the platforms, each with its source and the date it was read. Update both when they change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clipy.media.media_info import MediaInfo
from clipy.types import Finding, Video

_MB = 1_000_000
_GB = 1_000 * _MB


@dataclass(frozen=True, slots=True)
class Platform:
    """Limits of one platform, as (lowest, highest): ``seconds`` of length, ``rate`` in frames per second, ``sides`` in
    pixels, ``shape`` as width / height. ``size`` is in bytes; ``codecs`` are FFmpeg's names.
    """

    title: str
    seconds: tuple[float, float]
    rate: tuple[float, float]
    sides: tuple[int, int]
    shape: tuple[float, float]
    size: int
    codecs: tuple[str, ...]
    source: str
    read: str  # ISO date
    index_first: bool = False  # whether an MP4's index (moov) must precede the media data


PLATFORMS = {
    "shorts": Platform(
        title="YouTube Shorts",
        seconds=(1, 180),
        rate=(1, 60),
        sides=(120, 7680),
        shape=(0.01, 1),  # upright or square
        size=256 * _GB,
        codecs=("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores"),
        source="https://support.google.com/youtube/answer/15424877",
        read="2026-11-25",
    ),
    "reels": Platform(
        title="Instagram Reels",
        seconds=(3, 900),
        rate=(23, 60),
        sides=(1, 3600),
        shape=(0.01, 10),
        size=300 * _MB,
        codecs=("h264", "hevc"),
        index_first=True,
        source="https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media",
        read="2026-11-25",
    ),
    "tiktok": Platform(
        title="TikTok",
        seconds=(3, 600),
        rate=(23, 60),
        sides=(360, 4096),
        shape=(0.01, 10),
        size=4 * _GB,
        codecs=("h264", "hevc", "vp8", "vp9"),
        source="https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
        read="2026-11-25",
    ),
}


def refusals(name: str, video: Video, facts: MediaInfo) -> Iterator[Finding]:
    """Yield an error for each limit of a platform that a file breaks."""
    platform = PLATFORMS[name]
    measured = (
        ("length", float(video.duration), platform.seconds, "s"),
        ("frame rate", float(video.frame_rate), platform.rate, "frames per second"),
        ("shorter side", float(min(video.width, video.height)), (platform.sides[0], float("inf")), "pixels"),
        ("longer side", float(max(video.width, video.height)), (0, platform.sides[1]), "pixels"),
        ("aspect ratio", video.width / video.height, platform.shape, "(width to height)"),
        ("size", facts.size / _MB, (0, platform.size / _MB), "MB"),
    )
    for what, value, (least, most), unit in measured:
        if not least * 0.999 <= value <= most * 1.001:  # rounding of times and rates
            limit = least if value < least else most
            message = f"{platform.title} accepts a {what} of {least:g} to {most:g} {unit}; this has {value:.4g}"
            yield Finding(f"platform-{name}", "error", message, value=value, limit=limit)
    if facts.video_codec not in platform.codecs:
        message = f"{platform.title} accepts {', '.join(platform.codecs)}; this is {facts.video_codec}"
        yield Finding(f"platform-{name}", "error", message)
    if platform.index_first and facts.index_first is False:
        yield Finding(f"platform-{name}", "error", f"{platform.title} needs the index at the start (use faststart)")
