"""The permission of one account: read from the vault, renewed by one process at a time, kept before it is used."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from clipy.errors import LoginNeeded
from clipy.stages.upload.publishing import oauth
from clipy.stages.upload.publishing.http import Http
from clipy.stages.upload.publishing.oauth import Provider
from clipy.stages.upload.publishing.secrets import hide
from clipy.stages.upload.publishing.vault import Vault
from clipy.types import Json

log = logging.getLogger(__name__)


@dataclass
class Permission:
    """What an account of a platform lets clipy do. ``CLIPY_<PLATFORM>_TOKEN`` stands in for a login."""

    provider: Provider
    account: str
    vault: Vault
    http: Http
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _found: dict[str, Json] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Its name in the vault."""
        return f"account:{self.provider.platform}:{self.account}"

    @property
    def given(self) -> str:
        """A token from the environment, for machines on which nobody can log in."""
        token = self.environment.get(f"CLIPY_{self.provider.platform.upper()}_TOKEN", "")
        hide(token)
        return token

    def token(self) -> str:
        """A token that is good now. Raises LoginNeeded."""
        if self.given:
            return self.given
        self._found = self._found or self._kept()
        left = float(self._found.get("expires_at", math.inf)) - time.time()
        if left < self.provider.early:
            try:
                renewed = self.renew()
            except LoginNeeded as error:
                if left <= 0:
                    raise
                log.warning("the login to %s ends soon and could not be renewed: %s", self._as, error)
            else:
                if not renewed and left <= 0:
                    raise self._ended()
        return str(self._found["access_token"])

    def detail(self, name: str) -> str:
        """Something that was learnt about the account at login; empty when it was not."""
        return "" if self.given else str((self._found or self._kept()).get(name, ""))

    def renew(self) -> bool:
        """Get a new token, once over all processes. False when there is nothing to renew."""
        if self.given:
            return False
        used = self._found.get("access_token")
        with self.vault.locked(self.name):
            self._found = self._kept()
            if self._found["access_token"] == used:
                if not (self.provider.exchange or self._found.get("refresh_token")):
                    return False
                client = self.provider.client(self.environment)
                try:
                    self.keep(oauth.renew(self.provider, client, self._found, self.http))
                finally:
                    self.http.close()
        return True

    def keep(self, permission: Mapping[str, Json]) -> None:
        """Write a permission to the vault before anything is done with it: a rotated one replaces the old for good."""
        kept = dict(permission)
        if "expires_in" in kept:
            kept["expires_at"] = time.time() + float(kept.pop("expires_in"))
        self.vault.write(self.name, kept)
        self._found = kept

    def add(self, **details: str) -> None:
        """Keep something that was learnt about the account."""
        self._found = {**self._kept(), **details}
        self.vault.write(self.name, self._found)

    def _kept(self) -> dict[str, Json]:
        found = self.vault.read(self.name)
        if not found or not found.get("access_token"):
            raise LoginNeeded(f"not logged in to {self._as}", do=f"Run: clipy login {self.provider.platform}")
        return found

    def _ended(self) -> LoginNeeded:
        return LoginNeeded(f"the login to {self._as} has ended", do=f"Run: clipy login {self.provider.platform}")

    @property
    def _as(self) -> str:
        return f"{self.provider.platform} as {self.account!r}"
