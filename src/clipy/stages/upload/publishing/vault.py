"""Where secrets rest: the system keyring, or a file that only its owner can read where there is no keyring.

Permissions (``account:youtube:default``) and addresses of half-done uploads (``session:...``: whoever holds one can
write to the upload) are kept here and nowhere else. ``CLIPY_TOKENS`` names the file and turns the keyring off.
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
from clipy.stages.upload.publishing.secrets import hide
from clipy.types import Json

log = logging.getLogger(__name__)

SERVICE = "clipy"
SECRET_FIELDS = ("access_token", "refresh_token", "id_token", "address", "secret")  # never shown, wherever they appear
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


class Vault(Protocol):
    """Named JSON objects that hold secrets."""

    def read(self, name: str) -> dict[str, Json] | None:
        """What is kept under a name; None when nothing is."""

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        """Keep a value; on return it would survive a power cut."""

    def forget(self, name: str) -> None:
        """Remove a value, if it is there."""

    def locked(self, name: str) -> FileLock:
        """A lock between processes, to renew a permission once."""


def open_vault(environment: Mapping[str, str] = os.environ) -> Vault:
    """The vault of this machine."""
    named = environment.get("CLIPY_TOKENS")
    path = Path(named or Path(platformdirs.user_config_dir("clipy")) / "tokens.json")
    if not named and _keyring_works():
        return KeyringVault(path.with_suffix(".locks"))
    if not named:
        _say_once(path)
    return FileVault(path)


@dataclass(frozen=True)
class FileVault:
    """One JSON file with mode 0600, replaced whole."""

    path: Path

    def read(self, name: str) -> dict[str, Json] | None:
        found = self._all().get(name)
        return None if found is None else _hidden(found)

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        _hidden(value)
        with self._changing() as content:
            content[name] = dict(value)

    def forget(self, name: str) -> None:
        if name in self._all():
            with self._changing() as content:
                content.pop(name, None)

    def locked(self, name: str) -> FileLock:
        return _lock(self.path.with_suffix(".locks"), name)

    def _all(self) -> dict[str, dict[str, Json]]:
        try:
            content: dict[str, dict[str, Json]] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise OutputError(
                "the file of permissions cannot be read", where=self.path, do="Delete it, and log in again"
            ) from None
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            log.warning("%s could be read by others and is closed to them now", self.path)
            self.path.chmod(_OWNER_ONLY)
        return content

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Json]]]:
        with self.locked("file"):
            content = self._all()
            yield content
            handle, name = tempfile.mkstemp(prefix=".tokens-", dir=self.path.parent)  # mkstemp makes it 0600
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
        return None if text is None else _hidden(json.loads(text))

    def write(self, name: str, value: Mapping[str, Json]) -> None:
        import keyring

        keyring.set_password(SERVICE, name, json.dumps(_hidden(value)))

    def forget(self, name: str) -> None:
        import keyring

        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)

    def locked(self, name: str) -> FileLock:
        return _lock(self.locks, name)


def _hidden(value: Mapping[str, Json]) -> dict[str, Json]:
    hide(*(value[field] for field in SECRET_FIELDS if isinstance(value.get(field), str)))
    return dict(value)


def _lock(folder: Path, name: str) -> FileLock:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLock(folder / f"{name.replace(':', '-')}.lock")


@cache
def _keyring_works() -> bool:
    """Whether there is a keyring that really keeps: on a machine without a desktop there is often only a dummy."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return False
    try:
        return keyring.get_keyring().priority >= 1
    except (KeyringError, RuntimeError) as error:
        log.debug("no keyring: %s", error)
        return False


@cache
def _say_once(path: Path) -> None:
    log.info("there is no system keyring: permissions are kept in %s, which only you can read", path)
