"""Sending a clip somewhere: first exactly what would be sent is shown, then that, and nothing else, is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clipy import registry
from clipy.contract import call
from clipy.documents import Delivered, read_clips
from clipy.errors import ConfigError, InputError
from clipy.stages.base import Uploader
from clipy.stages.upload.folder import Folder
from clipy.stages.upload.publishing.platform import Platform
from clipy.storage.store import key_of
from clipy.studio.jobs import Job
from clipy.studio.project import Project, Row
from clipy.studio.workbench import Configure, Workbench
from clipy.types import Clip, Json


@dataclass(frozen=True)
class Shipment:
    """A clip, where it would go, and what would be sent. ``digest`` changes with anything of it."""

    uploader: Uploader
    clip: Clip
    shown: Mapping[str, Json]

    @property
    def digest(self) -> str:
        return key_of(self.shown, self.clip.fingerprint, self.uploader)


def prepared(bench: Workbench, row: Row, backend: str, options: Mapping[str, Any]) -> Shipment:
    """What would be sent. Sends nothing. Raises InputError for a clip that is not ready, ConfigError as settings do."""
    uploader = registry.create("upload", backend, options)
    if not isinstance(uploader, Uploader):
        raise ConfigError(f"{backend!r} is no uploader")
    clip = _ready(bench.project, row)
    if not uploader.takes(clip):
        raise InputError(f"{backend} does not take clips of this shape", where=row.id, do="Choose another uploader")
    ctx = bench.ctx.at("upload")
    if isinstance(uploader, Platform):
        return Shipment(uploader, clip, uploader.preview(clip, ctx))
    shown = {
        "file": str(clip.path),
        "sha256": clip.fingerprint,
        "bytes": clip.path.stat().st_size,
        "uploader": backend,
        "options": uploader.options.model_dump(mode="json"),
        "title": row.clip.title,
    }
    if isinstance(uploader, Folder):
        kinds = [clip.path.suffix, *(f".{kind}" for kind in uploader.options.subtitles), ".jpg"]
        target = Path(uploader.options.path).expanduser().resolve()
        shown["writes"] = [str(target / f"{clip.name}{kind}") for kind in kinds]
    return Shipment(uploader, clip, shown)


def _ready(project: Project, row: Row) -> Clip:
    """The clip as it is on disk. Raises InputError unless that is what a person would expect to be sent."""
    if row.stale or project.file(row) is None:
        raise InputError("the file does not show the last changes", where=row.id, do="Render it first")
    if row.clip.verdict == "rejected":
        raise InputError("this clip was rejected", where=row.id, do="Approve it first")
    if row.passed is not True and row.clip.verdict != "approved":
        raise InputError("this clip did not pass its review", where=row.id, do="Approve it to send it all the same")
    found = next((item for item in _delivered(project) if item.clip.name == row.id), None)
    if found is None:
        raise InputError("this clip is not in clips.json", where=row.id, do="Render it first")
    edit = found.clip.edit
    titled = edit if edit is None else replace(edit, highlight=replace(edit.highlight, title=row.clip.title))
    return replace(found.clip, edit=titled)


def _delivered(project: Project) -> list[Delivered]:
    return read_clips(project.folder)


def send(bench: Workbench, name: str, shipment: Shipment, job: Job) -> None:
    """Publish the clip, and note where it is now."""
    ctx = replace(bench.ctx.at("upload"), listener=job.listen)
    post = call(shipment.uploader.upload, (shipment.clip,), ctx)
    project = bench.project
    with project.exclusively():
        entry = dict(project.row(name).entry)
        posts = [
            one for one in entry.get("posts") or () if (one["uploader"], one["where"]) != (post.uploader, post.where)
        ]
        project.update_entry(name, entry | {"posts": [*posts, {"uploader": post.uploader, "where": post.where}]})
    job.hub.publish("clip", {"project": project.key, "clip": name})
    job.tell(where=post.where)


def default_options(configure: Configure, backend: str) -> dict[str, Any]:
    """What the user's settings say about an uploader."""
    for choice in configure().lists["upload"]:
        if choice.backend == backend:
            return dict(choice.options)
    return {}
