"""``clipy upload``, ``clipy login`` and ``clipy logout``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from fixtures.publishing.clips import log_in
from fixtures.publishing.server import Fault
from fixtures.publishing.webhook_server import SECRET, WebhookServer
from fixtures.publishing.youtube_server import YouTubeServer
from tests.publishing.delivered import make_folder

QUICK = ("wait=0", "poll=0", "tries=2")


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_TOKENS", str(tmp_path / "tokens.json"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def youtube(tmp_path: Path) -> Iterator[YouTubeServer]:
    log_in(tmp_path, "youtube", access_token="token-that-is-good-1")
    with YouTubeServer() as found:
        yield found


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookServer]:
    monkeypatch.setenv("CLIPY_WEBHOOK_SECRET", SECRET)
    with WebhookServer() as found:
        yield found


def upload(folder: Path, backend: str, address: str, *arguments: str) -> Result:
    name = "url" if backend == "webhook" else "base_url"
    sets = [f"--set=upload.{backend}.{option}" for option in (f"{name}={address}", *QUICK)]
    return CliRunner().invoke(main, ["upload", str(folder), "--to", backend, *sets, *arguments])


def posts(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["posts"]
    return found


def test_each_clip_is_posted_once(youtube: YouTubeServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips", (300_000, 310_000))
    first = upload(folder, "youtube", youtube.url, "--json")
    assert first.exit_code == 0, first.stderr
    assert [post["where"] for post in posts(first)] == ["https://youtu.be/video0", "https://youtu.be/video1"]
    assert upload(folder, "youtube", youtube.url, "--json").stdout == first.stdout
    assert youtube.posts == [(folder / f"bees-0{n}.mp4").read_bytes() for n in (1, 2)]


def test_a_dry_run_shows_everything_and_sends_nothing(youtube: YouTubeServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips")
    result = upload(folder, "youtube", youtube.url, "--dry-run", "--set", "upload.youtube.title={title}!")
    assert result.exit_code == 0, result.stderr
    assert youtube.transcript == []
    (shown,) = posts(result)
    assert shown["requests"][0]["json"]["snippet"]["title"] == "Why bees ‹dance›!"
    assert shown["requests"][0]["json"]["status"]["privacyStatus"] == "private"
    assert shown["left_today"] == "100 of 100"
    assert "would go to youtube" in result.stderr
    upload(folder, "youtube", youtube.url, "--set", "upload.youtube.title={title}!")
    assert next(iter(youtube.videos.values()))["sent"] == shown["requests"][0]["json"]


def test_one_clip_that_fails_does_not_stop_the_next(youtube: YouTubeServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips", (300_000, 310_000))
    youtube.faults = {0: Fault("error before", 503), 1: Fault("error before", 503)}
    result = upload(folder, "youtube", youtube.url, "--json")
    assert result.exit_code == 1
    assert len(posts(result)) == len(youtube.posts) == 1
    assert result.stderr.count("error: youtube answered 503") == 1
    assert upload(folder, "youtube", youtube.url).exit_code == 0
    assert len(youtube.posts) == 2


def test_scheduled_clips_are_posted_when_due(webhook: WebhookServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips", (300_000, 310_000))
    at = (datetime.now(UTC) - timedelta(minutes=30)).isoformat(timespec="seconds")
    for _ in range(2):
        result = upload(folder, "webhook", webhook.url, "--at", at, "--every", "1h")
        assert result.exit_code == 0, result.stderr
        assert len(webhook.posts) == 1
        assert "later: bees-02 is scheduled for webhook at 20" in result.stderr
    assert upload(folder, "webhook", webhook.url, "--every", "soon").exit_code == 2


def test_unknown_outcome_is_resolved_by_the_user(webhook: WebhookServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips")
    webhook.faults = {0: Fault("lost reply")}
    asked = upload(folder, "webhook", webhook.url)
    assert asked.exit_code == 1
    assert "--settle posted or --settle missing" in asked.stderr
    settled = upload(folder, "webhook", webhook.url, "--settle", "posted", "--json")
    assert settled.exit_code == 0, settled.stderr
    assert len(webhook.posts) == 1
    assert (
        "every clip is known to be posted or not" in upload(folder, "webhook", webhook.url, "--settle", "posted").stderr
    )


def test_a_missing_login_is_reported_once(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips", (300_000, 310_000))
    result = upload(folder, "youtube", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.count("Run: clipy login youtube") == 1


def test_rejected_clips_are_not_sent(youtube: YouTubeServer, tmp_path: Path) -> None:
    result = upload(make_folder(tmp_path / "clips", passed=False), "youtube", youtube.url)
    assert result.exit_code == 3
    assert "it did not pass its review" in result.stderr
    assert youtube.transcript == []


def test_the_folder_uploader_takes_no_schedule(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips")
    result = CliRunner().invoke(main, ["upload", str(folder), "--to", "folder", "--at", "2030-01-01T10:00"])
    assert result.exit_code == 2
    assert "there is no option 'at'" in result.stderr
    result = CliRunner().invoke(main, ["upload", str(folder), "--to", "folder", "--dry-run"])
    assert result.exit_code == 0
    assert not Path("clips/clips").exists()


def test_login_stores_and_logout_removes_a_webhook_secret(tmp_path: Path) -> None:
    runner = CliRunner()
    result = runner.invoke(main, ["login", "webhook"], input=f"{SECRET}\n")
    assert result.exit_code == 0, result.output
    assert SECRET not in result.output
    assert SECRET in (tmp_path / "tokens.json").read_text()
    assert runner.invoke(main, ["logout", "webhook"]).exit_code == 0
    assert SECRET not in (tmp_path / "tokens.json").read_text()


@pytest.mark.parametrize("backend", ["folder", "s3", "command"])
def test_login_is_refused_for_uploaders_without_accounts(backend: str) -> None:
    result = CliRunner().invoke(main, ["login", backend])
    assert result.exit_code == 1
    assert f"error: {backend} needs no login" in result.stderr


def test_login_without_client_credentials_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIPY_YOUTUBE_CLIENT_ID", raising=False)
    result = CliRunner().invoke(main, ["login", "youtube"])
    assert result.exit_code == 1
    assert "set CLIPY_YOUTUBE_CLIENT_ID and CLIPY_YOUTUBE_CLIENT_SECRET" in result.stderr


def test_logout_without_login_succeeds(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["logout", "youtube"])
    assert result.exit_code == 0
    assert "revoke the permission in the account's own settings too" in result.stderr


def test_upload_does_not_need_other_backends(webhook: WebhookServer, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "clips")
    absent = ("--set", "reframe.backend=talkative", "--set", "faces.backend=hawk")
    assert upload(folder, "webhook", webhook.url, *absent).exit_code == 0
    assert len(webhook.posts) == 1
    unreviewed = folder / "clips.json"
    document = json.loads(unreviewed.read_text())
    document["clips"][0]["review"] = None
    unreviewed.write_text(json.dumps(document))
    refused = upload(folder, "webhook", webhook.url, *absent)  # a review asks the analysers
    assert refused.exit_code == 2
    assert "no faces backend is called 'hawk'" in refused.stderr
