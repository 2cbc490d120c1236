"""What was changed in a clip, so that it can be undone and redone, also after a crash or in another tab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from clipy.edits import ClipEdits
from clipy.entries import read_json
from clipy.errors import DocumentError
from clipy.storage.store import write_json

_MOST = 100  # changes that can be undone


class _Steps(BaseModel):
    model_config = ConfigDict(extra="ignore")
    undo: list[ClipEdits] = []
    redo: list[ClipEdits] = []


@dataclass(frozen=True)
class History:
    """Earlier and undone versions of the clips of a folder; one file for each clip in ``folder``."""

    folder: Path

    def counts(self, name: str) -> tuple[int, int]:
        """How many changes of a clip can be undone, and redone."""
        steps = self._read(name)
        return len(steps.undo), len(steps.redo)

    def first(self, name: str) -> ClipEdits | None:
        """A clip as it was before anything was changed; None where nothing was."""
        undo = self._read(name).undo
        return undo[0] if undo else None

    def push(self, before: ClipEdits) -> None:
        """Remember a clip as it was before a change."""
        steps = self._read(before.id)
        self._write(before.id, _Steps(undo=[*steps.undo, before][-_MOST:]))

    def step(self, now: ClipEdits, *, back: bool) -> ClipEdits | None:
        """The clip as it was before its last change (or before that was undone); None where there is none."""
        steps = self._read(now.id)
        taken, given = (steps.undo, steps.redo) if back else (steps.redo, steps.undo)
        if not taken:
            return None
        found = taken.pop()
        given.append(now)
        self._write(now.id, steps)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> _Steps:
        path = self._path(name)
        if not path.is_file():
            return _Steps()
        try:
            return _Steps.model_validate(read_json(path))
        except ValidationError as error:
            raise DocumentError("not a history of edits", where=path, do="Remove it") from error

    def _write(self, name: str, steps: _Steps) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self._path(name), steps.model_dump(mode="json", exclude_defaults=True))
