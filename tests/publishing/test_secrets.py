"""A secret in every field that holds one, and a look into everything that the program says, writes and shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.publishing.clips import log_in
from fixtures.publishing.instagram_server import USER, InstagramServer
from fixtures.publishing.login_server import CLIENT, CLIENT_SECRET, LoginServer
from fixtures.publishing.server import Answer, Asked, Fault, LocalServer
from fixtures.publishing.tiktok_server import TikTokServer
from fixtures.publishing.webhook_server import SECRET, WebhookServer
from fixtures.publishing.youtube_server import GRAIN, YouTubeServer
from tests.publishing.delivered import make_folder
from tests.publishing.program import Ended, clipy
from tests.publishing.worlds import SECRET_KEY, s3_world

ACCESS, REFRESH = "planted-access-token-0001", "planted-refresh-token-0002"
PLATFORMS = {"youtube": YouTubeServer, "tiktok": TikTokServer, "instagram": InstagramServer}
OPTIONS = {
    "youtube": ("base_url={url}", "token_url={login}", f"chunk={GRAIN}"),
    "tiktok": ("base_url={url}", "mode=direct", "privacy=SELF_ONLY"),
    "instagram": ("base_url={url}", "upload_url={url}"),
}


def addresses(server: LocalServer) -> list[str]:
    """The secret part of the address of every upload that was begun."""
    return [*getattr(server, "sessions", {}), *getattr(server, "addresses", {})]


def found(secret: str, ended: Ended, folder: Path) -> list[str]:
    """Where a secret can be seen: what was said, ps, and every file but that of permissions."""
    places = [name for name, text in (("said", ended.said), ("ps", ended.lines)) if secret in text]
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "tokens.json"]
    return places + [str(path) for path in files if secret.encode() in path.read_bytes()]


class WithTokens(LoginServer):
    """A platform's server that gives tokens too, where the platform has both in one place."""

    def __init__(self, platform: LocalServer) -> None:
        self.platform = platform
        super().__init__()

    def handle(self, asked: Asked) -> Answer:
        if asked.path.endswith("/token/") or asked.path.endswith("/access_token") or asked.path == "/token":
            reply = super().handle(asked)
            getattr(self.platform, "tokens").update(given["access_token"] for given in self.given)  # noqa: B009
            return reply
        return self.platform.handle(asked)


@pytest.fixture(params=list(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(platform: str) -> Iterator[WithTokens]:
    behind = PLATFORMS[platform]()
    with WithTokens(behind) as front:
        behind.url = front.url
        front.client_field = "client_key" if platform == "tiktok" else "client_id"
        yield front
    behind._server.server_close()


@pytest.mark.parametrize("echoed", [None, 400, 500])
def test_login_secrets_leak_nowhere(tmp_path: Path, platform: str, server: WithTokens, echoed: int | None) -> None:
    """The token is over, so that it is renewed; and the platform may repeat a request, secrets and all, in an error."""
    folder = make_folder(tmp_path / "clips", (2 * GRAIN,))
    server.refresh.add(REFRESH)
    server.given.append({"access_token": ACCESS})
    log_in(tmp_path, platform, access_token=ACCESS, refresh_token=REFRESH, expires_at=time.time(), user_id=USER)
    name = f"CLIPY_{platform.upper()}_CLIENT"
    places = {"url": server.url, "login": server.url}
    sets = [f"--set=upload.{platform}.{option.format(**places)}" for option in OPTIONS[platform]]
    quick = [f"--set=upload.{platform}.{option}" for option in ("poll=0", "wait=0", "tries=2")]
    command = ["upload", str(folder), "--to", platform, *sets, *quick, "--debug"]
    if echoed is not None:
        server.faults = {index: Fault("echo", echoed) for index in range(2, 40)}
    ended = clipy(tmp_path, command, {f"{name}_ID": CLIENT, f"{name}_SECRET": CLIENT_SECRET}, server)
    assert ended.code == (0 if echoed is None else 1), ended.said
    assert len(server.given) == 2, "the token was not renewed"
    given = [str(value) for grant in server.given for field, value in grant.items() if field.endswith("_token")]
    for secret in (ACCESS, REFRESH, CLIENT_SECRET, *given, *addresses(server.platform)):
        assert found(secret, ended, tmp_path) == []
    assert "clipy.stages.upload.publishing.http" in ended.said  # it did log what it did
    assert echoed is None or "[secret]" in ended.said or "answered 500" in ended.said


@pytest.mark.parametrize("echoed", [None, 400, 500])
def test_webhook_secrets_leak_nowhere(tmp_path: Path, echoed: int | None) -> None:
    folder = make_folder(tmp_path / "clips")
    with WebhookServer() as server:
        if echoed:
            server.faults = {index: Fault("echo", echoed) for index in range(9)}
        command = ["upload", str(folder), "--to", "webhook", f"--set=upload.webhook.url={server.url}/", "--debug"]
        quick = ["--set=upload.webhook.wait=0", "--set=upload.webhook.idempotent=true"]
        ended = clipy(tmp_path, [*command, *quick], {"CLIPY_WEBHOOK_SECRET": SECRET}, server)
    assert ended.code == (1 if echoed else 0)
    assert found(SECRET, ended, tmp_path) == []


@pytest.mark.parametrize("bucket", ["right", "wrong"])
def test_s3_secrets_leak_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bucket: str) -> None:
    folder = make_folder(tmp_path / "clips")
    with s3_world(tmp_path, monkeypatch) as world, WebhookServer() as idle:
        name = world.options["bucket"] if bucket == "right" else "no-such-bucket"
        sets = [f"--set=upload.s3.bucket={name}", f"--set=upload.s3.endpoint={world.options['endpoint']}"]
        ended = clipy(tmp_path, ["upload", str(folder), "--to", "s3", *sets, "--debug"], {}, idle)
    assert ended.code == (0 if bucket == "right" else 1), ended.said
    assert found(SECRET_KEY, ended, tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc to see command lines in")
def test_command_line_scan_finds_planted_secrets(tmp_path: Path) -> None:
    with WebhookServer() as idle:
        ended = clipy(tmp_path, ["upload", "a-name-to-be-seen", "--to", "folder"], {}, idle)
    assert found("a-name-to-be-seen", ended, tmp_path) == ["said", "ps"]
