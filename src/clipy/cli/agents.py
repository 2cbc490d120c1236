"""``clipy mcp``: clipy as tools of a language model."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from clipy.cli.settings import FILE
from clipy.errors import BackendUnavailable, ClipyError, InputError


@click.command()
@click.option(
    "--allow", "allowed", multiple=True, required=True, type=FILE, metavar="DIR",
    help="A folder that may be read and written. Repeatable; relative paths are taken from the first.",
)  # fmt: skip
@click.option("--config", type=FILE, metavar="FILE", help="Settings file of every run.")
@click.option("--uploads", is_flag=True, help="Also offer a tool that publishes clips.")
def mcp(allowed: tuple[Path, ...], config: Path | None, uploads: bool) -> None:
    """Serve the Model Context Protocol on standard input and output, for agents (docs/agents.md).

    The tools start runs, follow them, list and show clips, and make others. They reach only the folders that are
    allowed, and publish nothing unless --uploads is given.
    """
    try:
        _serve(allowed, config, uploads=uploads)
    except ClipyError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(error.exit_code) from None


def _serve(allowed: tuple[Path, ...], config: Path | None, *, uploads: bool) -> None:
    for folder in allowed:
        if not folder.is_dir():
            raise InputError("there is no such folder to allow", where=folder, do="Make it, or name another")
    if config is not None and not config.is_file():
        raise InputError("settings file not found", where=config, do="Write one with: clipy config init")
    if find_spec("mcp") is None:
        raise BackendUnavailable("the server needs the mcp package", do='Install it with: pip install "clipy[mcp]"')
    from clipy.agents.folders import Folders
    from clipy.agents.server import serve

    serve(Folders(allowed), None if config is None else config.resolve(), uploads=uploads)
