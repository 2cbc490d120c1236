"""Values as a person wrote them, and what they mean to the backend that they are for.

On a command line nothing tells the text 2024 from the number, and a relative path in a settings file starts at the
file's folder. Only the type of the option decides, so values wait as ``Written`` until every level has been merged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from clipy import registry
from clipy.errors import ClipyError


@dataclass(frozen=True)
class Written:
    """A value, with the ``text`` of a flag or variable, or the ``folder`` of the file, that it comes from."""

    value: Any
    text: str | None = None
    folder: Path | None = None


def from_text(text: str) -> Written:
    """What a flag or variable sets: a TOML value, or else the text itself: ``3``, ``true``, ``[1, 2]``, ``single``."""
    try:
        return Written(tomllib.loads(f"value = {text}")["value"], text.strip())
    except (ValueError, RecursionError):
        return Written(text, text)


def from_file(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The keys of a table of a settings file."""
    return {name: Written(value, folder=path.parent) for name, value in content.items()}


def resolved(group: str, backend: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as plain values, read by the types that the backend gives them."""
    fields = _fields_of(group, backend) if any(_depends_on_type(value) for value in options.values()) else {}
    return {name: _read(value, fields.get(name)) for name, value in options.items()}


def _fields_of(group: str, backend: str) -> Mapping[str, FieldInfo]:
    """The options of a backend; none for one that cannot be loaded, which fails with a reason when it is made."""
    try:
        return registry.load(group, backend).Options.model_fields
    except ClipyError:
        return {}


def shared_fields(group: str, backend: str, other: str) -> frozenset[str]:
    """The options that two backends have from a common class: at least those of the group's core class."""
    core = registry.core(group).Options
    shared = set(core.model_fields)
    try:
        ours, theirs = registry.load(group, backend).Options, registry.load(group, other).Options
    except ClipyError:
        return frozenset(shared)
    for common in ours.__mro__:
        if issubclass(common, core) and issubclass(theirs, common):
            shared |= set(common.model_fields)
    return frozenset(shared)


def _depends_on_type(value: object) -> bool:
    if not isinstance(value, Written):
        return False
    return value.folder is not None or not isinstance(value.value, str)


def _read(value: Any, field: FieldInfo | None) -> Any:
    if not isinstance(value, Written):
        return value
    if field is None:
        return value.value
    if value.folder is not None:
        return _beside(value.value, field, value.folder)
    if value.text is not None and not _fits(field, value.value) and _fits(field, value.text):
        return value.text
    return value.value


def _fits(field: FieldInfo, value: object) -> bool:
    annotation: Any = field.annotation
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


def _beside(value: Any, field: FieldInfo, folder: Path) -> Any:
    """The value with relative paths taken from ``folder``. Where a name may stand as well, only ``./`` marks a path."""
    always, explicit = _takes_paths(field.annotation), field.json_schema_extra == {"format": "path"}

    def placed(item: Any) -> Any:
        if isinstance(item, list):
            return [placed(part) for part in item]
        if not isinstance(item, str) or not item or item.startswith("~") or Path(item).is_absolute():
            return item
        return str(folder / item) if always or (explicit and item.startswith(("./", "../"))) else item

    return placed(value) if always or explicit else value


def _takes_paths(annotation: object) -> bool:
    return annotation is Path or any(_takes_paths(part) for part in get_args(annotation))
