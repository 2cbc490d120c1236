"""One artifact as a file: a line of JSON that says what it is, and the value as JSON behind it; never a pickle.

The header names the type, the type's shape (a digest of its fields), and the sha256 of the rest. A file that does not
hold what its header promises is ``Damaged``. One whose type has had other fields since is ``Outdated``. Whoever asked
recomputes either.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from clipy.arrays import ByteBudget

SCHEMA = "clipy.artifact/2"

_HEADER = 4096  # bytes of the first line, at most
_LARGEST = 1 << 30  # bytes of a file, at most

_ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)


class Damaged(Exception):
    """An artifact does not hold what its header promises."""


class Outdated(Exception):
    """An artifact was written by a version of clipy in which its type had other fields."""


def encoded(kind: Any, value: object) -> bytes:
    """The whole file of a value of type ``kind``."""
    body = adapter(kind).dump_json(value, warnings="error")
    digest = hashlib.sha256(body).hexdigest()
    header = {"schema": SCHEMA, "type": name_of(kind), "shape": shape_of(kind), "sha256": digest}
    return json.dumps(header).encode() + b"\n" + body


def read(path: Path, kind: Any) -> Any:
    """The value in a file. Raises Damaged or Outdated; OSError when it cannot be read."""
    if path.stat().st_size > _LARGEST:
        raise Damaged("it is far too large")
    return decoded(path.read_bytes(), kind)


def decoded(data: bytes, kind: Any) -> Any:
    """Decode the value in a file's bytes, which are not trusted. Raises only Damaged or Outdated."""
    head, _, body = data.partition(b"\n")
    header = _header(head)
    if hashlib.sha256(body).hexdigest() != header.get("sha256"):
        raise Damaged("its checksum does not match")
    if header.get("type") != name_of(kind):
        raise Damaged(f"it holds {header.get('type')!r:.80}, not {name_of(kind)}")
    if header.get("shape") != shape_of(kind):
        raise Outdated(f"{name_of(kind)} had other fields")
    try:
        return adapter(kind).validate_json(body, context=ByteBudget())
    except ValidationError as error:
        raise Damaged(f"it is not {name_of(kind)}: {error.error_count()} problems") from None
    except (ArithmeticError, RecursionError) as error:
        raise Damaged(f"it is not {name_of(kind)}: {error}") from None


def _header(line: bytes) -> dict[str, Any]:
    if len(line) > _HEADER:
        raise Damaged("it has no header")
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        raise Damaged("its header is not JSON") from None
    if not isinstance(header, dict) or not isinstance(header.get("schema"), str):
        raise Damaged("its header says nothing")
    if header["schema"] != SCHEMA:
        if header["schema"].startswith("clipy.artifact/"):
            raise Outdated(header["schema"][:80])
        raise Damaged("it has another schema")
    return header


@lru_cache(maxsize=256)
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads and writes a type, made once."""
    return TypeAdapter(kind)


def name_of(kind: Any) -> str:
    """A type's name in headers, in each process the same: ``clipy.types.Clip``, ``list[clipy.types.Highlight]``."""
    if isinstance(kind, type) and not get_args(kind):
        return f"{kind.__module__}.{kind.__qualname__}"
    return _ADDRESS.sub("", str(kind))  # of the functions that read and write an array


@lru_cache(maxsize=256)
def shape_of(kind: Any) -> str:
    """A digest of the fields of all dataclasses that a type is made of: another when one is added or changed."""
    fields = {
        name_of(part): [[field.name, str(field.type)] for field in dataclasses.fields(part)] for part in _parts(kind)
    }
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def _parts(kind: Any) -> Iterator[Any]:
    """Every dataclass in a type, each once."""
    waiting, seen = [kind], list[Any]()
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.append(part)
        if get_origin(part) is Annotated:
            waiting.append(part.__origin__)
            continue
        waiting += get_args(part)
        if isinstance(part, type) and dataclasses.is_dataclass(part):
            yield part
            waiting += get_type_hints(part).values()
