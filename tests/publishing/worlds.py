"""For each uploader the world that it publishes to: where it is, and what has arrived there."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.publishing.clips import log_in
from fixtures.publishing.instagram_server import USER, InstagramServer
from fixtures.publishing.tiktok_server import TikTokServer
from fixtures.publishing.webhook_server import SECRET, WebhookServer
from fixtures.publishing.youtube_server import YouTubeServer

ACCESS, SECRET_KEY = "AKIAEXAMPLEEXAMPLE00", "aws-secret-that-nobody-may-see-1"
QUICK: Mapping[str, Any] = {"wait": 0, "poll": 0, "tries": 3}


@dataclass(frozen=True)
class World:
    """How an uploader finds it, the bytes of every post in it, and how many requests it has seen."""

    options: Mapping[str, Any]
    posts: Callable[[], list[bytes]]
    requests: Callable[[], int]


@contextmanager
def _youtube(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    log_in(folder, "youtube", access_token="token-that-is-good-1")
    with YouTubeServer() as server:
        yield World({"base_url": server.url, **QUICK}, lambda: server.posts, lambda: len(server.transcript))


@contextmanager
def _tiktok(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    log_in(folder, "tiktok", access_token="token-that-is-good-1")
    with TikTokServer() as server:
        options = {"base_url": server.url, "mode": "direct", "privacy": "SELF_ONLY", **QUICK}
        yield World(options, lambda: server.posts, lambda: len(server.transcript))


@contextmanager
def _instagram(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    log_in(folder, "instagram", access_token="token-that-is-good-1", user_id=USER)
    with InstagramServer() as server:
        options = {"base_url": server.url, "upload_url": server.url, **QUICK}
        yield World(options, lambda: server.posts, lambda: sum(method == "POST" for method, *_ in server.transcript))


@contextmanager
def _webhook(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("CLIPY_WEBHOOK_SECRET", SECRET)
    with WebhookServer() as server:
        yield World({"url": f"{server.url}/clips", **QUICK}, lambda: server.posts, lambda: len(server.transcript))


@contextmanager
def _command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    posted = folder / "posted"
    posted.mkdir()
    copy = "import shutil, sys, uuid; print(shutil.copy(sys.argv[1], f'{sys.argv[2]}/{uuid.uuid4()}'))"
    program = (sys.executable, "-c", copy, "{path}", str(posted))

    def posts() -> list[bytes]:
        return [path.read_bytes() for path in sorted(posted.iterdir(), key=lambda path: path.stat().st_mtime_ns)]

    yield World({"program": program, **QUICK}, posts, lambda: len(posts()))


@contextmanager
def _folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    posted = folder / "posted"
    posted.mkdir()

    def posts() -> list[bytes]:
        return [path.read_bytes() for path in sorted(posted.glob("*.mp4"))]

    yield World({"path": posted}, posts, lambda: len(posts()))


@contextmanager
def s3_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A bucket on moto's server, which speaks S3 as Amazon's does."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name, value in {
        "ACCESS_KEY_ID": ACCESS,
        "SECRET_ACCESS_KEY": SECRET_KEY,
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=endpoint)
    bucket = f"clips-{uuid.uuid4()}"  # moto's servers share one memory
    client.create_bucket(Bucket=bucket)

    def posts() -> list[bytes]:
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found]

    try:
        yield World({"endpoint": endpoint, "bucket": bucket, **QUICK}, posts, lambda: len(posts()))
    finally:
        client.close()
        server.stop()


WORLDS: dict[str, Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[World]]] = {
    "folder": _folder,
    "s3": s3_world,
    "youtube": _youtube,
    "tiktok": _tiktok,
    "instagram": _instagram,
    "webhook": _webhook,
    "command": _command,
}
