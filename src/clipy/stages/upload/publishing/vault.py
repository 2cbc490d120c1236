"""The vault for secrets: the system keyring, or else a file that only its owner can read.

Tokens (``account:youtube:default``) and URLs of unfinished uploads (``session:...``: anyone who knows one can write to
the upload) are stored here and nowhere else. ``CLIPY_TOKENS`` names the file and disables the keyring.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import platformdirs
from filelock import FileLock

from clipy.errors import OutputError
from clipy.stages.upload.publishing.secrets import register_secret
from clipy.types import Json

log = logging.getLogger(__name__)

SERVICE = "clipy"
SECRET_FIELDS = ("access_token", "refresh_token", "id_token", "address", "secret")  # redacted wherever they appear
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


class Vault(Protocol):
    """Named JSON objects that hold secrets."""

    def read(self, name: str) -> dict[str, Json] | None:
        """The value of a name; None if there is none."""

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        """Store a value. On return it would survive a power cut."""

    def delete(self, name: str) -> None:
        """Delete a value, if it exists."""

    def lock(self, name: str) -> FileLock:
        """A lock between processes, so that a token is refreshed once."""


def open_vault(environment: Mapping[str, str] = os.environ) -> Vault:
    """The vault of this machine."""
    configured = environment.get("CLIPY_TOKENS")
    path = Path(configured or Path(platformdirs.user_config_dir("clipy")) / "tokens.json")
    if not configured and _keyring_works():
        return KeyringVault(path.with_suffix(".locks"))
    if not configured:
        _log_once(path)
    return FileVault(path)


@dataclass(frozen=True)
class FileVault:
    """One JSON file with mode 0600, replaced atomically."""

    path: Path

    def read(self, name: str) -> dict[str, Json] | None:
        value = self._load().get(name)
        return None if value is None else _register_secrets(value)

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        _register_secrets(value)
        with self._update() as content:
            content[name] = dict(value)

    def delete(self, name: str) -> None:
        if name in self._load():
            with self._update() as content:
                content.pop(name, None)

    def lock(self, name: str) -> FileLock:
        return _file_lock(self.path.with_suffix(".locks"), name)

    def _load(self) -> dict[str, dict[str, Json]]:
        try:
            content: dict[str, dict[str, Json]] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise OutputError("cannot read the token file", where=self.path, do="Delete it, and log in again") from None
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            log.warning("%s was readable by other users; access is now restricted to you.", self.path)
            self.path.chmod(_OWNER_ONLY)
        return content

    @contextmanager
    def _update(self) -> Iterator[dict[str, dict[str, Json]]]:
        with self.lock("file"):
            content = self._load()
            yield content
            handle, name = tempfile.mkstemp(prefix=".tokens-", dir=self.path.parent)  # created with mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(content, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            finally:
                Path(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class KeyringVault:
    """The keyring of the operating system."""

    locks: Path

    def read(self, name: str) -> dict[str, Json] | None:
        import keyring

        text = keyring.get_password(SERVICE, name)
        return None if text is None else _register_secrets(json.loads(text))

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        import keyring

        keyring.set_password(SERVICE, name, json.dumps(_register_secrets(value)))

    def delete(self, name: str) -> None:
        import keyring

        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)

    def lock(self, name: str) -> FileLock:
        return _file_lock(self.locks, name)


def _register_secrets(value: Mapping[str, Json]) -> dict[str, Json]:
    register_secret(*(value[field] for field in SECRET_FIELDS if isinstance(value.get(field), str)))
    return dict(value)


def _file_lock(folder: Path, name: str) -> FileLock:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLock(folder / f"{name.replace(':', '-')}.lock")


@cache
def _keyring_works() -> bool:
    """Whether there is a real keyring: machines without a desktop often have only a dummy backend."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return False
    try:
        return keyring.get_keyring().priority >= 1
    except (KeyringError, RuntimeError) as error:
        log.debug("No keyring: %s", error)
        return False


@cache
def _log_once(path: Path) -> None:
    log.info("No system keyring found. Tokens are stored in %s, which only you can read.", path)
