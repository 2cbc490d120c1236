"""Making a clip again: only what its edits change, which is the render and the review."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from clipy import documents
from clipy.context import Context
from clipy.documents import clip_json
from clipy.edits import ClipEdits
from clipy.errors import ClipyError
from clipy.pipeline.edited import plan_edited, with_own_pizzazz
from clipy.pipeline.outcome import Outcome
from clipy.studio.jobs import Job
from clipy.studio.project import Project
from clipy.studio.workbench import Workbench
from clipy.types import Clip, Json

log = logging.getLogger(__name__)


def render_clip(bench: Workbench, name: str, job: Job) -> None:
    """Make one clip, review it, and deliver it to the run's folder with its entry in ``clips.json``."""
    project = bench.project
    ctx = bench.context(replace(bench.ctx, listener=job.listen))
    row = project.row(name)
    whole = bench.completed(row.clip, ctx)
    if whole != row.clip:
        whole = project.change(name, None, lambda now: _completed(now, whole), keep=False)
    outcome = _made(bench, whole, ctx)
    job.check()
    with ctx.store.delivering(project.folder):
        delivered = bench.pipeline.publish(outcome, ctx.at("upload"))
    project.update_entry(name, _entry(delivered, row.entry))
    recipe = whole.recipe()
    project.change(name, None, lambda now: now.changed(rendered=recipe), keep=False)
    job.hub.publish("clip", {"project": project.key, "clip": name, "revision": project.row(name).clip.revision})


def _completed(now: ClipEdits, whole: ClipEdits) -> ClipEdits:
    """The clip as it is now, with what it lacks from one that has it."""
    missing = [key for key in ("crop", "words") if getattr(now, key) is None]
    more = ["output"] * ("crop" in missing) + ["language", "speakers"] * ("words" in missing)
    data = whole.model_dump(mode="json")
    return now.changed(**{key: data[key] for key in (*missing, *more)})


def _made(bench: Workbench, item: ClipEdits, ctx: Context) -> Outcome:
    own = with_own_pizzazz(bench.pipeline, item)
    edit = plan_edited(own, bench.video, item, ctx.at("render"))
    clip = own.render(bench.video, edit, ctx.at("render"))
    control = bench.pipeline.quality_control
    others = (*_others(bench.project, item.id), *control.published(ctx))
    outcome = control.judge(clip, ctx.at("review"), others) if control.reviewers else Outcome(clip, None)
    return replace(outcome, clip=replace(clip, name=item.id))


def _others(project: Project, name: str) -> tuple[Clip, ...]:
    """The other clips of the folder, which this one must not repeat."""
    try:
        found = documents.read_clips(project.folder)
    except ClipyError as error:
        log.warning("%s is not compared with the other clips: %s", name, error)
        return ()
    return tuple(item.clip for item in found if item.clip.name != name)


def _entry(outcome: Outcome, before: Mapping[str, Json]) -> Mapping[str, Json]:
    """The clip's entry, with the posts of earlier versions on platforms."""
    posted = [post for post in before.get("posts") or () if post.get("uploader") != "folder"]
    entry = clip_json(outcome.clip, outcome.reviews, outcome.posts, outcome.repaired)
    return {**entry, "posts": [*entry["posts"], *posted]}
