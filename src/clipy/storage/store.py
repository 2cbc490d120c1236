"""The store: every artifact is saved when computed, and loaded instead of being recomputed.

One artifact is one file (``clipy.storage.artifact``): a header line and the value as JSON, arrays packed inside; never
a pickle. A large file (a rendered clip) has a receipt with its size and sha256. Writes are atomic. A damaged
artifact is detected by its checksum, reported, and recomputed. Threads and processes that need the same artifact
compute it once: the others wait for the first (``clipy.storage.locks``). Partial files of a killed process are removed
when the same artifact is recomputed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel

from clipy.backend import Backend
from clipy.contract import naming
from clipy.errors import OutputError, StoreError
from clipy.storage.artifact import Damaged, Outdated, adapter, decoded, encoded, read
from clipy.storage.locks import exclusive

log = logging.getLogger(__name__)
T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_STEM = 80  # characters of a name that its temporary names repeat


@dataclasses.dataclass(frozen=True)
class Store:
    """Artifacts under ``root``, each in a folder named after the step that made it."""

    root: Path

    def value(self, step: str, key: str, kind: Any, make: Callable[[], T], *, renew: bool = False) -> T:
        """Return the stored artifact of type ``kind``, or make, save and read it back; ``renew`` always makes it.

        The first and the second run see the same value because both see what was read back.
        """
        found = None if renew else self.stored(step, key, kind)
        if found is None:
            path = self.place(step, key, ".json")
            with self._locked(path):
                found = None if renew else self.stored(step, key, kind)
                if found is None:
                    data = encoded(kind, make())
                    with _reporting(path):
                        write_atomically(path, data)
                    found = (decoded(data, kind),)
        value: T = found[0]
        return value

    def stored(self, step: str, key: str, kind: Any) -> tuple[Any] | None:
        """The stored artifact of type ``kind``, in a tuple; None where there is none that can be used."""
        path = self.place(step, key, ".json")
        return self._found(step, lambda: read(path, kind))

    def file(self, step: str, key: str, suffix: str, make: Callable[[Path], None], *, renew: bool = False) -> Path:
        """Return the stored file, or let ``make`` write one under a temporary name and move it into place."""
        path = self.place(step, key, suffix)
        if renew or self._found(step, lambda: _trusted(path)) is None:
            with self._locked(path):
                if renew or self._found(step, lambda: _trusted(path)) is None:
                    self._make(path, make)
        return path

    def _make(self, path: Path, make: Callable[[Path], None]) -> None:
        """Write a file, then its receipt: a file without one is not trusted."""
        with temporary_beside(path) as temporary:
            make(temporary)
            with _reporting(path):
                _sync(temporary)
                receipt = Receipt(temporary.stat().st_size, file_digest(temporary))
                temporary.replace(path)
                write_atomically(path.with_suffix(".receipt"), encoded(Receipt, receipt))

    @staticmethod
    def _found(step: str, load: Callable[[], T]) -> tuple[T] | None:
        """What is stored, in a tuple; None when it is missing or unusable, and the log says why."""
        try:
            found = load()
        except FileNotFoundError:
            return None
        except Damaged as error:
            log.warning("recomputing %s: the stored artifact is damaged (%s)", step, error)
            return None
        except Outdated as error:
            log.info("recomputing %s: the stored artifact is from another version of clipy (%s)", step, error)
            return None
        except OSError as error:
            log.warning("recomputing %s: the stored artifact cannot be read (%s)", step, error.strerror or error)
            return None
        return (found,)

    def place(self, step: str, key: str, suffix: str) -> Path:
        """Where an artifact lies, or would lie."""
        if not _NAME.fullmatch(step) or not _NAME.fullmatch(key):
            raise ValueError(f"{step!r}, {key!r}: a step and a key are plain names")
        return self.root / step / key[:2] / f"{key}{suffix}"

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        """Exclusive access to an artifact. Partial files of a killed process are removed: nobody writes them now."""
        with self.locked(path.with_suffix(".lock"), path.parent.parent.name):
            with _reporting(path):
                for left in path.parent.glob(f".making-{path.stem[:_LONGEST_STEM]}-*"):
                    log.info("removed a partial file of an interrupted run: %s", left.name)
                    left.unlink(missing_ok=True)
            yield

    @contextmanager
    def locked(self, lock: Path, purpose: str) -> Iterator[None]:
        """Hold a lock file of the store, see ``storage.locks.exclusive``. Raises StoreError."""
        with ExitStack() as stack:
            with _reporting(lock):
                stack.enter_context(exclusive(lock, purpose))
            yield

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A private folder, removed afterwards. Folders that killed runs left behind are removed, too."""
        place = self.root / "work"
        with _reporting(place):
            place.mkdir(parents=True, exist_ok=True)
            _swept(place)
            name = hashlib.sha256(os.urandom(16)).hexdigest()[:16]
        with self.locked(place / f"{name}.lock", "a work folder"):
            with _reporting(place):
                (place / name).mkdir(mode=0o700)
            try:
                yield place / name
            finally:
                shutil.rmtree(place / name, ignore_errors=True)
        (place / f"{name}.lock").unlink(missing_ok=True)

    @contextmanager
    def delivering(self, folder: Path) -> Iterator[None]:
        """Exclusive access to an output folder among the runs that use this store.

        Partial files that a killed run left there are removed.
        """
        lock = self.root / "delivering" / f"{key_of(str(folder.resolve()))}.lock"
        with self.locked(lock, f"the output folder {folder}"):
            for left in folder.glob(".making-*"):
                log.info("removed a partial file of an interrupted run: %s", left)
                try:
                    left.unlink(missing_ok=True)
                except OSError as error:
                    raise OutputError(f"cannot remove it ({error.strerror})", where=left, do="Remove it") from error
            yield


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What a stored file must look like to be trusted."""

    size: int
    sha256: str


def key_of(*parts: object) -> str:
    """The sha256 of the parts' canonical JSON. Equal parts give equal keys on every machine."""
    text = json.dumps([canonical(part) for part in parts], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> Any:
    """Turn an input of a step into plain JSON that holds all that matters to the result, and no path."""
    if isinstance(value, Backend):
        with naming(value):
            return value.identity()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field.name for field in dataclasses.fields(value) if field.compare)
        return {name: canonical(getattr(value, name)) for name in fields}
    if isinstance(value, np.ndarray):
        return [value.dtype.str, list(value.shape), hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [canonical(item) for item in value]
    return _plain(value)


def _plain(value: object) -> Any:
    kind: Any = type(value)
    return adapter(kind).dump_python(value, mode="json")


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder, with the same suffix; removed when something goes wrong."""
    handle, name = tempfile.mkstemp(prefix=f".making-{path.stem[:_LONGEST_STEM]}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: temporary file, fsync, rename."""
    with temporary_beside(path) as temporary:
        temporary.write_bytes(data)
        _sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document for people and other tools, whole or not at all. Raises OutputError."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all. Raises OutputError."""
    try:
        write_atomically(path, text.encode(errors="backslashreplace"))  # file names may hold what is no Unicode
    except OSError as error:
        raise OutputError(f"cannot write it ({error.strerror})", where=path, do="Choose another place") from error


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot use the store ({error.strerror or error})",
            where=error.filename or path,
            do="Free some space or point CLIPY_STORE at a folder that can be written",
        ) from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _trusted(path: Path) -> Path:
    """A stored file that has its receipt's size and sha256. Raises Damaged, Outdated or OSError."""
    receipt: Receipt = read(path.with_suffix(".receipt"), Receipt)
    if path.stat().st_size != receipt.size or file_digest(path) != receipt.sha256:
        raise Damaged("its bytes changed")
    return path


def _swept(place: Path) -> None:
    """Remove the work folders whose runs have ended without doing so: nobody holds their locks."""
    for folder in [path for path in place.iterdir() if path.is_dir()]:
        lock = FileLock(place / f"{folder.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        (place / f"{folder.name}.lock").unlink(missing_ok=True)
