"""A login page and a token endpoint that check everything: the redirect, the client, PKCE, and tokens that rotate."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from tests.publishing.server import Answer, Asked, LocalServer, answer

CLIENT, CLIENT_SECRET = "client-of-the-user", "client-secret-that-nobody-may-see"


class LoginServer(LocalServer):
    def reset(self) -> None:
        super().reset()
        self.style = "base64url"
        self.client_field = "client_id"
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh: set[str] = set()
        self.rotates = True
        self.given: list[dict[str, Any]] = []
        self.revoked: list[str] = []

    def allow(self, query: dict[str, str]) -> str:
        """What the browser does when the person says yes: the address to which it is sent back, without the state."""
        assert query["response_type"] == "code"
        assert query[self.client_field] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = "code-" + secrets.token_urlsafe(16)
        self.codes[code] = query
        return code

    def handle(self, asked: Asked) -> Answer:
        form = asked.form
        if asked.path.endswith("/revoke") or asked.path.endswith("/revoke/"):
            self.revoked.append(form["token"])
            return answer(200, {})
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        if form[self.client_field] != CLIENT or form["client_secret"] != CLIENT_SECRET:
            return answer(401, {"error": "invalid_client"})
        if form["grant_type"] == "authorization_code":
            return self._redeem(form)
        if form["grant_type"] == "refresh_token" and form["refresh_token"] in self.refresh:
            if self.rotates:
                self.refresh.discard(form["refresh_token"])
            return self._give(refresh=self.rotates)
        if form["grant_type"] == "fb_exchange_token" and any(
            form["fb_exchange_token"] == given["access_token"] for given in self.given
        ):
            return self._give(refresh=False, seconds=60 * 86_400)
        return answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})

    def _redeem(self, form: dict[str, str]) -> Answer:
        query = self.codes.pop(form["code"], None)
        if query is None or query["redirect_uri"] != form["redirect_uri"]:
            return answer(400, {"error": "invalid_grant"})
        digest = hashlib.sha256(form["code_verifier"].encode())
        plain = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        if query["code_challenge"] != (digest.hexdigest() if self.style == "hex" else plain):
            return answer(400, {"error": "invalid_grant", "error_description": "code_verifier is wrong"})
        return self._give(refresh=True)

    def _give(self, *, refresh: bool, seconds: int = 3600) -> Answer:
        given: dict[str, Any] = {"access_token": "access-" + secrets.token_urlsafe(16), "expires_in": seconds}
        if refresh:
            given["refresh_token"] = "refresh-" + secrets.token_urlsafe(16)
            self.refresh.add(given["refresh_token"])
        self.given.append(given)
        return answer(200, given)
