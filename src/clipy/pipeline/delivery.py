"""The output folder of a run: who writes to it, and whether it may be written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clipy import documents
from clipy.config import Choice, Config
from clipy.errors import OutputError
from clipy.storage.folders import make_writable


def delivering_to(folder: Path, config: Config, *, overwrite: bool) -> Config:
    """The configuration whose ``folder`` uploader writes to the output folder; added in front when it is not picked."""
    options = {"path": str(folder), "overwrite": overwrite}
    uploads = config.lists["upload"]
    if not any(choice.backend == "folder" for choice in uploads):
        uploads = (Choice("folder", {}), *uploads)
    placed = tuple(Choice(c.backend, {**c.options, **options}) if c.backend == "folder" else c for c in uploads)
    return replace(config, lists={**config.lists, "upload": placed})


def prepare(folder: Path, identity: str, *, overwrite: bool) -> None:
    """Make the output folder and see, before any work, that it can be written and holds no other run's clips."""
    try:
        make_writable(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write to the output folder ({error.strerror})", where=folder, do="Choose another with -o"
        ) from error
    earlier = folder / "clips.json"
    if earlier.exists() and not overwrite:
        document = documents.read_json(earlier)
        if not isinstance(document, dict) or document.get("run") != identity:
            raise OutputError(
                "the output folder holds the clips of another video or of other settings",
                where=folder,
                do="Choose another with -o, or allow it with --overwrite",
            )
