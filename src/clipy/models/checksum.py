"""Checksums of weights: taken once for each file and process, compared before every use."""

from __future__ import annotations

from pathlib import Path

from clipy.errors import ModelError
from clipy.models.model import WeightsFile, combined
from clipy.storage.store import file_digest

_taken: dict[tuple[str, int, int], str] = {}  # (path, size, time of change) -> sha256


def digest(path: Path, *, again: bool = False) -> str:
    """The sha256 of a file, cached while its size and modification time are unchanged; ``again`` rereads it."""
    status = path.stat()
    key = (str(path.absolute()), status.st_size, status.st_mtime_ns)
    if again or key not in _taken:
        _taken[key] = file_digest(path)
    return _taken[key]


def digest_of_folder(folder: Path) -> str:
    """One sha256 over all files of a folder that clipy has no pins for: what identifies a model of the user's own."""
    return combined({path.name: digest(path) for path in folder.iterdir() if path.is_file()})


def matches(file: WeightsFile, path: Path, *, again: bool = False) -> bool:
    """Whether a path holds exactly this file. The size is compared first, because that is free."""
    return path.is_file() and path.stat().st_size == file.size and digest(path, again=again) == file.sha256


def refuse(file: WeightsFile, path: Path, do: str) -> ModelError:
    """The error for a file that is not what its name says."""
    size = path.stat().st_size
    found = f"{size} bytes, not {file.size}" if size != file.size else f"sha256 {digest(path)}, not {file.sha256}"
    return ModelError(f"this is not the {file.name} that clipy knows ({found})", where=path, do=do)
