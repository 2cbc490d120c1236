"""HTTP for uploaders: what is repeated, what is not, and what an error says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from clipy.errors import ConfigError, UploadRefused
from clipy.stages.upload.publishing.http import (
    CompositeBody,
    FileSlice,
    HttpClient,
    Interrupted,
    RetryPolicy,
    Unauthorized,
)
from clipy.stages.upload.publishing.secrets import REDACTED, RedactingFilter, redact, register_secret
from fixtures.publishing.server import Answer, Asked, Fault, LocalServer, answer


class Echo(LocalServer):
    def handle(self, asked: Asked) -> Answer:
        if asked.path == "/status":
            return Answer(int(asked.query["code"]), {k: v for k, v in asked.query.items() if k != "code"}, b"said so")
        if asked.headers.get("authorization") == "Bearer old":
            return answer(401, {"error": "invalid_token"})
        self.posts.append(asked.body)
        return answer(200, {"bytes": len(asked.body)})


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as found:
        yield found


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def http(pauses: list[float]) -> Iterator[HttpClient]:
    found = HttpClient("echo", retries=RetryPolicy(4, 1.0, pauses.append))
    yield found
    found.close()


def test_queries_are_retried_with_backoff(server: Echo, http: HttpClient, pauses: list[float]) -> None:
    server.faults = {0: Fault("drop before"), 1: Fault("error before", 503), 2: Fault("lost reply")}
    assert http.query("GET", f"{server.url}/x").status == 200
    assert len(pauses) == 3
    assert all(low <= pause <= high for pause, (low, high) in zip(pauses, [(0.5, 1), (1, 2), (2, 4)], strict=True))


def test_queries_give_up_eventually(server: Echo, http: HttpClient, pauses: list[float]) -> None:
    server.faults = {index: Fault("drop before") for index in range(9)}
    with pytest.raises(Interrupted, match="the connection to echo broke"):
        http.query("GET", f"{server.url}/x")
    assert len(pauses) == 3


@pytest.mark.parametrize("fault", [Fault("drop before"), Fault("lost reply"), Fault("error after", 502), Fault("busy")])
def test_requests_with_side_effects_are_not_retried(server: Echo, http: HttpClient, fault: Fault) -> None:
    server.faults = {0: fault}
    with pytest.raises(Interrupted):
        http.send("POST", f"{server.url}/x", content=b"once")
    server.quiet()
    assert server.posts == ([b"once"] if fault.kind in {"lost reply", "error after"} else [])


def test_retry_after_is_respected(server: Echo, http: HttpClient, pauses: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for text, low, high in (("7", 7, 7), (date, 80, 90), ("nonsense", 0, 0)):
        with pytest.raises(Interrupted) as caught:
            http.send("GET", f"{server.url}/status", params={"code": "429", "Retry-After": text})
        assert low <= caught.value.retry_after <= high
        assert caught.value.rate_limited


def test_an_expired_token_is_refreshed_once(server: Echo) -> None:
    tokens = ["old"]

    def renew() -> bool:
        tokens.append("new")
        return True

    http = HttpClient("echo", authorization=lambda: {"Authorization": f"Bearer {tokens[-1]}"}, refresh=renew)
    assert http.send("POST", f"{server.url}/x", content=b"one").status == 200
    assert server.posts == [b"one"]
    tokens.append("old")
    http.refresh = lambda: False
    with pytest.raises(Unauthorized, match="rejects the login"):
        http.send("POST", f"{server.url}/x", content=b"two")
    http.close()


def test_tokens_require_https() -> None:
    http = HttpClient("echo", authorization=lambda: {"Authorization": "Bearer secret-token"})
    with pytest.raises(ConfigError, match=r"only sent over https: http://example\.org/x"):
        http.send("GET", "http://example.org/x?access_token=abc")


def test_file_slices_are_streamed(server: Echo, http: HttpClient, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 4000)
    heard: list[int] = []
    content = CompositeBody((b"head", FileSlice(path, 1000, 700_000, heard.append), b"tail"))
    assert http.send("PUT", f"{server.url}/x", content=content).json == {"bytes": 699_008}
    assert server.posts == [b"head" + path.read_bytes()[1000:700_000] + b"tail"]
    assert heard == [263_144, 525_288, 700_000]


def test_truncated_files_are_detected(server: Echo, http: HttpClient, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"short")
    with pytest.raises(UploadRefused, match="was truncated"):
        http.send("PUT", f"{server.url}/x", content=FileSlice(tmp_path / "file", 0, 10))


@pytest.mark.parametrize(
    "text",
    [
        "https://x/?upload_id=planted&a=b",
        "https://x/?a=b&access_token=planted",
        "Authorization: Bearer planted.token-x",
        "OAuth planted.token-x",
        '{"refresh_token": "planted"}',
        "{'client_secret': 'planted'}",
        "refresh_token=planted",
        "wherever known-planted is",
        "or%20known%2Bplanted%2F%20quoted",
    ],
)
def test_secrets_are_redacted_by_pattern(text: str) -> None:
    register_secret("known-planted", "known+planted/")
    assert "planted" not in redact(f" {text}")
    assert REDACTED in redact(f" {text}")


def test_ordinary_text_is_not_redacted() -> None:
    text = "the key is to keep a token of love; code 200, https://x/?v=1&title=bees"
    assert redact(text) == text


def test_logs_show_no_secret_even_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    register_secret("planted-in-traceback")
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("clipy.test_upload_http")
    logger.addHandler(handler)
    try:
        raise ValueError("planted-in-traceback")
    except ValueError:
        logger.exception("failed with %s", "access_token=planted-in-arguments&x")
    finally:
        logger.removeHandler(handler)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "planted" not in said
