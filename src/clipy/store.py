"""The store: every artifact is saved as it is made and loaded instead of being made again.

One artifact is one file: a header line (schema, type, sha256 of the rest) and the value as JSON, arrays packed
compactly inside; never a pickle. A big file (a rendered clip) lies beside a receipt with its size and sha256. Writes
are atomic. A damaged artifact is noticed by its checksum, reported, and made again. Two processes that want the same
artifact make it once: the second waits on a file lock.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from pydantic import BaseModel, TypeAdapter, ValidationError

from clipy.backend import Backend
from clipy.errors import OutputError, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")

SCHEMA = "clipy.artifact/1"
_BLOCK = 1 << 20


class Damaged(Exception):
    """An artifact does not hold what its header promises."""


@dataclasses.dataclass(frozen=True)
class Store:
    """Artifacts under ``root``, each in a folder named after the step that made it."""

    root: Path
    reuse: bool = True  # False: make everything again, and still save it

    def value(self, step: str, key: str, kind: Any, make: Callable[[], T]) -> T:
        """Return the stored artifact of type ``kind``, or make, save and read it back.

        The first and the second run see the same value because both see what was read back.
        """
        path = self._path(step, key, ".json")
        with self._locked(path):
            if self.reuse and path.exists():
                try:
                    found: T = _read(path, kind)
                except Damaged as error:
                    log.warning("stored %s is damaged (%s) and is made again", step, error)
                else:
                    log.debug("%s: taken from the store", step)
                    return found
            value = make()
            with _reporting(path):
                _write(path, kind, value)
                made: T = _read(path, kind)
            return made

    def file(self, step: str, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """Return the stored file, or let ``make`` write one under a temporary name and move it into place."""
        path = self._path(step, key, suffix)
        receipt = path.with_suffix(".receipt")
        with self._locked(path):
            if self.reuse and path.exists() and receipt.exists():
                try:
                    expected = _read(receipt, Receipt)
                    if path.stat().st_size == expected.size and file_digest(path) == expected.sha256:
                        log.debug("%s: taken from the store", step)
                        return path
                    raise Damaged("its bytes changed")
                except Damaged as error:
                    log.warning("stored %s is damaged (%s) and is made again", step, error)
            with temporary_beside(path) as temporary:
                make(temporary)
                with _reporting(path):
                    _sync(temporary)
                    made = Receipt(temporary.stat().st_size, file_digest(temporary))
                    temporary.replace(path)
                    _write(receipt, Receipt, made)
            return path

    def _path(self, step: str, key: str, suffix: str) -> Path:
        return self.root / step / key[:2] / f"{key}{suffix}"

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        lock = FileLock(path.with_suffix(".lock"))
        with _reporting(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


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
    return _adapter(kind).dump_python(value, mode="json")


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder, with the same suffix; removed when something goes wrong."""
    handle, name = tempfile.mkstemp(prefix=".making-", suffix=path.suffix, dir=path.parent)
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
        write_atomically(path, text.encode())
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


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _write(path: Path, kind: Any, value: object) -> None:
    body = _adapter(kind).dump_json(value)
    header = {"schema": SCHEMA, "type": str(kind), "sha256": hashlib.sha256(body).hexdigest()}
    write_atomically(path, json.dumps(header).encode() + b"\n" + body)


def _read(path: Path, kind: Any) -> Any:
    head, _, body = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(head)
    except ValueError:
        raise Damaged("its header is not JSON") from None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        raise Damaged("it has another schema")
    if hashlib.sha256(body).hexdigest() != header.get("sha256"):
        raise Damaged("its checksum does not match")
    try:
        return _adapter(kind).validate_json(body)
    except ValidationError as error:
        raise Damaged(f"it is not a {kind}: {error.error_count()} problems") from None
