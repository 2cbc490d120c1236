"""``clipy studio``: the clips of a run in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from clipy.cli.logs import echo
from clipy.cli.settings import FILE, Settings, with_settings
from clipy.errors import ConfigError


@click.command()
@click.argument("folder", type=FILE, default=Path(), metavar="[DIR]", help="A run's folder, or a folder of such.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port on this machine [default: a free one].")
@click.option("--open/--no-open", "opens", default=True, help="Open the page in the browser.")
@with_settings
def studio(settings: Settings, folder: Path, port: int, opens: bool) -> None:
    """See the clips of DIR, correct and approve them in a browser; or start from a video there.

    What you change is written to DIR/edits.json, from which clipy render --edits makes the same clips. The page is
    served to this machine alone, under an address that holds a token.
    """
    serve_studio(settings, folder, port=port, opens=opens)


def require_studio() -> None:
    """Raise ConfigError, before any work, where the packages of the extra are missing."""
    try:
        import clipy.studio.server  # noqa: F401
    except ModuleNotFoundError as error:
        do = 'Install it with: pip install "clipy[studio]"'
        raise ConfigError(f"the studio needs the package {error.name}", do=do) from error


def serve_studio(settings: Settings, folder: Path, *, port: int = 0, opens: bool = True) -> None:
    """Serve a folder until Ctrl-C. Raises ConfigError."""
    require_studio()
    from clipy.studio.server import serve

    def ready(address: str) -> None:
        click.echo(address, err=settings.as_json)  # not logged: it holds the token
        echo("press Ctrl-C to end the studio")
        if opens:
            click.launch(address)

    serve(folder, settings.config, port=port, ready=ready)
