"""What target platforms would refuse of a clip, as findings. The limits are those of the uploaders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from clipy.media.media_info import MediaInfo
from clipy.stages.platform_limits import INSTAGRAM_REELS, TIKTOK, YOUTUBE_SHORTS, PlatformLimits
from clipy.types import Finding, Video

_PLATFORMS: Mapping[str, tuple[str, PlatformLimits]] = {
    "shorts": ("YouTube Shorts", YOUTUBE_SHORTS),
    "reels": ("Instagram Reels", INSTAGRAM_REELS),
    "tiktok": ("TikTok", TIKTOK),
}


def refusals(name: str, video: Video, facts: MediaInfo) -> Iterator[Finding]:
    """Yield an error for each limit of a platform that a file breaks. Sizes are those of the upright display."""
    title, limits = _PLATFORMS[name]
    shown = replace(facts, width=video.width, height=video.height, duration=video.duration, frame_rate=video.frame_rate)
    for breach in limits.breaches(shown):
        message = f"{title}: {breach.message}"
        yield Finding(f"platform-{name}", "error", message, value=breach.value, limit=breach.limit)
