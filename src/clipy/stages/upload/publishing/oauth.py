"""OAuth 2.0 for native apps: authorization code with PKCE (RFC 7636, RFC 8252).

Differences between platforms are data in ``OAuthProvider``. Client id and secret are the user's own and come from the
environment (``CLIPY_YOUTUBE_CLIENT_ID``, ``CLIPY_YOUTUBE_CLIENT_SECRET``); they are never stored.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from clipy.errors import LoginNeeded
from clipy.stages.upload.publishing.http import HttpClient, Response
from clipy.stages.upload.publishing.secrets import redact, register_secret
from clipy.types import Json


@dataclass(frozen=True)
class OAuthProvider:
    """The OAuth endpoints and peculiarities of one platform."""

    platform: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    revoke_url: str = ""
    scope_separator: str = " "
    client_field: str = "client_id"  # TikTok: client_key
    challenge_encoding: Literal["base64url", "hex"] = "base64url"  # TikTok: hex, against RFC 7636
    redirect_path: str = "/"
    extra: Mapping[str, str] = field(default_factory=dict)  # additional parameters of the authorization page
    refresh_margin: float = 60.0  # seconds before its expiry at which a token is refreshed
    exchange_grant: str = ""  # a second grant that turns a short-lived token into a long-lived one (Meta)

    def client(self, environment: Mapping[str, str] = os.environ) -> OAuthClient:
        """The user's own client. Raises LoginNeeded if the environment does not name it."""
        name = f"CLIPY_{self.platform.upper()}_CLIENT"
        client_id, secret = environment.get(f"{name}_ID", ""), environment.get(f"{name}_SECRET", "")
        if not client_id:
            raise LoginNeeded(
                f"no OAuth client for {self.platform}",
                do=f"Register one with the platform (docs/uploading.md) and set {name}_ID and {name}_SECRET",
            )
        register_secret(secret)
        return OAuthClient(client_id, secret)


@dataclass(frozen=True)
class OAuthClient:
    """The id and secret of the app that the user registered with a platform."""

    id: str
    secret: str = field(repr=False, default="")


@dataclass(frozen=True)
class AuthorizationRequest:
    """A login in progress: the URL to open, and what the answer must match."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def authorization_request(provider: OAuthProvider, client: OAuthClient, redirect_uri: str) -> AuthorizationRequest:
    """Start a login: the URL at which the user grants access."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    register_secret(verifier)
    values = {
        provider.client_field: client.id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": provider.scope_separator.join(provider.scopes),
        "state": state,
        "code_challenge": pkce_challenge(verifier, provider.challenge_encoding),
        "code_challenge_method": "S256",
        **provider.extra,
    }
    return AuthorizationRequest(f"{provider.authorize_url}?{urlencode(values)}", redirect_uri, state, verifier)


def pkce_challenge(verifier: str, encoding: Literal["base64url", "hex"]) -> str:
    """The PKCE challenge S256 of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii"))
    return digest.hexdigest() if encoding == "hex" else base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def exchange_code(
    provider: OAuthProvider, client: OAuthClient, request: AuthorizationRequest, code: str, http: HttpClient
) -> dict[str, Json]:
    """Exchange the authorization code for tokens. Raises LoginNeeded."""
    register_secret(code)
    values = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect_uri,
        "code_verifier": request.verifier,
    }
    tokens = _request_tokens(provider, client, values, http)
    return refresh(provider, client, tokens, http) if provider.exchange_grant else tokens


def refresh(
    provider: OAuthProvider, client: OAuthClient, tokens: Mapping[str, Json], http: HttpClient
) -> dict[str, Json]:
    """Refresh the tokens; a refresh token that the platform does not rotate is kept."""
    if provider.exchange_grant:
        values = {"grant_type": provider.exchange_grant, provider.exchange_grant: str(tokens["access_token"])}
    else:
        values = {"grant_type": "refresh_token", "refresh_token": str(tokens["refresh_token"])}
    return {**tokens, **_request_tokens(provider, client, values, http)}


def revoke(provider: OAuthProvider, client: OAuthClient, tokens: Mapping[str, Json], http: HttpClient) -> bool:
    """Revoke the tokens. False if the platform does not support it, or refused."""
    if not provider.revoke_url:
        return False
    token = str(tokens.get("refresh_token") or tokens.get("access_token") or "")
    values = {"token": token, provider.client_field: client.id, "client_secret": client.secret}
    return http.send("POST", provider.revoke_url, form=values, authorized=False).status == 200


def _request_tokens(
    provider: OAuthProvider, client: OAuthClient, values: dict[str, str], http: HttpClient
) -> dict[str, Json]:
    secret = {"client_secret": client.secret} if client.secret else {}
    form = {**values, provider.client_field: client.id, **secret}
    response = http.send("POST", provider.token_url, form=form, authorized=False)
    answer = response.json
    if response.status != 200 or "access_token" not in answer:
        raise LoginNeeded(
            f"{provider.platform} issued no token: {_error_message(response)}",
            do=f"Run: clipy login {provider.platform}",
        )
    names = ("access_token", "refresh_token", "expires_in", "refresh_expires_in", "scope", "open_id")
    tokens = {name: answer[name] for name in names if name in answer}
    register_secret(*(str(tokens[name]) for name in ("access_token", "refresh_token") if name in tokens))
    return tokens


def _error_message(response: Response) -> str:
    """The error of a token endpoint in its own words (RFC 6749, 5.2; Meta nests it)."""
    answer = response.json
    error = answer.get("error")
    if isinstance(error, dict):
        return redact(str(error.get("message", response.status)))
    message = ": ".join(str(answer[name]) for name in ("error", "error_description") if answer.get(name))
    return redact(message) or f"status {response.status}"
