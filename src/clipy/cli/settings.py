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

from clipy.errors import ClipyError, NothingToDeliver, OutputError

if TYPE_CHECKING:
    from clipy.config import Config
    from clipy.context import Context
    from clipy.pipeline import Pipeline
    from clipy.types import Json, Video

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

    def config(self, *more: str) -> Config:
        from clipy import config

        return config.load(self.config_file, preset=self.preset, sets=(*self.sets, *more))

    def pipeline(self) -> Pipeline:
        from clipy.pipeline import Pipeline

        return Pipeline.from_config(self.config())

    def work(self, path: Path, stage: str, pipeline: Pipeline, task: Callable[[Video, Context], T]) -> T:
        """Do one stage's work on one video, showing its progress."""
        from clipy.cli.terminal import progress
        from clipy.media.probe import probe
        from clipy.pipeline import context

        video = probe(path)
        with (
            progress(path.name, ("transcribe", stage)) as listener,
            context(pipeline, reuse=not self.no_cache, listener=listener) as ctx,
        ):
            return task(video, ctx.at(stage))


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared flags, logging, and the one place where an error becomes a line."""

    @click.option("--config", "config_file", type=FILE, help="Settings; ./clipy.toml unless given.")
    @click.option("--preset", type=click.Choice(["draft", "good", "best"]), default="good", help="Speed or quality.")
    @click.option("--set", "sets", multiple=True, metavar="STAGE.OPTION=VALUE", help="Set one option; repeatable.")
    @click.option("--debug", is_flag=True, help="Log every decision, and show the traceback of an error.")
    @click.option("--no-cache", is_flag=True, help="Make everything again instead of loading it from the store.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, the rest on error.")
    @functools.wraps(function)
    def command(
        *,
        config_file: Path | None,
        preset: str,
        sets: tuple[str, ...],
        debug: bool,
        no_cache: bool,
        as_json: bool,
        **arguments: Any,
    ) -> None:
        settings = Settings(config_file, preset, sets, no_cache, as_json)
        _reporting(functools.partial(function, settings, **arguments), debug=debug)

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
        _reporting(functools.partial(function, **arguments))

    return command


def _reporting(work: Callable[[], None], *, debug: bool = False) -> None:
    form = "%(levelname)s %(name)s: %(message)s" if debug else "%(levelname)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, stream=sys.stderr)
    if debug:
        logging.getLogger("clipy").setLevel(logging.DEBUG)
    try:
        work()
    except ClipyError as error:
        if debug:
            logging.getLogger("clipy").exception("this is where it happened")
        _fail(error)
    except KeyboardInterrupt:
        click.echo("interrupted: finished work is kept, the same command goes on from there", err=True)
        sys.exit(130)


def _fail(error: ClipyError) -> NoReturn:
    if isinstance(error, NothingToDeliver):
        for reason in error.reasons:
            click.echo(f"rejected: {reason}", err=True)
    click.echo(f"error: {error}", err=True)
    sys.exit(error.exit_code)


def print_json(document: Json) -> None:
    """Print the one JSON object of ``--json``."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def deliver(document: Json, output: Path | None, settings: Settings, what: str) -> None:
    """Write a document to the file that was asked for, or to standard output."""
    from clipy.store import write_json

    if output is not None:
        write_json(output, document)
        click.echo(f"{what} -> {output}", err=True)
    if settings.as_json or output is None:
        print_json(document)


def check_free(output: Path | None) -> None:
    """Before any work: an existing file is never replaced silently."""
    if output is not None and output.exists():
        raise OutputError("a file is already there", where=output, do="Move it, or choose another name with -o")
