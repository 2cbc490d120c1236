"""Logging in: PKCE over a page on this machine, tokens that are kept, renewed and forgotten."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from clipy.errors import LoginNeeded, OutputError, UploadError
from clipy.stages.upload.instagram import Instagram
from clipy.stages.upload.publishing import vault
from clipy.stages.upload.publishing.credentials import Credentials
from clipy.stages.upload.publishing.http import HttpClient, RetryPolicy
from clipy.stages.upload.publishing.login import log_in, log_out
from clipy.stages.upload.publishing.oauth import OAuthProvider, pkce_challenge
from clipy.stages.upload.publishing.vault import FileVault, KeyringVault, open_vault
from clipy.stages.upload.tiktok import TikTok
from clipy.stages.upload.youtube import YouTube
from fixtures.publishing.login_server import CLIENT, CLIENT_SECRET, LoginServer
from fixtures.publishing.server import Fault

ENVIRONMENT = {
    f"CLIPY_{platform}_CLIENT_{field}": value
    for platform in ("YOUTUBE", "TIKTOK", "INSTAGRAM")
    for field, value in (("ID", CLIENT), ("SECRET", CLIENT_SECRET))
}


@pytest.fixture
def server() -> Iterator[LoginServer]:
    with LoginServer() as found:
        yield found


def provider(platform: str, server: LoginServer) -> OAuthProvider:
    """The real provider of a platform, at our server."""
    url = server.url
    found = {
        "youtube": lambda: YouTube(YouTube.Options(token_url=url, login_url=url)).provider(),
        "tiktok": lambda: TikTok(TikTok.Options(base_url=url, login_url=url)).provider(),
        "instagram": lambda: Instagram(Instagram.Options(base_url=url, login_url=url)).provider(),
    }[platform]()
    server.client_field, server.style = found.client_field, found.challenge_encoding
    return found


def permission(server: LoginServer, folder: Path, platform: str = "youtube", **environment: str) -> Credentials:
    http = HttpClient(platform, retries=RetryPolicy(3, 0))
    kept = FileVault(folder / "tokens.json")
    return Credentials(provider(platform, server), "default", kept, http, {**ENVIRONMENT, **environment})


def browser(server: LoginServer, *, state: str | None = None, noise: bool = False) -> Any:
    """Stands in for a person with a browser: opens the page, says yes, is sent back."""

    def open_page(url: str) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = server.allow(query)

        def come_back() -> None:
            if noise:
                with pytest.raises(OSError, match="404"):
                    urlopen(urlsplit(query["redirect_uri"])._replace(path="/favicon.ico").geturl())
            urlopen(f"{query['redirect_uri']}?code={code}&state={state or query['state']}").read()

        threading.Thread(target=come_back, daemon=True).start()

    return open_page


@pytest.mark.parametrize("platform", ["youtube", "tiktok", "instagram"])
def test_login_stores_a_token(
    server: LoginServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    found, shown = permission(server, tmp_path, platform), list[str]()
    monkeypatch.setattr("webbrowser.open", browser(server, noise=True))
    log_in(found, shown.append, None)
    assert found.token() == server.given[-1]["access_token"]
    assert permission(server, tmp_path, platform).token() == found.token()
    redirect = parse_qs(urlsplit(shown[0]).query)["redirect_uri"][0]
    assert redirect.startswith("http://127.0.0.1:")
    assert redirect.endswith("/callback/" if platform == "tiktok" else "/")
    assert len(server.given) == (2 if platform == "instagram" else 1)  # Meta's short token is exchanged for a long one


def test_redirect_address_can_be_pasted(server: LoginServer, tmp_path: Path) -> None:
    pages: list[str] = []

    def paste() -> str:
        query = {name: values[0] for name, values in parse_qs(urlsplit(pages[0]).query).items()}
        return f" {query['redirect_uri']}?state={query['state']}&code={server.allow(query)} "

    log_in(permission(server, tmp_path), pages.append, paste)
    assert (tmp_path / "tokens.json").exists()


def test_a_foreign_answer_is_refused(server: LoginServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", browser(server, state="forged"))
    with pytest.raises(LoginNeeded, match="does not belong to this login"):
        log_in(permission(server, tmp_path), lambda url: None, None)


def test_a_denied_login_is_reported(server: LoginServer, tmp_path: Path) -> None:
    with pytest.raises(LoginNeeded, match=r"denied.*access_denied"):
        log_in(permission(server, tmp_path), lambda url: None, lambda: "http://127.0.0.1/?error=access_denied")


def test_a_missing_client_names_the_variables(server: LoginServer, tmp_path: Path) -> None:
    found = Credentials(provider("youtube", server), "default", FileVault(tmp_path / "t"), HttpClient("youtube"), {})
    with pytest.raises(LoginNeeded, match="CLIPY_YOUTUBE_CLIENT_ID and CLIPY_YOUTUBE_CLIENT_SECRET"):
        log_in(found, lambda url: None, None)


def test_a_broken_connection_at_login_is_an_error(server: LoginServer, tmp_path: Path) -> None:
    server.faults = {0: Fault("drop before")}
    pages: list[str] = []

    def paste() -> str:
        query = {name: values[0] for name, values in parse_qs(urlsplit(pages[0]).query).items()}
        return f"{query['redirect_uri']}?state={query['state']}&code={server.allow(query)}"

    with pytest.raises(UploadError, match="the login failed"):
        log_in(permission(server, tmp_path), pages.append, paste)


def logged_in(server: LoginServer, folder: Path, platform: str = "youtube", *, over: bool = False) -> Credentials:
    found = permission(server, folder, platform)
    server.refresh.add("refresh-the-first")
    server.given.append({"access_token": "access-the-first"})
    first = {"access_token": "access-the-first", "refresh_token": "refresh-the-first"}
    found.save({**first, "expires_in": 10 if over else 3600})
    return found


def test_an_expired_token_is_refreshed_and_stored_before_use(server: LoginServer, tmp_path: Path) -> None:
    found = logged_in(server, tmp_path, over=True)
    token = found.token()
    assert token == server.given[-1]["access_token"] != "access-the-first"
    kept = FileVault(tmp_path / "tokens.json").read("account:youtube:default") or {}
    assert kept["refresh_token"] == server.given[-1]["refresh_token"]
    assert found.token() == token


def test_non_rotating_refresh_token_is_kept(server: LoginServer, tmp_path: Path) -> None:
    server.rotates = False
    found = logged_in(server, tmp_path, over=True)
    found.token()
    assert (FileVault(tmp_path / "tokens.json").read(found.vault_name) or {})["refresh_token"] == "refresh-the-first"


def test_two_processes_refresh_once(server: LoginServer, tmp_path: Path) -> None:
    logged_in(server, tmp_path)
    both = [permission(server, tmp_path) for _ in range(2)]
    assert {found.token() for found in both} == {"access-the-first"}
    assert all(found.refresh() for found in both)  # the second one finds what the first one got
    assert len(server.given) == 2
    assert both[0].token() == both[1].token()


def test_a_valid_token_is_used_if_refreshing_fails(
    server: LoginServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = logged_in(server, tmp_path, over=True)
    server.refresh.clear()
    assert found.token() == "access-the-first"
    assert "expires soon and could not be refreshed" in caplog.text


def test_a_revoked_login_asks_for_a_new_one(server: LoginServer, tmp_path: Path) -> None:
    found = logged_in(server, tmp_path)
    found.save({"access_token": "access-the-first", "refresh_token": "refresh-the-first", "expires_in": -1})
    server.refresh.clear()
    with pytest.raises(LoginNeeded, match=r"invalid_grant: Token has been expired or revoked.*clipy login youtube"):
        found.token()


def test_a_missing_login_names_the_command(server: LoginServer, tmp_path: Path) -> None:
    with pytest.raises(LoginNeeded, match="Run: clipy login youtube"):
        permission(server, tmp_path).token()


def test_environment_token_needs_no_login(server: LoginServer, tmp_path: Path) -> None:
    found = permission(server, tmp_path, CLIPY_YOUTUBE_TOKEN="token-from-outside")
    assert found.token() == "token-from-outside"
    assert not found.refresh()
    assert not (tmp_path / "tokens.json").exists()


def test_logout_revokes_and_deletes_the_tokens(server: LoginServer, tmp_path: Path) -> None:
    found = logged_in(server, tmp_path)
    assert log_out(found)
    assert server.revoked == ["refresh-the-first"]
    assert FileVault(tmp_path / "tokens.json").read(found.vault_name) is None
    assert not log_out(found)


def test_logout_deletes_the_tokens_even_if_revoking_fails(server: LoginServer, tmp_path: Path) -> None:
    found = logged_in(server, tmp_path)
    server.faults = {0: Fault("error before", 503)}
    assert not log_out(found)
    assert FileVault(tmp_path / "tokens.json").read(found.vault_name) is None


def test_pkce_challenge_matches_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce_challenge(verifier, "base64url") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce_challenge(verifier, "hex") == "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_the_token_file_is_readable_only_by_its_owner(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "private" / "tokens.json"
    kept = FileVault(path)
    kept.write("account:youtube:default", {"access_token": "x" * 20})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert kept.read("account:youtube:default") == {"access_token": "x" * 20}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "was readable by other users" in caplog.text


def test_a_damaged_token_file_is_an_error_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text("half a tok")
    with pytest.raises(OutputError, match="log in again") as caught:
        FileVault(path).read("x")
    assert "half a tok" not in str(caught.value)


def test_keyring_is_used_when_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backend import KeyringBackend

    kept: dict[tuple[str, str], str] = {}

    class Memory(KeyringBackend):
        priority = 5

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    monkeypatch.setattr("keyring.get_keyring", Memory)
    monkeypatch.setattr("keyring.core._keyring_backend", Memory())  # type: ignore[no-untyped-call]
    vault._keyring_works.cache_clear()
    try:
        monkeypatch.setattr("platformdirs.user_config_dir", lambda name: str(tmp_path))
        found = open_vault({})
        assert isinstance(found, KeyringVault)
        found.write("account:youtube:default", {"access_token": "abc"})
        assert open_vault({}).read("account:youtube:default") == {"access_token": "abc"}
        found.delete("account:youtube:default")
        found.delete("account:youtube:default")
        assert not kept
        assert isinstance(open_vault({"CLIPY_TOKENS": str(tmp_path / "t.json")}), FileVault)
    finally:
        vault._keyring_works.cache_clear()


@pytest.mark.parametrize("priority", [0, -1])
def test_a_dummy_keyring_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, priority: int) -> None:
    monkeypatch.setattr("keyring.get_keyring", lambda: SimpleNamespace(priority=priority))
    monkeypatch.setattr("platformdirs.user_config_dir", lambda name: str(tmp_path))
    vault._keyring_works.cache_clear()
    try:
        assert isinstance(open_vault({}), FileVault)
    finally:
        vault._keyring_works.cache_clear()
