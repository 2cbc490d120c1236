"""A real kill -9 of the whole program, at the worst moments, and then the same command again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.publishing.clips import log_in
from fixtures.publishing.instagram_server import USER, InstagramServer
from fixtures.publishing.server import Fault, LocalServer
from fixtures.publishing.tiktok_server import TikTokServer
from fixtures.publishing.youtube_server import GRAIN, YouTubeServer
from tests.publishing.delivered import make_folder
from tests.publishing.program import clipy

OPTIONS = {
    "youtube": ("base_url={url}", f"chunk={GRAIN}"),
    "tiktok": ("base_url={url}", "mode=direct", "privacy=SELF_ONLY"),
    "instagram": ("base_url={url}", "upload_url={url}"),
}
SERVERS: dict[str, type[LocalServer]] = {
    "youtube": YouTubeServer,
    "tiktok": TikTokServer,
    "instagram": InstagramServer,
}


@pytest.mark.parametrize(
    ("platform", "request_number", "moment"),
    [
        ("youtube", 0, "kill after"),  # the session is there, and nobody knows its address
        ("youtube", 1, "kill before"),
        ("youtube", 2, "kill before"),  # the last bytes
        ("youtube", 2, "kill after"),  # the video is there, and nobody was told
        ("tiktok", 2, "kill after"),
        ("instagram", 2, "kill after"),
        ("instagram", 5, "kill before"),  # the call that publishes
        ("instagram", 5, "kill after"),
    ],
)
def test_rerun_after_a_kill_ends_with_one_post(tmp_path: Path, platform: str, request_number: int, moment: str) -> None:
    folder = make_folder(tmp_path / "clips", (2 * GRAIN,))
    log_in(tmp_path, platform, access_token="token-that-is-good-1", user_id=USER)
    with SERVERS[platform]() as server:
        sets = [f"--set=upload.{platform}.{option.format(url=server.url)}" for option in OPTIONS[platform]]
        command = ["upload", str(folder), "--to", platform, *sets, f"--set=upload.{platform}.poll=0"]
        server.faults = {request_number: Fault(moment)}
        killed = clipy(tmp_path, command, {}, server)
        assert killed.code != 0
        again = clipy(tmp_path, command, {}, server)
        assert again.code == 0, again.said
        assert server.posts == [(folder / "bees-01.mp4").read_bytes()]
        assert clipy(tmp_path, command, {}, server).code == 0
        assert len(server.posts) == 1
