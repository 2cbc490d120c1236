"""The output folder of a run: who writes to it, whether it may be written to, and what an earlier run delivered."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from clipy import documents, registry
from clipy.config import Choice, Config
from clipy.errors import ClipyError, MediaError, OutputError
from clipy.media.probe import probe
from clipy.pipeline.quality_control import file_as_clip
from clipy.stages.upload.folder import Folder
from clipy.storage.folders import make_writable
from clipy.types import Clip, Video

log = logging.getLogger(__name__)


def delivering_to(folder: Path, config: Config, *, overwrite: bool) -> Config:
    """The configuration whose ``folder`` uploader writes to the output folder; added in front when it is not picked."""
    options = {"path": str(folder), "overwrite": overwrite}
    uploads = config.lists["upload"]
    if not any(_is_folder(choice) for choice in uploads):
        uploads = (Choice("folder", {}), *uploads)
    placed = tuple(Choice(c.backend, {**c.options, **options}) if _is_folder(c) else c for c in uploads)
    return replace(config, lists={**config.lists, "upload": placed})


def _is_folder(choice: Choice) -> bool:
    """Whether it picks the uploader that writes to a folder, or one that inherits it."""
    return issubclass(registry.load("upload", choice.backend), Folder)


def prepare(folder: Path, identity: str, *, overwrite: bool) -> None:
    """Make the output folder; check before any work that it is writable and holds no other run's clips."""
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


def with_sources(paths: Iterable[Path]) -> list[tuple[Clip, Video | None]]:
    """Each file as a clip, as the ``clips.json`` beside it describes it, and the video that it was cut from.

    The video is None where no document names it, or it is missing or has changed. Raises MediaError where there is no
    such file.
    """
    load_folder = cache(_load_folder)
    found: list[tuple[Clip, Video | None]] = []
    for path in paths:
        clips, video = load_folder(path.parent)
        known = clips.get(path.name)
        found.append((file_as_clip(path), None) if known is None else (known, video))
    return found


def _load_folder(folder: Path) -> tuple[dict[str, Clip], Video | None]:
    """The clips of a folder by file name, and their source."""
    if not (folder / "clips.json").is_file():
        return {}, None
    try:
        clips = {item.clip.path.name: item.clip for item in documents.read_clips(folder)}
    except ClipyError as error:
        log.warning("reviewing clips without their edits: %s", error)
        return {}, None
    return clips, _load_source(folder)


def _load_source(folder: Path) -> Video | None:
    document = documents.read_json(folder / "clips.json")
    source = document.get("source") if isinstance(document, dict) else None
    if not isinstance(source, dict):
        return None
    try:
        video = probe(str(source.get("path", "")), sound_only=True)
    except MediaError:
        log.info("source not found; defects of the source will count against the clips")
        return None
    return video if video.fingerprint == source.get("fingerprint") else None
