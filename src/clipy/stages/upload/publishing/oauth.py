"""OAuth 2.0 for a program on the user's own machine: authorization code with PKCE (RFC 7636, RFC 8252).

What differs between platforms is data in ``Provider``. The client's id and secret are the user's and come from the
environment (``CLIPY_YOUTUBE_CLIENT_ID``, ``CLIPY_YOUTUBE_CLIENT_SECRET``); they are never written anywhere.
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
from clipy.stages.upload.publishing.http import Http, Reply
from clipy.stages.upload.publishing.secrets import hide, redact
from clipy.types import Json


@dataclass(frozen=True)
class Provider:
    """How one platform gives permissions."""

    platform: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    revoke_url: str = ""
    scope_separator: str = " "
    client_field: str = "client_id"  # TikTok calls it client_key
    challenge: Literal["base64url", "hex"] = "base64url"  # TikTok wants the hash in hex, against RFC 7636
    redirect_path: str = "/"
    extra: Mapping[str, str] = field(default_factory=dict)  # more parameters of the authorization page
    early: float = 60.0  # seconds before its end at which a token is renewed
    exchange: str = ""  # a second grant that makes a short-lived token a long-lived one (Meta)

    def client(self, environment: Mapping[str, str] = os.environ) -> Client:
        """The user's own client. Raises LoginNeeded when the environment does not hold it."""
        name = f"CLIPY_{self.platform.upper()}_CLIENT"
        found, secret = environment.get(f"{name}_ID", ""), environment.get(f"{name}_SECRET", "")
        if not found:
            raise LoginNeeded(
                f"there is no client for {self.platform}",
                do=f"Register one with the platform (docs/uploading.md) and set {name}_ID and {name}_SECRET",
            )
        hide(secret)
        return Client(found, secret)


@dataclass(frozen=True)
class Client:
    """The id and secret of the program that the user registered with a platform."""

    id: str
    secret: str = field(repr=False, default="")


@dataclass(frozen=True)
class Request:
    """One login that was begun: the address to open, and what the answer must match."""

    url: str
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(provider: Provider, client: Client, redirect: str) -> Request:
    """Make the address at which the user allows the upload."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    hide(verifier)
    values = {
        provider.client_field: client.id,
        "response_type": "code",
        "redirect_uri": redirect,
        "scope": provider.scope_separator.join(provider.scopes),
        "state": state,
        "code_challenge": challenge(verifier, provider.challenge),
        "code_challenge_method": "S256",
        **provider.extra,
    }
    return Request(f"{provider.authorize_url}?{urlencode(values)}", redirect, state, verifier)


def challenge(verifier: str, style: Literal["base64url", "hex"]) -> str:
    """The PKCE challenge S256 of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii"))
    return digest.hexdigest() if style == "hex" else base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def redeem(provider: Provider, client: Client, request: Request, code: str, http: Http) -> dict[str, Json]:
    """Turn the code that came back into a permission. Raises LoginNeeded."""
    hide(code)
    values = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect,
        "code_verifier": request.verifier,
    }
    permission = _ask(provider, client, values, http)
    if provider.exchange:
        permission = renew(provider, client, permission, http)
    return permission


def renew(provider: Provider, client: Client, permission: Mapping[str, Json], http: Http) -> dict[str, Json]:
    """A new permission from an old one; a refresh token that the platform did not change is kept."""
    if provider.exchange:
        values = {"grant_type": provider.exchange, provider.exchange: str(permission["access_token"])}
    else:
        values = {"grant_type": "refresh_token", "refresh_token": str(permission["refresh_token"])}
    return {**permission, **_ask(provider, client, values, http)}


def revoke(provider: Provider, client: Client, permission: Mapping[str, Json], http: Http) -> bool:
    """Tell the platform that the permission is over. False when it has no such call, or did not take it."""
    if not provider.revoke_url:
        return False
    token = str(permission.get("refresh_token") or permission.get("access_token") or "")
    values = {"token": token, provider.client_field: client.id, "client_secret": client.secret}
    return http.send("POST", provider.revoke_url, form=values, permitted=False).status == 200


def _ask(provider: Provider, client: Client, values: dict[str, str], http: Http) -> dict[str, Json]:
    secret = {"client_secret": client.secret} if client.secret else {}
    form = {**values, provider.client_field: client.id, **secret}
    reply = http.send("POST", provider.token_url, form=form, permitted=False)
    answer = reply.json
    if reply.status != 200 or "access_token" not in answer:
        raise LoginNeeded(
            f"{provider.platform} gave no permission: {_reason(reply)}", do=f"Run: clipy login {provider.platform}"
        )
    kept = ("access_token", "refresh_token", "expires_in", "refresh_expires_in", "scope", "open_id")
    found = {name: answer[name] for name in kept if name in answer}
    hide(*(str(found[name]) for name in ("access_token", "refresh_token") if name in found))
    return found


def _reason(reply: Reply) -> str:
    """The error of a token endpoint in its own words (RFC 6749, 5.2; Meta nests it)."""
    answer = reply.json
    error = answer.get("error")
    if isinstance(error, dict):
        return redact(str(error.get("message", reply.status)))
    said = ": ".join(str(answer[name]) for name in ("error", "error_description") if answer.get(name))
    return redact(said) or f"status {reply.status}"
