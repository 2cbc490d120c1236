"""Addresses on the command line: fetched before the pipeline begins, so that all of it sees files."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipy.errors import ClipyError

if TYPE_CHECKING:
    from clipy.cli.settings import Settings
    from clipy.download.base import Downloader

log = logging.getLogger(__name__)
FOLDER = "source"  # in the output folder: where downloads stay


class VideoOrAddress(click.ParamType[Any]):
    """A path, or an address as the text that it is: a path would lose one of its slashes."""

    name = "video"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        from clipy.download.guard.addresses import is_address

        return value if isinstance(value, Path) or is_address(value) else Path(value)


def fetched(
    settings: Settings, selection: Sequence[str], arguments: Sequence[Path | str], folder: Path
) -> tuple[tuple[Path, ...], list[ClipyError]]:
    """The arguments as files, addresses fetched into ``folder/source``; and why some could not be.

    Raises ClipyError where nothing is left to work on.
    """
    files: list[Path] = []
    failures: list[ClipyError] = []
    downloaders = _downloaders(settings, selection) if any(isinstance(one, str) for one in arguments) else ()
    for argument in arguments:
        if isinstance(argument, Path):
            files.append(argument)
            continue
        try:
            files += _fetched(argument, folder / FOLDER, downloaders)
        except ClipyError as error:
            log.debug("the error was raised here", exc_info=True)
            failures.append(error)  # the other videos still get their turn
    if failures and not files:
        raise failures[0]
    return tuple(files), failures


def _downloaders(settings: Settings, selection: Sequence[str]) -> Sequence[Downloader]:
    from clipy.download.base import Downloader
    from clipy.pipeline import factory

    return factory.several(settings.config(*selection), Downloader)


def _fetched(address: str, folder: Path, downloaders: Sequence[Downloader]) -> list[Path]:
    import tempfile

    from clipy.cli.terminal import progress
    from clipy.config import store_folder
    from clipy.context import Context
    from clipy.download.fetching.fetch import fetch
    from clipy.storage.store import Store

    with progress(address, ("download",)) as listener, tempfile.TemporaryDirectory(prefix="clipy-") as work:
        ctx = Context(Store(store_folder()), Path(work), listener=listener, stage="download")
        return fetch(address, folder, downloaders, ctx)
