"""The steps of a job's work: ``prepare_job`` does all of it or a part, and leaves its results in the store.

Steps run in any process that sees the store and the video. They decide nothing: whoever runs the pipeline afterwards
finds each result where the pipeline itself would have put it, and makes what is missing. A step that died, or that
prepared a clip which nobody wants in the end, costs time and no more.

    transcribe   the sound tracks chosen, the transcript made
    highlight    the candidates; returns how many clips of them are made at first
    reframe      the crop of one candidate: its faces and speakers, by far the most of the analysis
    clip         one clip planned, rendered and reviewed
    all          the whole pipeline, with repairs and replacements
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.config import Config
from clipy.context import Context
from clipy.contract import call
from clipy.errors import InputError, MediaError, NothingToDeliver
from clipy.executors.preparing.job import Job, Listener, nobody_listens
from clipy.media.probe import probe
from clipy.pipeline.pipeline import Pipeline
from clipy.pipeline.run import context
from clipy.storage import eviction
from clipy.storage.store import key_of
from clipy.types import Edit, Highlight, Video

log = logging.getLogger(__name__)

Step: TypeAlias = Literal["all", "transcribe", "highlight", "reframe", "clip"]
_KEPT = 2  # pipelines with their models, of the settings that this process worked with last
_pipelines: dict[str, Pipeline] = {}


def prepare_job(job: Job, listener: Listener = nobody_listens, *, step: Step = "all", index: int = 0) -> int:
    """Do one step of a job's work, or all; ``index`` is the candidate's for those that work on one.

    Returns the number of clips that the job makes at first (0: not known yet). Raises ClipyError. A video without a
    clip worth delivering is no error here: the driver finds that out again and reports it.
    """
    if not job.store.is_dir():
        raise InputError(
            "this machine cannot see the store", where=job.store, do="Keep the store on a path that all workers share"
        )
    with _opened(job, listener) as (pipeline, source, ctx):
        if step == "all":
            _run(pipeline, source, ctx)
            return 0
        pipeline.check_length(source)
        call(pipeline.renderer.check, ())
        video = pipeline.choose_mixes(source, ctx)
        return _do(step, index, pipeline, video, replace(ctx, video=video))


def _do(step: Step, index: int, pipeline: Pipeline, video: Video, ctx: Context) -> int:
    """One step on a video whose sound tracks are chosen."""
    if step == "transcribe":
        pipeline.check_script(video, ctx)
        pipeline.check_text(pipeline.transcribe(video, ctx))
    elif step == "highlight":
        return len(_first_picks(pipeline, video, ctx))
    elif step == "reframe":
        pick = _first_picks(pipeline, video, ctx)[index]
        pipeline.outline(video, pick, _conversing(pipeline, video, ctx).at("reframe"))
    else:
        _make_clip(pipeline, video, _conversing(pipeline, video, ctx), index)
    return 0


@contextmanager
def _opened(job: Job, listener: Listener) -> Iterator[tuple[Pipeline, Video, Context]]:
    """The pipeline without its uploaders, the video, and a context in the job's store."""
    source = probe(job.video, sound_only=True)
    pipeline = _pipeline(job.config).suited_to(source)
    with context(pipeline, since=job.since, listener=listener, store=job.store) as ctx:
        eviction.note_seen(ctx.store, source)
        yield pipeline, source, ctx


def _pipeline(config: Config) -> Pipeline:
    """The pipeline of some settings, kept with the models that it has loaded: one process prepares many jobs."""
    config = replace(config, lists={**config.lists, "upload": ()})
    key = key_of(config)
    pipeline = _pipelines.pop(key, None) or Pipeline.from_config(config)
    _pipelines[key] = pipeline
    for old in list(_pipelines)[:-_KEPT]:
        del _pipelines[old]
    return pipeline


def _run(pipeline: Pipeline, video: Video, ctx: Context) -> None:
    """The whole pipeline into a folder that is thrown away: what counts is what the store holds afterwards."""
    folder = Path(ctx.work, "prepared")
    folder.mkdir()
    try:
        pipeline.run(video, folder, ctx)
    except NothingToDeliver as error:
        log.info("%s", error)


def _candidates(pipeline: Pipeline, video: Video, ctx: Context) -> list[Highlight]:
    return pipeline.highlight(video, ctx)


def _first_picks(pipeline: Pipeline, video: Video, ctx: Context) -> list[Highlight]:
    """The candidates that become clips unless a review rejects them."""
    candidates = _candidates(pipeline, video, ctx)
    return candidates[: pipeline.highlighter.wanted(video, candidates)]


def _conversing(pipeline: Pipeline, video: Video, ctx: Context) -> Context:
    return pipeline.with_conversation(video, _candidates(pipeline, video, ctx), ctx)


def _make_clip(pipeline: Pipeline, video: Video, ctx: Context, index: int) -> None:
    """Plan, render and review one clip, with the words' speakers as told by all of them."""
    picks = _first_picks(pipeline, video, ctx)
    outlines: dict[int, Edit] = {}
    for place, pick in enumerate(picks):
        try:
            outlines[place] = pipeline.outline(video, pick, ctx.at("reframe"))
        except MediaError as error:  # costs the candidate, as in a run
            log.warning("%s", error)
    if index not in outlines:
        return
    attribution = SpeakerAttribution.from_audio(video, _candidates(pipeline, video, ctx), ctx.at("transcribe"))
    chosen = [outline.highlight for outline in outlines.values()]
    attribution = pipeline.add_faces(video, attribution, chosen, ctx.at("reframe"))
    edit = pipeline.decorate(video, attribution, outlines[index], ctx.at("reframe"))
    clip = pipeline.render(video, edit, ctx.at("render"))
    pipeline.quality_control.judge(clip, ctx.at("review"))
