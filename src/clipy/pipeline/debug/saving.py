"""Saves what ``--debug`` asks for, clip by clip: ``NAME.mp4``, ``NAME.tracks.json`` and ``NAME.decisions.json``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.backend import Backend
from clipy.context import Context
from clipy.pipeline.debug.records import decisions_json, tracks_json
from clipy.pipeline.debug.scene import Scene
from clipy.pipeline.debug.video import write_movie
from clipy.pipeline.outcome import Result
from clipy.pipeline.parallel import with_progress
from clipy.stages.base import Reframer
from clipy.storage.folders import make_writable
from clipy.storage.store import temporary_beside, write_json
from clipy.types import Finding

log = logging.getLogger(__name__)


def save_debug(
    result: Result, attribution: SpeakerAttribution, reframer: Reframer, backends: Sequence[Backend], ctx: Context
) -> None:
    """Save what was seen and decided about each clip, rejected ones included, in ``debug`` of the run's folder.

    What the reframer has stored is loaded, not recomputed.
    """
    folder = result.folder / "debug"
    make_writable(folder)
    made = [(item.clip.name, item.clip.edit, item.findings) for item in result.made]
    refused = [(f"rejected-{n:02d}", item.edit, item.findings) for n, item in enumerate(result.rejected, 1)]
    for (name, edit, findings), part in with_progress([*made, *refused], ctx.at("debug")):
        if edit is not None:
            _save_clip(folder / name, Scene.of(result.video, edit, attribution, reframer, part), findings, backends)


def _save_clip(path: Path, scene: Scene, findings: Sequence[Finding], backends: Sequence[Backend]) -> None:
    """Save one clip's video and data. ``path`` has no suffix."""
    write_json(path.with_name(f"{path.name}.tracks.json"), tracks_json(scene))
    write_json(path.with_name(f"{path.name}.decisions.json"), decisions_json(scene, backends, findings))
    movie = path.with_name(f"{path.name}.mp4")
    with temporary_beside(movie) as temporary:
        write_movie(scene, temporary)
        temporary.chmod(0o644)
        temporary.replace(movie)
    log.info("debug video and data saved: %s", movie)
