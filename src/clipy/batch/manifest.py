"""Manifests: a list of videos with settings for each, as JSON lines or CSV.

    {"video": "talks/one.mp4", "highlight.count": 5, "reframe.layout": "single"}

``video`` is a path, taken from the manifest's folder where it is relative; ``name`` names the folder of the clips.
Every other key, or column, is a setting as ``--set`` takes it; an empty cell sets nothing.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipy.errors import DocumentError

SUFFIXES = frozenset({".jsonl", ".ndjson", ".csv"})
_VIDEO, _NAME = "video", "name"


@dataclass(frozen=True)
class Entry:
    """One video of a manifest: its path, the name of its folder (empty: that of the file), and its settings."""

    video: Path
    name: str
    sets: tuple[str, ...]


def read(path: Path) -> list[Entry]:
    """Every entry, in order. Raises DocumentError, with the line, for one that cannot be understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DocumentError(f"cannot read the manifest ({reason})", where=path) from error
    rows = _csv_rows(text, path) if path.suffix.lower() == ".csv" else _json_rows(text, path)
    entries = [_entry(row, f"{path}:{line}", path.parent) for line, row in rows]
    if not entries:
        raise DocumentError("the manifest names no video", where=path, do="Write one a line; see docs/scale.md")
    return entries


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"not JSON ({error})", where=f"{path}:{number}") from error
        if not isinstance(row, dict):
            raise DocumentError("not a JSON object", where=f"{path}:{number}")
        yield number, row


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        for row in reader:
            if None in row:
                raise DocumentError("there are more cells than columns", where=f"{path}:{reader.line_num}")
            yield reader.line_num, {key.strip(): value for key, value in row.items() if value and value.strip()}
    except csv.Error as error:
        raise DocumentError(f"not CSV ({error})", where=f"{path}:{reader.line_num}") from error


def _entry(row: Mapping[str, Any], where: str, folder: Path) -> Entry:
    video = row.get(_VIDEO)
    if not isinstance(video, str) or not video.strip():
        raise DocumentError('a "video" is missing', where=where, do="Name the file of each entry")
    name = row.get(_NAME, "")
    if not isinstance(name, str):
        raise DocumentError('"name" is not text', where=where)
    settings = {key: value for key, value in row.items() if key not in (_VIDEO, _NAME) and value is not None}
    return Entry(folder / video.strip(), name, tuple(f"{key}={_text(value)}" for key, value in settings.items()))


def _text(value: Any) -> str:
    """A value as ``--set`` takes it: TOML, which JSON is but for objects; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
