"""TikTok: its two ways of posting, its rules, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload import tiktok as module
from clipy.stages.upload.publishing.journal import open_journal
from clipy.stages.upload.tiktok import TikTok
from clipy.types import Clip
from fixtures.publishing.clips import log_in, make_clip, make_context
from fixtures.publishing.server import Fault
from fixtures.publishing.tiktok_server import TikTokServer, refusal
from tests.publishing.worlds import QUICK

DIRECT = {"mode": "direct", "privacy": "SELF_ONLY"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TikTokServer]:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    log_in(tmp_path, "tiktok", access_token="token-that-is-good-1")
    with TikTokServer() as found:
        yield found


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, 200_000)


def tiktok(server: TikTokServer, **options: Any) -> TikTok:
    return TikTok(TikTok.Options(**{"base_url": server.url, **QUICK, **options}))


def request(server: TikTokServer) -> dict[str, Any]:
    (upload,) = server.uploads.values()
    return upload.request


def test_direct_post_has_every_required_field(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    uploader = tiktok(server, **DIRECT, hashtags=("bees",), synthetic=True, cover_at=1.5)
    shown = uploader.preview(clip, make_context(tmp_path))
    assert uploader.upload(clip, make_context(tmp_path)).where == "https://www.tiktok.com/@bees/video/7123456789"
    assert request(server) == shown["requests"][1]["json"]
    assert request(server)["post_info"] == {
        "title": "Why bees <dance>\n\n#bees",
        "privacy_level": "SELF_ONLY",
        "disable_comment": True,
        "disable_duet": True,
        "disable_stitch": True,
        "video_cover_timestamp_ms": 1500,
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
        "is_aigc": True,
    }


def test_draft_goes_to_the_inbox(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    post = tiktok(server).upload(clip, make_context(tmp_path))
    assert "finish it there" in post.where
    assert "post_info" not in request(server)


def test_post_without_public_id_links_to_the_profile(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    server.names_post = False
    assert tiktok(server, **DIRECT).upload(clip, make_context(tmp_path)).where == "https://www.tiktok.com/@bees"


def test_title_is_cut_in_utf16_units(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    tiktok(server, **DIRECT, title="🐝" * 2000).upload(clip, make_context(tmp_path))
    assert len(request(server)["post_info"]["title"].encode("utf-16-le")) // 2 <= 2200


@pytest.mark.parametrize(
    ("options", "creator", "says"),
    [
        ({"mode": "direct"}, {}, "no privacy is set"),
        ({**DIRECT, "paid_partnership": True}, {}, "cannot be private"),
        ({"mode": "direct", "privacy": "MUTUAL_FOLLOW_FRIENDS"}, {}, "Choose one of: PUBLIC_TO_EVERYONE, SELF_ONLY"),
        (DIRECT, {"max_video_post_duration_sec": 3}, "may post 3 s at most"),
        ({**DIRECT, "duets": True}, {}, "duets are turned off"),
    ],
)
def test_creator_restrictions_are_reported_before_sending(
    server: TikTokServer, clip: Clip, tmp_path: Path, options: dict[str, Any], creator: dict[str, Any], says: str
) -> None:
    server.creator |= creator
    with pytest.raises(UploadRefused, match=says):
        tiktok(server, **options).upload(clip, make_context(tmp_path))
    assert server.uploads == {}


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("spam_risk_too_many_posts", UploadLater, "limit of posts per day"),
        ("reached_active_user_cap", UploadLater, "daily limit of users"),
        ("unaudited_client_can_only_post_to_private_accounts", UploadRefused, "is not audited yet"),
        ("scope_not_authorized", LoginNeeded, "clipy login tiktok"),
        ("access_token_invalid", LoginNeeded, "Run: clipy login tiktok"),
        ("rate_limit_exceeded", UploadError, "TikTok is busy"),
    ],
)
@pytest.mark.parametrize("status", [200, 403])
def test_errors_are_readable_for_any_status(
    server: TikTokServer, clip: Clip, tmp_path: Path, code: str, kind: type[UploadError], says: str, status: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal(status, code)

    server._begin = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(kind, match=says):
        tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))


def test_post_that_fails_in_processing_gives_the_reason(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    server.fails = "frame_rate_check_failed"
    with pytest.raises(UploadRefused, match="23 to 60 fps"):
        tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    server.fails = ""
    tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    assert len(server.posts) == 1


def test_chunked_upload_resumes_at_the_missing_chunk(
    server: TikTokServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.megabyte = 1000
    monkeypatch.setattr(module, "_MAX_CHUNK", 64_000)
    clip = make_clip(tmp_path, 300_123)
    server.faults = {3: Fault("drop within", 10), 5: Fault("wrong range")}
    tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    assert server.posts == [clip.path.read_bytes()]
    ranges = [headers["content-range"] for method, _, headers, status in server.transcript if status in {201, 206}]
    assert ranges[0] == "bytes 0-63999/300123"
    assert ranges[-1] == "bytes 192000-300122/300123"


def test_expired_upload_address_asks_before_replacing(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    """A new one costs one of the day's posts, so the user decides by running again."""
    server.faults = {2: Fault("expire")}
    with pytest.raises(UploadRefused, match="valid for an hour"):
        tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    assert len(server.uploads) == 1
    tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    assert len(server.uploads) == 2


def test_five_drafts_per_day_is_the_limit(server: TikTokServer, clip: Clip, tmp_path: Path) -> None:
    ctx = make_context(tmp_path)
    uploader = tiktok(server)
    for _ in range(5):
        open_journal(ctx.store.root).count_upload(uploader.make_job(clip, ctx).identity)
    assert uploader.preview(clip, ctx)["left_today"] == "0 of 5"
    with pytest.raises(UploadLater, match="5 uploads to tiktok are used up"):
        uploader.upload(clip, ctx)


def test_upload_address_is_requested_again_after_losing_the_vault(
    server: TikTokServer, clip: Clip, tmp_path: Path
) -> None:
    server.faults = {index: Fault("drop before") for index in range(2, 9)}
    with pytest.raises(UploadError, match="continue where it stopped"):
        tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    server.faults.clear()
    (tmp_path / "tokens.json").unlink()
    log_in(tmp_path, "tiktok", access_token="token-that-is-good-1")
    tiktok(server, **DIRECT).upload(clip, make_context(tmp_path))
    assert (len(server.uploads), len(server.posts)) == (2, 1)
