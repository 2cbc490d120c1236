"""The tokens of one account: read from the vault, refreshed by one process at a time, and stored before use."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from clipy.errors import LoginNeeded
from clipy.stages.upload.publishing import oauth
from clipy.stages.upload.publishing.http import HttpClient
from clipy.stages.upload.publishing.oauth import OAuthProvider
from clipy.stages.upload.publishing.secrets import register_secret
from clipy.stages.upload.publishing.vault import Vault
from clipy.types import Json

log = logging.getLogger(__name__)


@dataclass
class Credentials:
    """Access to an account of a platform. ``CLIPY_<PLATFORM>_TOKEN`` replaces a login."""

    provider: OAuthProvider
    account: str
    vault: Vault
    http: HttpClient
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _tokens: dict[str, Json] = field(default_factory=dict, repr=False)

    @property
    def vault_name(self) -> str:
        """Its name in the vault."""
        return f"account:{self.provider.platform}:{self.account}"

    @property
    def environment_token(self) -> str:
        """A token from the environment, for machines on which nobody can log in."""
        token = self.environment.get(f"CLIPY_{self.provider.platform.upper()}_TOKEN", "")
        register_secret(token)
        return token

    def token(self) -> str:
        """A valid access token. Raises LoginNeeded."""
        if self.environment_token:
            return self.environment_token
        self._tokens = self._tokens or self._stored()
        remaining = float(self._tokens.get("expires_at", math.inf)) - time.time()
        if remaining < self.provider.refresh_margin:
            try:
                refreshed = self.refresh()
            except LoginNeeded as error:
                if remaining <= 0:
                    raise
                log.warning("The login to %s expires soon and could not be refreshed: %s", self._description, error)
            else:
                if not refreshed and remaining <= 0:
                    raise LoginNeeded(f"the login to {self._description} has expired", do=self._login_command)
        return str(self._tokens["access_token"])

    def detail(self, name: str) -> str:
        """A detail about the account that was stored at login; empty if unknown."""
        return "" if self.environment_token else str((self._tokens or self._stored()).get(name, ""))

    def refresh(self) -> bool:
        """Refresh the token, once across all processes. False if it cannot be refreshed."""
        if self.environment_token:
            return False
        used = self._tokens.get("access_token")
        with self.vault.lock(self.vault_name):
            self._tokens = self._stored()
            if self._tokens["access_token"] == used:
                if not (self.provider.exchange_grant or self._tokens.get("refresh_token")):
                    return False
                client = self.provider.client(self.environment)
                try:
                    self.save(oauth.refresh(self.provider, client, self._tokens, self.http))
                finally:
                    self.http.close()
        return True

    def save(self, tokens: Mapping[str, Json]) -> None:
        """Store tokens in the vault before they are used: a rotated refresh token invalidates the old one."""
        stored = dict(tokens)
        if "expires_in" in stored:
            stored["expires_at"] = time.time() + float(stored.pop("expires_in"))
        self.vault.write(self.vault_name, stored)
        self._tokens = stored

    def save_details(self, **details: str) -> None:
        """Store details about the account beside its tokens."""
        self._tokens = {**self._stored(), **details}
        self.vault.write(self.vault_name, self._tokens)

    def _stored(self) -> dict[str, Json]:
        tokens = self.vault.read(self.vault_name)
        if not tokens or not tokens.get("access_token"):
            raise LoginNeeded(f"not logged in to {self._description}", do=self._login_command)
        return tokens

    @property
    def _login_command(self) -> str:
        return f"Run: clipy login {self.provider.platform}"

    @property
    def _description(self) -> str:
        return f"{self.provider.platform} as {self.account!r}"
