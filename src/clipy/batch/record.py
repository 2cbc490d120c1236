"""The record of a batch: a line of JSON in the output folder for each video that is done with.

It is why a batch that was killed goes on where it was, and why a watched folder's videos are each taken once: what is
recorded, unchanged, and was asked for with the same settings is not begun again. Shards write a file each.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from clipy.errors import OutputError
from clipy.types import Json

PATTERN = "batch*.jsonl"


@dataclass(frozen=True)
class Known:
    """What a video is recognised by without reading all of it: path, bytes, time of modification, and the settings."""

    video: str
    size: int
    modified: int  # nanoseconds
    settings: str

    @classmethod
    def of(cls, video: Path, settings: str) -> Known | None:
        """How a video would be recorded; None where there is none."""
        try:
            facts = video.stat()
        except OSError:
            return None
        return cls(str(video.absolute()), facts.st_size, facts.st_mtime_ns, settings)


class Record:
    """The lines of all shards in one output folder; new ones go to ``batch.jsonl``, or the shard's own file."""

    def __init__(self, folder: Path, part: str = "") -> None:
        self._path = folder / f"batch{part and '-'}{part}.jsonl"
        self._lock = threading.Lock()
        self._entries: dict[Known, Json] = {}
        for path in sorted(folder.glob(PATTERN)):
            self._entries.update(_read(path))

    def find(self, known: Known | None) -> Json | None:
        """The line of a video that is done with; None where it is not."""
        return None if known is None else self._entries.get(known)

    def add(self, known: Known | None, outcome: Json) -> None:
        """Record that a video is done with. On return it would survive a power cut. Raises OutputError."""
        if known is None:
            return
        entry = {**vars(known), **outcome}
        with self._lock:
            self._entries[known] = entry
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    begins = b"\n" if file.tell() and not _ends_with_newline(self._path) else b""  # of a killed run
                    file.write(begins + json.dumps(entry, ensure_ascii=True).encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise OutputError(
                    f"cannot write the record of the batch ({error.strerror})", where=self._path
                ) from error


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _read(path: Path) -> dict[Known, Json]:
    found = {}
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
            known = Known(str(entry["video"]), int(entry["size"]), int(entry["modified"]), str(entry["settings"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # the last line of a run that was killed while it wrote
        found[known] = entry
    return found
