"""Saves what ``--debug`` asks for, clip by clip: ``NAME.mp4``, ``NAME.tracks.json`` and ``NAME.decisions.json``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from clipy.backend import Backend
from clipy.context import Context
from clipy.pipeline.debug.records import decisions_json, tracks_json
from clipy.pipeline.debug.scene import Scene
from clipy.pipeline.debug.video import write_movie
from clipy.stages.base import Reframer
from clipy.storage.store import temporary_beside, write_json
from clipy.types import Edit, Finding, Video

log = logging.getLogger(__name__)


def save_clip(
    name: str,
    video: Video,
    edit: Edit,
    findings: Sequence[Finding],
    reframer: Reframer,
    backends: Sequence[Backend],
    folder: Path,
    ctx: Context,
) -> None:
    """Save one clip's video and data in ``folder``. What a reframer has stored is loaded, not made again."""
    scene = Scene.of(video, edit, reframer, ctx)
    write_json(folder / f"{name}.tracks.json", tracks_json(scene))
    write_json(folder / f"{name}.decisions.json", decisions_json(scene, backends, findings))
    path = folder / f"{name}.mp4"
    with temporary_beside(path) as temporary:
        write_movie(scene, temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    log.info("what was seen and decided is in %s", path)
