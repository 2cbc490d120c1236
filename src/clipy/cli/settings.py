"""The flags that commands share, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from clipy.cli.logs import LEVELS, current, logging_to, tell
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
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """The flags that every command on media shares."""

    config_file: Path | None
    preset: str
    sets: tuple[str, ...]
    no_cache: bool
    as_json: bool
    debug: bool = False
    device: str | None = None

    @property
    def since(self) -> str | None:
        """The stage from which on stored results are not used."""
        return STEPS[0] if self.no_cache else None

    def config(self, *more: str) -> Config:
        from clipy import config

        return config.load(self.config_file, preset=self.preset, sets=(*self.sets, *more), device=self.device)

    def pipeline(self) -> Pipeline:
        from clipy.pipeline.pipeline import Pipeline

        return Pipeline.from_config(self.config())

    def work(self, path: Path, stage: str, pipeline: Pipeline, task: Callable[[Video, Context], T]) -> T:
        """Do one stage's work on one video, showing its progress."""
        from clipy.cli.terminal import progress
        from clipy.media.probe import probe
        from clipy.pipeline.run import context

        video = probe(path)
        with (
            progress(path.name, ("transcribe", stage)) as listener,
            context(pipeline, since=self.since, listener=listener) as ctx,
        ):
            return task(video, ctx.at(stage))


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared flags, logging, and the one place where an error becomes a line."""

    @click.option("--config", "config_file", type=FILE, help="Settings; ./clipy.toml unless given.")
    @click.option("--preset", type=click.Choice(["draft", "good", "best"]), default="good", help="Speed or quality.")
    @click.option("--set", "sets", multiple=True, metavar="STAGE.OPTION=VALUE", help="Set one option; repeatable.")
    @click.option("--device", type=click.Choice(DEVICES), help="Where networks run; the best there is, unless given.")
    @click.option("--debug", is_flag=True, help="Show the whole log, and the traceback of an error.")
    @click.option("--no-cache", is_flag=True, help="Make everything again instead of loading it from the store.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, the rest on error.")
    @_with_logging
    @functools.wraps(function)
    def command(
        *,
        config_file: Path | None,
        preset: str,
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
        _reporting(functools.partial(function, settings, **arguments), level, log_json=log_json)

    return command


def _with_logging(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags that say how much is told; they become ``level``, the least level that is shown."""

    @click.option("-v", "--verbose", count=True, help="Show decisions and times as well (-vv: everything).")
    @click.option("-q", "--quiet", is_flag=True, help="Show errors only.")
    @click.option("--log-level", type=click.Choice(LEVELS), help="Show the log from this level on.")
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


def with_about(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flag that steers what is picked."""
    text = "What to look for: keywords or a sentence (highlight.about)."
    return click.option("--about", metavar="TEXT", help=text)(function)


def steering(about: str | None) -> list[str]:
    """``--about`` as a setting; its text stays text, whatever it looks like."""
    return [] if about is None else [f"highlight.about={json.dumps(about, ensure_ascii=False)}"]


def without_settings(function: Callable[..., None]) -> Callable[..., None]:
    """The same for a command without settings."""

    @functools.wraps(function)
    def command(**arguments: Any) -> None:
        _reporting(functools.partial(function, **arguments), "warning", log_json=False)

    return command


def _reporting(work: Callable[[], None], level: str, *, log_json: bool) -> None:
    with logging_to(level, as_json=log_json) as logs:
        try:
            work()
        except ClipyError as error:
            log.debug("this is where it happened", exc_info=True)
            _fail(error)
        except KeyboardInterrupt:
            tell("interrupted: finished work is kept, the same command goes on from there", logging.ERROR)
            sys.exit(130)
        except Exception:
            log.debug("this is a fault of clipy's own", exc_info=True)
            _show_log()
            if log_json:
                sys.exit(1)
            raise
        finally:
            logs.stage = ""


def _fail(error: ClipyError) -> NoReturn:
    if isinstance(error, NothingToDeliver):
        for reason in error.reasons:
            tell(f"rejected: {reason}", logging.ERROR)
    tell(f"error: {error}", logging.ERROR)
    _show_log()
    sys.exit(error.exit_code)


def _show_log() -> None:
    logs = current()
    if logs is not None and logs.file.path is not None:
        tell(f"log: {logs.file.path}", logging.ERROR)


def print_json(document: Json) -> None:
    """Print the one JSON object of ``--json``."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def deliver(document: Json, output: Path | None, settings: Settings, what: str) -> None:
    """Write a document to the file that was asked for, or to standard output."""
    from clipy.storage.store import write_json

    if output is not None:
        write_json(output, document)
        tell(f"{what} -> {output}")
    if settings.as_json or output is None:
        print_json(document)


def check_free(output: Path | None) -> None:
    """Before any work: an existing file is never replaced silently."""
    if output is not None and output.exists():
        raise OutputError("a file is already there", where=output, do="Move it, or choose another name with -o")
