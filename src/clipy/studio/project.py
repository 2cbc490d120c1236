"""A run's folder: its clips, its rejected candidates, and what a person decided about them. The disk is the truth.

Nothing is kept in memory between requests, so that a crash loses nothing and another process may write as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from filelock import BaseFileLock, FileLock
from pydantic import ValidationError

from clipy.edits import ClipEdits, Edits, read_edits
from clipy.entries import Spanned, read_json
from clipy.errors import DocumentError, InputError
from clipy.storage.store import write_json
from clipy.studio.history import History
from clipy.studio.imported import edits_of
from clipy.types import Json

Kind: TypeAlias = Literal["clip", "rejected", "candidate", "new"]
State: TypeAlias = Literal["open", "approved", "rejected", "edited", "failed", "spare"]


class Conflict(Exception):
    """Somebody else changed the clip since it was read; ``now`` is what it is now."""

    def __init__(self, now: ClipEdits) -> None:
        super().__init__(f"{now.id} has changed")
        self.now = now


class NotFound(InputError):
    """There is no such clip."""


_SUMMARY = ("start", "end", "title", "score", "reason", "details")


@dataclass(frozen=True)
class Row:
    """One clip or candidate: what ``clips.json`` says of it, and its edits if there are any."""

    id: str
    kind: Kind
    entry: Mapping[str, Json]
    edits: ClipEdits | None

    @property
    def summary(self) -> Spanned:
        """When it is and why: all that a list needs, read without the words and the crop."""
        return self.edits or Spanned.model_validate({key: self.entry.get(key) for key in _SUMMARY if key in self.entry})

    @property
    def clip(self) -> ClipEdits:
        """What would be rendered."""
        return self.edits or edits_of(self.id, self.entry)

    @property
    def stale(self) -> bool:
        """Whether its file, if there is one, does not show the last changes."""
        return self.edits is not None and self.edits.rendered != self.edits.recipe()

    @property
    def findings(self) -> list[Json]:
        """What the reviewers found."""
        review = self.entry.get("review") or self.entry
        return list(review.get("findings") or ()) if isinstance(review, dict) else []

    @property
    def passed(self) -> bool | None:
        """Whether it passed its review; None where nobody has reviewed it."""
        review = self.entry.get("review")
        return bool(review.get("passed")) if isinstance(review, dict) else None

    @property
    def state(self) -> State:
        """Where it stands, for a person."""
        if self.kind in {"rejected", "candidate"}:
            return "failed" if self.kind == "rejected" else "spare"
        if self.edits is not None and self.edits.verdict:
            return self.edits.verdict
        if self.stale:
            return "edited"
        return "failed" if self.passed is False else "open"


@dataclass
class Project:
    """The folder of a run. ``key`` names it in addresses."""

    folder: Path
    key: str
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _file_lock: BaseFileLock | None = None

    @property
    def edits_path(self) -> Path:
        return self.folder / "edits.json"

    @property
    def private(self) -> Path:
        """What only the studio reads: the history, and its lock."""
        return self.folder / ".studio"

    @property
    def history(self) -> History:
        return History(self.private / "history")

    @property
    def exists(self) -> bool:
        return (self.folder / "clips.json").is_file()

    def document(self) -> dict[str, Json]:
        """``clips.json``. Raises DocumentError."""
        path = self.folder / "clips.json"
        found = read_json(path)
        if not isinstance(found, dict) or not isinstance(found.get("clips"), list):
            raise DocumentError("not the document of a run", where=path, do="Name a folder that clipy run wrote")
        return found

    def edits(self, document: Mapping[str, Json] | None = None) -> Edits:
        """The edits so far. Raises DocumentError; also where they are of another source."""
        document = self.document() if document is None else document
        source = document.get("source") or {}
        fresh = Edits(source, (), str(document.get("run") or ""), document.get("settings") or {})
        if not self.edits_path.is_file():
            return fresh
        found = read_edits(self.edits_path)
        if found.source.get("fingerprint") != source.get("fingerprint"):
            raise DocumentError(
                "the edits in this folder are of another video", where=self.edits_path, do="Move the file away"
            )
        return found

    def rows(self) -> list[Row]:
        """All clips, then rejected candidates, then those that were never tried."""
        document = self.document()
        edits = {clip.id: clip for clip in self.edits(document).clips}
        taken = {clip.origin for clip in edits.values()}
        found: list[Row] = []
        for entry in document["clips"]:
            name = Path(str(entry.get("file"))).stem
            found.append(Row(name, "clip", entry, edits.pop(name, None)))
        spare = {_spare_id(kind, entry): (kind, entry) for kind, entry in _spares(document)}
        found += [Row(name, "new", {}, clip) for name, clip in edits.items() if name not in spare]
        found += [Row(name, kind, entry, None) for name, (kind, entry) in spare.items() if name not in taken]
        return found

    def row(self, name: str) -> Row:
        """One of them. Raises NotFound."""
        found = next((row for row in self.rows() if row.id == name), None)
        if found is None:
            raise NotFound(f"there is no clip {name!r}", where=self.folder, do="Reload the page")
        return found

    def file(self, row: Row) -> Path | None:
        """The finished file of a clip, inside the folder; None where there is none."""
        name = str(row.entry.get("file") or "")
        path = self.folder / name
        if not name or Path(name).name != name or path.is_symlink() or not path.is_file():
            return None
        return path

    def change(
        self, name: str, revision: int | None, make: Callable[[ClipEdits], ClipEdits], *, keep: bool = True
    ) -> ClipEdits:
        """Change a clip, on disk. ``revision`` is the one that the change was made for. Raises Conflict or NotFound.

        ``keep``: the change is a person's, so that it can be undone and makes a new revision.
        """
        with self.exclusively():
            before = self.row(name).clip
            if revision is not None and before.revision != revision:
                raise Conflict(before)
            after = make(before)
            if after == before:
                return before
            if keep:
                after = after.changed(revision=before.revision + 1)
                self.history.push(before)
            self.edits().with_clip(after).write(self.edits_path)
            return after

    def step(self, name: str, revision: int | None, *, back: bool) -> ClipEdits:
        """Undo the last change of a clip, or redo it. Raises Conflict or NotFound."""
        with self.exclusively():
            now = self.row(name).clip
            if revision is not None and now.revision != revision:
                raise Conflict(now)
            found = self.history.step(now, back=back)
            if found is None:
                return now
            after = found.changed(revision=now.revision + 1, rendered=now.rendered)
            self.edits().with_clip(after).write(self.edits_path)
            return after

    def add(self, clip: ClipEdits) -> ClipEdits:
        """Add a clip under the next free name."""
        with self.exclusively():
            edits, names = self.edits(), {row.id for row in self.rows()}
            prefix = next((Path(str(e.get("file"))).stem.rpartition("-")[0] for e in self.document()["clips"]), "")
            prefix = prefix or "clip"
            number = next(n for n in range(1, 10_000) if f"{prefix}-{n:02d}" not in names)
            named = clip.changed(id=f"{prefix}-{number:02d}", revision=1)
            edits.with_clip(named).write(self.edits_path)
            return named

    def update_entry(self, name: str, entry: Mapping[str, Json]) -> None:
        """Write what was made of a clip into ``clips.json``: in its place, or at the end."""
        with self.exclusively():
            document = self.document()
            clips = document["clips"]
            at = next((n for n, old in enumerate(clips) if Path(str(old.get("file"))).stem == name), len(clips))
            clips[at : at + 1] = [dict(entry)]
            write_json(self.folder / "clips.json", document)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Nobody else writes here meanwhile, in this process or another."""
        with self._lock:
            if self._file_lock is None:  # one for all: it may be taken again by who holds it
                self.private.mkdir(parents=True, exist_ok=True)
                self._file_lock = FileLock(self.private / "edits.lock", timeout=30)
            with self._file_lock:
                yield


def _spares(document: Mapping[str, Json]) -> Iterator[tuple[Kind, Mapping[str, Json]]]:
    for kind, name in (("rejected", "rejected"), ("candidate", "candidates")):
        for entry in document.get(name) or ():
            if isinstance(entry, dict) and _is_sound(entry):
                yield ("rejected" if kind == "rejected" else "candidate"), entry


def _is_sound(entry: Mapping[str, Json]) -> bool:
    try:
        Spanned.model_validate(entry)
    except ValidationError:
        return False
    return True


def _spare_id(kind: str, entry: Mapping[str, Json]) -> str:
    return f"{kind}-{float(entry['start']):.2f}-{float(entry['end']):.2f}"
