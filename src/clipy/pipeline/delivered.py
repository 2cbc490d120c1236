"""Files that a ``clips.json`` beside them tells of, as the clips that they were in the run."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from clipy import documents
from clipy.errors import ClipyError, MediaError
from clipy.media.probe import probe
from clipy.pipeline.quality_control import file_as_clip
from clipy.types import Clip, Video

log = logging.getLogger(__name__)


def with_sources(paths: Iterable[Path]) -> list[tuple[Clip, Video | None]]:
    """Each file as a clip, and the video it was cut from; None where nothing tells, or it is not there any more.

    Raises MediaError where there is no such file.
    """
    told = cache(_told)  # once for each folder
    found: list[tuple[Clip, Video | None]] = []
    for path in paths:
        clips, video = told(path.parent)
        known = clips.get(path.name)
        found.append((file_as_clip(path), None) if known is None else (known, video))
    return found


def _told(folder: Path) -> tuple[dict[str, Clip], Video | None]:
    """The clips of a folder by file name, and their source."""
    if not (folder / "clips.json").is_file():
        return {}, None
    try:
        clips = {item.clip.path.name: item.clip for item in documents.read_clips(folder)}
    except ClipyError as error:
        log.warning("clips are reviewed as any file, without what was meant with them: %s", error)
        return {}, None
    return clips, _source(folder)


def _source(folder: Path) -> Video | None:
    told = documents.read_json(folder / "clips.json")
    source = told.get("source") if isinstance(told, dict) else None
    if not isinstance(source, dict):
        return None
    try:
        video = probe(str(source.get("path", "")))
    except MediaError:
        log.info("the source of these clips is not where it was: what it shows, too, is held against them")
        return None
    return video if video.fingerprint == source.get("fingerprint") else None
