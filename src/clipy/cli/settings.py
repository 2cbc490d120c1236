"""The flags that commands share, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from clipy.cli.logs import LEVELS, current, echo, logging_to
from clipy.device import NAMES as DEVICES
from clipy.errors import ClipyError, NothingToDeliver, OutputError
from clipy.groups import STEPS

if TYPE_CHECKING:
    from clipy.config import Config
    from clipy.context import Context
    from clipy.pipeline.pipeline import Pipeline
    from clipy.types import Json, Video

log = logging.getLogger(__name__)

FILE = click.Path(path_type=Path)
STANDARD_OUTPUT = Path("-")
ERROR = "clipy.error/1"
_CONTROLS = re.compile("[\x7f-\x9f]")  # JSON escapes only those below
_PRINTED = "clipy.printed"  # in the click context: the one JSON object of --json has been printed
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """The flags that every command on media shares."""

    config_file: Path | None
    preset: tuple[str, ...]
    sets: tuple[str, ...]
    no_cache: bool
    as_json: bool
    debug: bool = False
    device: str | None = None

    @property
    def since(self) -> str | None:
        """The stage from which on stored results are not used."""
        return STEPS[0] if self.no_cache else None

    def config(self, *more: str, recorded: Mapping[str, Json] | None = None) -> Config:
        from clipy import config

        sets = (*self.sets, *more)
        return config.load(self.config_file, preset=self.preset, sets=sets, device=self.device, recorded=recorded)

    def pipeline(self, *more: str) -> Pipeline:
        from clipy.pipeline.pipeline import Pipeline

        return Pipeline.from_config(self.config(*more))

    def work(self, path: Path, stage: str, pipeline: Pipeline, task: Callable[[Video, Context], T]) -> T:
        """Do one stage's work on one video, showing its progress."""
        from clipy.cli.terminal import progress
        from clipy.media.probe import probe
        from clipy.pipeline.run import context
        from clipy.storage import eviction

        video = probe(path, sound_only=True)
        with (
            progress(path.name, ("transcribe", stage)) as listener,
            context(pipeline, since=self.since, listener=listener) as ctx,
        ):
            eviction.note_seen(ctx.store, video)
            return task(pipeline.choose_mixes(video, ctx), ctx.at(stage))


@dataclass(frozen=True)
class Output:
    """Where a command writes what it makes: a file, or standard output where that is None or ``-``."""

    path: Path | None
    overwrite: bool

    @property
    def file(self) -> Path | None:
        """The file, checked before any work. Raises OutputError where one is there that may not be replaced."""
        if self.path is None or self.path == STANDARD_OUTPUT:
            return None
        if self.path.exists() and not self.overwrite:
            raise OutputError(
                "file exists", where=self.path, do="Move it, choose another name, or replace it with --overwrite"
            )
        return self.path


def with_output(content: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command ``-o`` and ``--overwrite``; it receives an ``Output``."""

    def decorated(function: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "-o",
            "--output",
            "path",
            type=FILE,
            metavar="FILE",
            help=f"Write {content} here [default: -, standard output].",
        )
        @click.option("--overwrite", is_flag=True, help="Replace existing files.")
        @functools.wraps(function)
        def command(*arguments: Any, path: Path | None, overwrite: bool, **more: Any) -> None:
            function(*arguments, output=Output(path, overwrite), **more)

        return command

    return decorated


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared flags, logging, and the one place where an error becomes a line."""

    @click.option("--config", "config_file", type=FILE, metavar="FILE", help="Settings file [default: ./clipy.toml].")
    @click.option(
        "--preset",
        type=click.Choice(["draft", "good", "best", "shorts", "reels", "tiktok", "x", "linkedin"]),
        multiple=True,
        help="Balance of speed and quality [default: good], or what a platform takes, or both.",
    )
    @click.option("--set", "sets", multiple=True, metavar="STAGE.OPTION=VALUE", help="Set an option. Repeatable.")
    @click.option("--device", type=click.Choice(DEVICES), help="Device for networks [default: the best available].")
    @click.option("--debug", is_flag=True, help="Show the whole log, and the traceback of an error.")
    @click.option("--no-cache", is_flag=True, help="Recompute everything, even what is stored.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object; all else goes to standard error.")
    @_with_logging
    @functools.wraps(function)
    def command(
        *,
        config_file: Path | None,
        preset: tuple[str, ...],
        sets: tuple[str, ...],
        device: str | None,
        debug: bool,
        no_cache: bool,
        as_json: bool,
        level: str,
        log_json: bool,
        **arguments: Any,
    ) -> None:
        settings = Settings(config_file, preset, sets, no_cache, as_json, debug, device)
        _reporting(functools.partial(function, settings, **arguments), level, as_json=as_json, log_json=log_json)

    return command


def _with_logging(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the verbosity flags; they become ``level``, the lowest level that is shown."""

    @click.option("-v", "--verbose", count=True, help="Show decisions and times (-vv: everything).")
    @click.option("-q", "--quiet", is_flag=True, help="Show errors only.")
    @click.option("--log-level", type=click.Choice(LEVELS), help="Show the log from this level up.")
    @click.option("--log-json", is_flag=True, help="Write the log, and all else on standard error, as JSON lines.")
    @functools.wraps(function)
    def command(
        *, verbose: int, quiet: bool, log_level: str | None, log_json: bool, debug: bool, **arguments: Any
    ) -> None:
        if quiet and verbose:
            raise click.UsageError("--quiet and --verbose contradict each other")
        asked = "error" if quiet else "debug" if verbose > 1 else "info" if verbose else "debug" if debug else "warning"
        function(level=log_level or asked, log_json=log_json, debug=debug, **arguments)

    return command


def with_selection(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags that steer what is picked; it receives them as the settings ``selection``."""

    @click.option("--clips", type=click.IntRange(min=1), metavar="N", help="Make N clips at most (highlight.count).")
    @click.option("--about", metavar="TEXT", help="Look for these keywords or this topic (highlight.about).")
    @click.option("--whole", is_flag=True, help="Make one clip of all of it (highlight=whole).")
    @functools.wraps(function)
    def command(*arguments: Any, clips: int | None, about: str | None, whole: bool, **more: Any) -> None:
        if whole and (clips is not None or about is not None):
            raise click.UsageError("--whole picks nothing: leave --clips and --about out")
        count = [] if clips is None else [f"highlight.count={clips}"]
        topic = [] if about is None else [f"highlight.about={json.dumps(about, ensure_ascii=False)}"]
        everything = ["highlight=whole"] if whole else []
        function(*arguments, selection=(*count, *topic, *everything), **more)

    return command


def without_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command without settings the place where an error becomes a line."""

    @functools.wraps(function)
    def command(**arguments: Any) -> None:
        work = functools.partial(function, **arguments)
        _reporting(work, "warning", as_json=bool(arguments.get("as_json")), log_json=False)

    return command


def _reporting(work: Callable[[], None], level: str, *, as_json: bool, log_json: bool) -> None:
    with logging_to(level, as_json=log_json) as logs:
        try:
            work()
        except ClipyError as error:
            log.debug("the error was raised here", exc_info=True)
            _fail(error, as_json=as_json)
        except KeyboardInterrupt:
            echo("interrupted: finished work is kept; run the same command again to continue", logging.ERROR)
            sys.exit(130)
        except Exception as error:
            log.debug("unexpected error: a fault of clipy itself", exc_info=True)
            _show_log()
            if as_json:
                _print_error({"type": type(error).__name__, "message": str(error)}, 1)
            if log_json:
                sys.exit(1)
            raise
        finally:
            logs.stage = ""


def _fail(error: ClipyError, *, as_json: bool) -> NoReturn:
    if isinstance(error, NothingToDeliver):
        for reason in error.reasons:
            echo(f"rejected: {reason}", logging.ERROR)
    echo(f"error: {error}", logging.ERROR)
    _show_log()
    if as_json:
        _print_error(error_json(error), error.exit_code)
    sys.exit(error.exit_code)


def _show_log() -> None:
    logs = current()
    if logs is not None and logs.file.path is not None:
        echo(f"log: {logs.file.path}", logging.ERROR)


def error_json(error: ClipyError) -> Json:
    """An error as data: what happened, where, and what to do."""
    reasons = {"reasons": list(error.reasons)} if isinstance(error, NothingToDeliver) else {}
    where = None if error.where is None else str(error.where)
    return {"type": type(error).__name__, "message": error.what, "where": where, "do": error.do, **reasons}


def _print_error(error: Json, exit_code: int) -> None:
    """Print the one object of ``--json`` for a command that failed, unless it has printed its result already."""
    if not click.get_current_context().meta.get(_PRINTED):
        print_json({"schema": ERROR, "error": error, "exit_code": exit_code})


def print_json(document: Json) -> None:
    """Print the one JSON object of ``--json``."""
    click.get_current_context().meta[_PRINTED] = True
    text = json.dumps(document, indent=2, ensure_ascii=False)
    click.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def deliver(document: Json, file: Path | None, settings: Settings, content: str) -> None:
    """Write a document to the file that was asked for, or to standard output."""
    from clipy.storage.store import write_json

    if file is not None:
        write_json(file, document)
        echo(f"{content} -> {file}")
    if settings.as_json or file is None:
        print_json(document)
