"""Instagram: containers, bytes, publishing, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused, UploadUnknown
from clipy.stages.upload.instagram import Instagram
from clipy.types import Clip
from fixtures.publishing.clips import log_in, make_clip, make_context
from fixtures.publishing.instagram_server import USER, InstagramServer, refusal
from fixtures.publishing.server import Fault
from tests.publishing.worlds import QUICK


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstagramServer]:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    log_in(tmp_path, "instagram", access_token="token-that-is-good-1")
    with InstagramServer() as found:
        yield found


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, 400_000)


def instagram(server: InstagramServer, **options: Any) -> Instagram:
    return Instagram(Instagram.Options(**{"base_url": server.url, "upload_url": server.url, **QUICK, **options}))


def test_posted_reel_matches_the_preview(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    uploader = instagram(server, hashtags=("bees",), cover_at=2)
    shown = uploader.preview(clip, make_context(tmp_path))
    assert uploader.upload(clip, make_context(tmp_path)).where == "https://www.instagram.com/reel/0/"
    (container,) = server.containers.values()
    assert container.request == shown["requests"][0]["form"]
    assert container.request["caption"] == "Why bees <dance>\n\n#bees"
    assert container.request["thumb_offset"] == "2000"
    assert shown["left_today"] == "50 of 50"


def test_account_is_read_at_login(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    uploader = instagram(server)
    assert uploader.fetch_account_name() == USER
    uploader.close()
    before = len(server.transcript)
    instagram(server).upload(clip, make_context(tmp_path))
    assert not any("me/accounts" in target for _, target, *_ in server.transcript[before:])


@pytest.mark.parametrize("field", ["bytes_transferred", "bytes_transfered"])
def test_interrupted_upload_resumes_at_the_offset(
    server: InstagramServer, clip: Clip, tmp_path: Path, field: str
) -> None:
    """However Instagram spells how many it has."""
    server.transfer_field = field
    server.names_address = False
    server.faults = {4: Fault("drop within", 300_000)}
    instagram(server).upload(clip, make_context(tmp_path))
    offsets = [headers["offset"] for _, _, headers, _ in server.transcript if "offset" in headers]
    assert offsets == ["0", "300000"]
    assert server.posts == [clip.path.read_bytes()]


def test_reel_is_found_after_a_lost_response(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    sequence = instagram(server, slot="count").upload(clip, make_context(tmp_path))
    assert sequence.where
    commit = [method + target.rpartition("/")[2] for method, target, *_ in server.transcript].index("POSTmedia_publish")
    server.reset()
    server.faults = {commit: Fault("lost reply")}
    assert instagram(server).upload(clip, make_context(tmp_path)).where == "https://www.instagram.com/reel/0/"
    assert len(server.posts) == 1


def test_missing_container_after_publishing_asks_the_user(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    instagram(server, slot="count").upload(clip, make_context(tmp_path))
    commit = [method + target.rpartition("/")[2] for method, target, *_ in server.transcript].index("POSTmedia_publish")
    server.reset()
    server.faults = {commit: Fault("lost reply"), commit + 1: Fault("forget")}
    with pytest.raises(UploadUnknown, match="no longer knows the container"):
        instagram(server).upload(clip, make_context(tmp_path))


def test_unusable_video_is_refused(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    server.ends = "ERROR"
    with pytest.raises(UploadRefused, match="could not process the video"):
        instagram(server).upload(clip, make_context(tmp_path))
    server.ends = "FINISHED"
    assert instagram(server).upload(clip, make_context(tmp_path)).where


def test_platform_quota_is_used(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    server.used = 47
    assert instagram(server).preview(clip, make_context(tmp_path))["left_today"] == "3 of 50"
    server.used = 50
    with pytest.raises(UploadLater, match="today's 50 uploads"):
        instagram(server).upload(clip, make_context(tmp_path))
    assert server.containers == {}


def test_too_many_hashtags_are_refused_before_sending(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match=r"the caption has 31 hashtags \(maximum 30\)"):
        instagram(server, hashtags=tuple(f"tag{n}" for n in range(31))).upload(clip, make_context(tmp_path))


@pytest.mark.parametrize(
    ("code", "detail", "kind", "says"),
    [
        (9, 2207042, UploadLater, "limit of posts in 24 hours"),
        (4, 2207051, UploadLater, "classified the post as spam"),
        (10, 0, LoginNeeded, "clipy login instagram"),
        (190, 0, LoginNeeded, "clipy login instagram"),
        (36003, 2207009, UploadRefused, "unsupported aspect ratio"),
        (4, 0, UploadError, "Instagram is busy"),
        (100, 0, UploadRefused, "about it"),
    ],
)
def test_errors_are_readable(
    server: InstagramServer, clip: Clip, tmp_path: Path, code: int, detail: int, kind: type[UploadError], says: str
) -> None:
    def refuse(asked: object) -> None:
        raise refusal(code, detail, "about it")

    server._begin = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(kind, match=says):
        instagram(server).upload(clip, make_context(tmp_path))
    assert server.posts == []


def test_token_is_sent_to_no_other_host(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="unknown host"):
        instagram(server, upload_url="https://rupload.facebook.com").upload(clip, make_context(tmp_path))


def test_missing_professional_account_is_reported(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    original = server._read
    server._read = lambda asked, path: (  # type: ignore[method-assign]
        type(original(asked, path))(200, {}, b'{"data": [{}]}') if path == ["me", "accounts"] else original(asked, path)
    )
    with pytest.raises(LoginNeeded, match=r"0 professional Instagram accounts.*Facebook page"):
        instagram(server).upload(clip, make_context(tmp_path))


def test_upload_address_is_rebuilt_after_losing_the_vault(server: InstagramServer, clip: Clip, tmp_path: Path) -> None:
    server.faults = {index: Fault("drop before") for index in range(5, 20)}
    with pytest.raises(UploadError, match="continue where it stopped"):
        instagram(server).upload(clip, make_context(tmp_path))
    server.faults.clear()
    (tmp_path / "tokens.json").unlink()
    log_in(tmp_path, "instagram", access_token="token-that-is-good-1")
    instagram(server).upload(clip, make_context(tmp_path))
    assert (len(server.containers), len(server.posts)) == (1, 1)
