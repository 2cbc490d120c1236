"""YouTube: what is sent, what belongs to a video, and what its errors say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused, UploadUnknown
from clipy.stages.upload.publishing.journal import open_journal
from clipy.stages.upload.youtube import YouTube
from clipy.types import Clip
from fixtures.publishing.clips import log_in, make_clip, make_context
from fixtures.publishing.server import Fault
from fixtures.publishing.youtube_server import GRAIN, YouTubeServer
from tests.publishing.worlds import QUICK


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTubeServer]:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    log_in(tmp_path, "youtube", access_token="token-that-is-good-1")
    with YouTubeServer() as found:
        yield found


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, 2 * GRAIN + 5)


def youtube(server: YouTubeServer, **options: Any) -> YouTube:
    return YouTube(
        YouTube.Options(**{"base_url": server.url, "token_url": server.url, "chunk": GRAIN, **QUICK, **options})
    )


def sent(server: YouTubeServer) -> dict[str, Any]:
    (video,) = server.videos.values()
    found: dict[str, Any] = video["sent"]
    return found


def test_video_is_private_by_default(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    youtube(server).upload(clip, make_context(tmp_path))
    assert sent(server)["status"]["privacyStatus"] == "private"
    youtube(server, privacy="public", slot="2").upload(clip, make_context(tmp_path))
    assert [video["sent"]["status"]["privacyStatus"] for video in server.videos.values()] == ["private", "public"]


def test_preview_matches_the_request(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    options = {"hashtags": ("bees", "two words"), "tags": ("{title}", "a, b"), "synthetic": True, "category": "27"}
    uploader = youtube(server, **options)
    shown = uploader.preview(clip, make_context(tmp_path))
    assert server.transcript == []
    uploader.upload(clip, make_context(tmp_path))
    assert sent(server) == shown["requests"][0]["json"]
    snippet, status = sent(server)["snippet"], sent(server)["status"]
    assert snippet["title"] == "Why bees ‹dance›"
    assert snippet["description"] == "It is a surprise.\n\n#bees #twowords"
    assert snippet["tags"] == ["Why bees ‹dance›", "a  b", "bees", "twowords"]
    assert (snippet["categoryId"], snippet["defaultLanguage"], status["containsSyntheticMedia"]) == ("27", "en", True)
    assert shown["requests"][1]["requests"] == 3
    assert shown["left_today"] == "100 of 100"


def test_long_texts_are_cut_to_youtube_limits(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    texts = {"title": "bee " * 60, "description": "ü" * 6000, "tags": tuple(f"tag number {n}" for n in range(60))}
    youtube(server, **texts).upload(clip, make_context(tmp_path))
    snippet = sent(server)["snippet"]
    assert len(snippet["title"]) <= 100
    assert snippet["title"].endswith("bee…")
    assert 4990 <= len(snippet["description"].encode()) <= 5000


def test_scheduled_video_is_published_by_youtube(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    youtube(server, at=at, every="1d").upload(clip, make_context(tmp_path))
    status = sent(server)["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_captions_and_thumbnail_are_added_once(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    """Each answer is lost once, and each thing is there once nevertheless."""
    server.polls = 2
    wanted = {"captions": True, "playlist": "PL1", "thumbnail": True}
    server.faults = {index: Fault("lost reply") for index in (5, 8, 14)}
    post = youtube(server, **wanted).upload(clip, make_context(tmp_path))
    assert post.where == "https://youtu.be/video0"
    assert len(server.captions) == 1
    assert "Every bee" in server.captions[0]["text"]
    assert server.playlist == ["video0"]
    assert server.thumbnails["video0"][:3] == b"\xff\xd8\xff"
    assert len(server.posts) == 1


def test_a_video_whose_captions_are_refused_is_still_posted(
    server: YouTubeServer, clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.may_read = False
    post = youtube(server, captions=True, processing=False).upload(clip, make_context(tmp_path))
    assert post.where == "https://youtu.be/video0"
    assert "the login lacks a permission" in caplog.text


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"uploadStatus": "rejected", "rejectionReason": "duplicate"}, "the same video is already on the channel"),
        ({"uploadStatus": "failed", "failureReason": "codec"}, "it cannot decode the video"),
    ],
)
def test_processing_verdict_is_reported(
    server: YouTubeServer,
    clip: Clip,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    status: dict[str, str],
    says: str,
) -> None:
    server.status = status
    youtube(server).upload(clip, make_context(tmp_path))
    assert says in caplog.text


def test_processing_wait_is_bounded(
    server: YouTubeServer, clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.polls = 10**6
    youtube(server, longest_wait=0).upload(clip, make_context(tmp_path))
    assert "still processing the video after 0 s" in caplog.text


@pytest.mark.parametrize(
    ("status", "reason", "kind", "says"),
    [
        (
            403,
            "quotaExceeded",
            UploadLater,
            "quota of your Google project is used up. Run again after midnight Pacific",
        ),
        (400, "uploadLimitExceeded", UploadLater, "reached its upload limit for today. Run again in 24 hours"),
        (400, "invalidTitle", UploadRefused, "invalid title"),
        (403, "forbidden", LoginNeeded, "this account is not allowed to do that"),
        (401, "authError", LoginNeeded, "Run: clipy login youtube"),
        (403, "rateLimitExceeded", UploadError, "YouTube is busy"),
        (400, "somethingNew", UploadRefused, "somethingNew"),
    ],
)
def test_errors_are_readable(
    server: YouTubeServer, clip: Clip, tmp_path: Path, status: int, reason: str, kind: type[UploadError], says: str
) -> None:
    server.refuse = (status, reason)
    with pytest.raises(kind, match=says):
        youtube(server).upload(clip, make_context(tmp_path))
    assert server.posts == []
    server.refuse = None
    assert youtube(server).upload(clip, make_context(tmp_path)).where


def test_invalid_youtube_option_is_refused_before_sending(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    for options, says in (
        ({"title": "{reason}{reason}", "privacy": "unlisted", "at": later}, "cannot be unlisted"),
        ({"title": " "}, "it has no title"),
        ({"made_for_kids": True, "notify": True}, "made for kids"),
    ):
        with pytest.raises(UploadRefused, match=says):
            youtube(server, **options).upload(clip, make_context(tmp_path))
    assert server.transcript == []


def test_daily_quota_is_counted_and_reported(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    ctx = make_context(tmp_path)
    uploader = youtube(server)
    job = uploader.make_job(clip, ctx)
    for _ in range(97):
        open_journal(ctx.store.root).count_upload(job.identity)
    assert uploader.preview(clip, ctx)["left_today"] == "3 of 100"
    for _ in range(3):
        open_journal(ctx.store.root).count_upload(job.identity)
    with pytest.raises(UploadLater, match="today's 100 uploads to youtube are used up"):
        uploader.upload(clip, ctx)
    assert server.transcript == []
    assert youtube(server, per_day=150).preview(clip, ctx)["left_today"] == "50 of 150"


def test_unknown_outcome_is_asked_and_resolved(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    ctx = make_context(tmp_path)
    server.may_read = False
    server.faults = {3: Fault("lost reply"), 4: Fault("expire")}
    for _ in range(2):  # asking again changes nothing
        with pytest.raises(UploadUnknown, match="--settle posted or --settle missing"):
            youtube(server, processing=False).upload(clip, ctx)
    assert youtube(server).settle(clip, ctx, posted=True)
    assert not youtube(server).settle(clip, ctx, posted=True)
    youtube(server).upload(clip, ctx)
    assert len(server.posts) == 1


def test_unavailable_platform_is_given_up_and_resumed_later(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    server.faults = {index: Fault("error before", 503) for index in range(2, 40)}
    with pytest.raises(UploadError, match="Run the same command again to continue"):
        youtube(server).upload(clip, make_context(tmp_path))
    server.faults.clear()
    before = len(server.transcript)
    youtube(server).upload(clip, make_context(tmp_path))
    ranges = [headers.get("content-range") for _, _, headers, _ in server.transcript[before:]]
    assert ranges[0] == f"bytes */{2 * GRAIN + 5}"
    assert ranges[1] == f"bytes {GRAIN}-{2 * GRAIN - 1}/{2 * GRAIN + 5}"  # not from the start


def test_long_retry_delay_is_left_to_the_user(server: YouTubeServer, clip: Clip, tmp_path: Path) -> None:
    server.refuse = None
    uploader = youtube(server)
    original = server.handle

    def busy(asked: Any) -> Any:
        reply = original(asked)
        return type(reply)(503, {"Retry-After": "7200"}) if asked.method == "POST" else reply

    server.handle = busy  # type: ignore[method-assign]
    with pytest.raises(UploadLater, match="Run again after 20"):
        uploader.upload(clip, make_context(tmp_path))
