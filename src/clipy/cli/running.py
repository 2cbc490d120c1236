"""The commands for the whole pipeline: ``clipy run`` on one video or many, and ``clipy watch`` on a folder."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipy.cli.addresses import VideoOrAddress, fetched
from clipy.cli.logs import echo
from clipy.cli.profiling import profiling
from clipy.cli.settings import FILE, Settings, error_json, print_json, with_selection, with_settings
from clipy.errors import ClipyError, InputError, UploadLater
from clipy.groups import STEPS

if TYPE_CHECKING:
    from clipy.batch.batch import Batch, Ended, Manner
    from clipy.batch.sources import Source
    from clipy.config import Config
    from clipy.types import Json

_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")


def _with_delivery(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``-o`` and ``--overwrite``."""
    folder = click.option(
        "-o", "--output", "folder", required=True, type=FILE, metavar="DIR", help="Folder for the clips."
    )
    overwrite = click.option("--overwrite", is_flag=True, help="Replace files of the same name in the output folder.")
    return folder(overwrite(function))


class _Shard(click.ParamType[Any]):
    """``2/8``: the second of eight parts."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return int(value[0]), int(value[1])
        found = _SHARD.fullmatch(str(value))
        index, count = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= index <= count:
            self.fail(f"{value!r} is not I/N with I from 1 to N, such as 2/8", param, ctx)
        return index, count


@click.command()
@click.argument(
    "videos",
    nargs=-1,
    required=True,
    type=VideoOrAddress(),
    metavar="VIDEO...",
    help="Video files, addresses (https://...), folders, patterns (talks/*.mp4), or manifests (.jsonl, .csv).",
)
@_with_delivery
@with_selection
@click.option("--from", "since", type=click.Choice(STEPS), help="Rerun from this stage; use stored results before it.")
@click.option("--shard", type=_Shard(), metavar="I/N", help="Work on part I of N of the videos, on one of N machines.")
@click.option("--profile", is_flag=True, help="Write time and memory by stage to DIR/debug (as --debug does).")
@click.option("--report", is_flag=True, help="Also write DIR/report.html: the findings on each clip, with evidence.")
@click.option("--open", "opens", is_flag=True, help="Then open DIR in the browser, as clipy studio does.")
@with_settings
def run(
    settings: Settings,
    videos: tuple[Path | str, ...],
    folder: Path,
    selection: tuple[str, ...],
    overwrite: bool,
    since: str | None,
    shard: tuple[int, int] | None,
    profile: bool,
    report: bool,
    opens: bool,
) -> None:
    """Run the whole pipeline: VIDEO in, finished clips and clips.json out.

    Several videos get a folder each inside DIR, and one that fails does not stop the others. Stop it at any time: the
    same command goes on where it was. With --debug, DIR/debug shows for each clip, as video and as data, what was seen
    and decided (docs/debugging.md).
    """
    if since and settings.no_cache:
        raise click.UsageError("--no-cache recomputes everything, --from only a part: choose one")
    from clipy.batch import sources
    from clipy.batch.batch import Manner
    from clipy.cli.studio import require_studio, serve_studio

    if opens:
        require_studio()
    manner = Manner(since or settings.since, overwrite, settings.debug, report)
    files, missed = fetched(settings, selection, videos, folder)
    found = sources.find(files, folder, alone=len(videos) == 1)
    if len(videos) == 1 and not sources.is_batch(files) and shard in (None, (1, 1)):
        run_one(settings, found[0], folder, selection, manner, profile=profile)
        if opens:
            serve_studio(settings, folder)
        return
    if profile:
        raise click.UsageError("--profile is for one video")
    part = "" if shard is None else f"{shard[0]}-of-{shard[1]}"
    batch = _batch(settings, folder, selection, manner, part)
    for source in found:
        batch.config_of(source)  # every setting is checked before any work
    mine = found if shard is None else sources.shard(found, *shard)
    _finish(settings, _worked_through(batch, iter(mine), len(mine)), missed)
    if opens:
        serve_studio(settings, folder)


def run_one(
    settings: Settings, source: Source, folder: Path, selection: tuple[str, ...], manner: Manner, *, profile: bool
) -> None:
    """One video, with a line for each stage."""
    from clipy.cli import terminal

    batch = _batch(settings, folder, selection, manner, None)
    config = batch.config_of(source)
    more = ("debug",) if manner.debug else ()
    with (
        redirect_stdout(sys.stderr),  # what a library prints; standard output is for the document
        terminal.progress(source.video.name, (*STEPS, *more)) as shown,
        profiling(folder, shown, wanted=profile or manner.debug) as listener,
    ):
        try:
            result = batch.make(source, config, listener)
        finally:
            batch.executor.stop()
    echo(terminal.summary(result))
    if settings.as_json:
        print_json(result.document())
    failures = _lasting(result.failures)
    if failures:
        sys.exit(1)


@click.command()
@click.argument("folder_in", type=FILE, metavar="DIR_IN", help="The folder to watch, with those inside it.")
@_with_delivery
@with_selection
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Begin a video when it has not changed for so long.",
)
@click.option("--once", is_flag=True, help="Stop when all that is there is done, instead of waiting for more.")
@with_settings
def watch(
    settings: Settings,
    folder_in: Path,
    folder: Path,
    selection: tuple[str, ...],
    overwrite: bool,
    settle: float,
    once: bool,
) -> None:
    """Watch a folder: make clips of each video that is put there, once, when it is complete.

    It runs until it is stopped. Started again, it goes on: DIR/batch.jsonl says which videos are done.
    """
    from clipy.batch.batch import Manner
    from clipy.batch.watching import Watched

    if not folder_in.is_dir():
        raise InputError("there is no such folder to watch", where=folder_in, do="Make it, or name another")
    batch = _batch(settings, folder, selection, Manner(settings.since, overwrite, settings.debug), "")
    watched = Watched(folder_in, folder, settle)
    echo(f"watching {folder_in}; stop with Ctrl-C")
    sources = watched.sources(once=once, interval=min(2.0, max(0.1, settle / 2)))
    _finish(settings, _worked_through(batch, sources, None))


def _batch(settings: Settings, folder: Path, selection: tuple[str, ...], manner: Manner, part: str | None) -> Batch:
    """What works on the videos; without a record where ``part`` is None."""
    from functools import cache

    from clipy.batch.batch import Batch
    from clipy.batch.record import Record
    from clipy.executors.base import Executor
    from clipy.pipeline import factory
    from clipy.pipeline.pipeline import Pipeline

    @cache
    def config_of(sets: tuple[str, ...]) -> Config:
        config = settings.config(*selection, *sets)
        Pipeline.from_config(config)
        return config

    executor = factory.one(config_of(()), Executor)
    record = None if part is None else Record(folder, part)
    return Batch(folder, lambda source: config_of(source.sets), executor, manner, record)


def _worked_through(batch: Batch, sources: Iterator[Source | None], count: int | None) -> list[Ended]:
    """Work through the videos, showing what becomes of each."""
    from clipy.cli.batch_progress import batch_progress

    ended = []
    with redirect_stdout(sys.stderr), batch_progress(count) as shown:
        for one in batch.work_through(sources, shown.listener):
            shown.end(one)
            ended.append(one)
    return ended


def _finish(settings: Settings, ended: list[Ended], missed: Sequence[ClipyError] = ()) -> None:
    """Print what became of all videos, and exit with 1 where one failed (with its own code where all did)."""
    from clipy.cli.batch_progress import batch_summary

    echo(batch_summary(ended))
    failures = [(one.source, one.error) for one in ended if one.error is not None]
    for source, error in failures:
        text = str(error)
        echo(f"error: {text if str(source.video) in text else f'{source.video}: {text}'}", logging.ERROR)
    for error in missed:
        echo(f"error: {error}", logging.ERROR)
    results = [one.result for one in ended if one.result is not None]
    if settings.as_json:
        errors: list[Json] = [{"video": str(source.video), **error_json(error)} for source, error in failures]
        errors += [{"video": str(error.where), **error_json(error)} for error in missed]
        earlier = [str(one.source.video) for one in ended if one.earlier and one.error is None]
        print_json({"runs": [result.document() for result in results], "done": earlier, "errors": errors})
    lasting = [
        *missed,
        *(error for _, error in failures),
        *(one for result in results for one in _lasting(result.failures)),
    ]
    if lasting:
        done = any(one.error is None for one in ended)
        sys.exit(1 if done else max(error.exit_code for error in lasting))


def _lasting(failures: tuple[Any, ...]) -> list[ClipyError]:
    """Uploads that failed for another reason than that their time has not come."""
    return [failure for failure in failures if not isinstance(failure, UploadLater)]
