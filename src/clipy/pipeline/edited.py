"""Clips made from what a person decided, in ``crops.json`` or ``edits.json``, without finding it out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from clipy import registry
from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.contract import call
from clipy.edits import ClipEdits, Edits
from clipy.errors import ConfigError
from clipy.pipeline.delivery import prepare
from clipy.pipeline.outcome import Clock, Outcome, Result
from clipy.pipeline.parallel import parallel_map, renders_at_once
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.recorded_settings import recorded_settings
from clipy.pipeline.shapes import Numbered
from clipy.stages.base import Pizzazz, in_order
from clipy.storage.store import key_of, write_json
from clipy.text.slugs import slug
from clipy.types import Clip, CropPath, Edit, Highlight, Transcript, Video, seconds


def render_crops(
    pipeline: Pipeline,
    video: Video,
    cropped: Sequence[tuple[Highlight, CropPath]],
    folder: Path,
    ctx: Context,
    *,
    overwrite: bool,
) -> Result:
    """Render given crops into a folder, unreviewed; ``clips.json`` says so."""

    def edits(ctx: Context) -> list[Edit]:
        pipeline.check_text(transcript_of(video, ctx))
        picks = [highlight for highlight, _ in cropped]
        attribution = attribute(pipeline, video, picks, ctx)
        outlines = [Edit(highlight, crop, (highlight.span,)) for highlight, crop in cropped]
        return [pipeline.decorate(video, attribution, outline, ctx) for outline in outlines]

    identity = key_of(pipeline.identity(video, ctx.store), cropped)
    call(pipeline.renderer.check, ())
    clock = Clock()
    with ctx.store.delivering(folder):
        prepare(folder, identity, overwrite=overwrite)
        with clock.measuring("render"):
            ctx = pipeline.with_conversation(video, [highlight for highlight, _ in cropped], ctx)
            clips = parallel_map(edits(ctx), partial(pipeline.render, video), ctx, renders_at_once())
        prefix = slug(video.path.stem)
        named = [Numbered(number, Outcome(clip, None)).named(prefix) for number, clip in enumerate(clips, 1)]
        made = pipeline.publish_all(named, ctx)
        return _written(pipeline, Result(video, folder, tuple(made), (), clock.spent, identity))


def render_edits(
    pipeline: Pipeline, video: Video, edits: Edits, folder: Path, ctx: Context, *, overwrite: bool
) -> Result:
    """Render the clips of ``edits.json`` that were not rejected, each named by its id; unreviewed."""
    wanted = [item for item in edits.clips if item.verdict != "rejected"]
    identity = key_of(pipeline.identity(video, ctx.store), [item.document() for item in wanted])
    call(pipeline.renderer.check, ())
    clock = Clock()
    with ctx.store.delivering(folder):
        prepare(folder, identity, overwrite=overwrite)
        with clock.measuring("render"):
            ctx = pipeline.with_conversation(video, [item.highlight() for item in wanted], ctx)
            clips = parallel_map(wanted, partial(render_edited, pipeline, video), ctx, renders_at_once())
        outcomes = [Outcome(replace(clip, name=item.id), None) for clip, item in zip(clips, wanted, strict=True)]
        made = pipeline.publish_all(outcomes, ctx)
        return _written(pipeline, Result(video, folder, tuple(made), (), clock.spent, identity))


def render_edited(pipeline: Pipeline, video: Video, item: ClipEdits, ctx: Context) -> Clip:
    """The finished file of one clip, in the store."""
    own = with_own_pizzazz(pipeline, item)
    return own.render(video, plan_edited(own, video, item, ctx), ctx)


def plan_edited(pipeline: Pipeline, video: Video, item: ClipEdits, ctx: Context) -> Edit:
    """All that is decided about a clip, by the person or else by the pipeline, which is already the clip's own."""
    highlight, path = item.highlight(), item.path()
    if path is None:
        path = pipeline.reframe(video, highlight, ctx)
    outline = Edit(highlight, path, (highlight.span,), gain=item.gain, sides=item.sides)
    if item.words is None:
        return pipeline.decorate(video, attribute(pipeline, video, [highlight], ctx), outline, ctx)
    shown = [word for word in item.words if not word.hidden and word.word().span.overlap(highlight.span) > 0]
    words = tuple(word.word() for word in shown)
    pipeline.check_text(Transcript(item.language, words))
    edit = replace(
        outline,
        language=item.language,
        words=words,
        speakers=item.speakers,
        breaks=tuple(seconds(word.start) for word in shown if word.breaks),
    )
    return pipeline.plan(video, edit, ctx)


def with_own_pizzazz(pipeline: Pipeline, item: ClipEdits) -> Pipeline:
    """The pipeline with what a clip itself wants to be added. Raises ConfigError as settings do."""
    if item.pizzazz is None:
        return pipeline
    made = []
    for entry in item.pizzazz:
        options = {name: value for name, value in entry.items() if name != "backend"}
        backend = registry.create("pizzazz", str(entry["backend"]), options)
        if not isinstance(backend, Pizzazz):  # the registry promises it
            raise ConfigError(f"{entry['backend']!r} is no pizzazz")
        made.append(backend)
    return replace(pipeline, pizzazz=in_order(tuple(made)))


def attribute(pipeline: Pipeline, video: Video, picks: Sequence[Highlight], ctx: Context) -> SpeakerAttribution:
    """Who says what in some picks."""
    return pipeline.add_faces(video, SpeakerAttribution.from_audio(video, picks, ctx), picks, ctx)


def _written(pipeline: Pipeline, result: Result) -> Result:
    result = replace(result, settings=recorded_settings(pipeline.backends()))
    write_json(result.folder / "clips.json", result.document())
    return result
