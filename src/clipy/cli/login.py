"""The commands about accounts: let clipy publish on one, and take that back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.settings import FILE, without_settings
from clipy.errors import ConfigError

if TYPE_CHECKING:
    from clipy.stages.upload.publishing.platform import Platform


def _with_account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the argument and options that name an account."""
    for option in (
        click.option(
            "--set", "sets", multiple=True, metavar="UPLOAD.BACKEND.OPTION=VALUE", help="Set an option. Repeatable."
        ),
        click.option(
            "--config", "config_file", type=FILE, metavar="FILE", help="Settings file [default: ./clipy.toml]."
        ),
        click.option(
            "--account",
            default="default",
            show_default=True,
            help="A name of your own for the account, to use several.",
        ),
        click.argument("backend", help="An uploader: youtube, tiktok, instagram or webhook."),
    ):
        command = option(command)
    return command


@click.command()
@_with_account
@click.option(
    "--no-browser", is_flag=True, help="Open the page in a browser elsewhere, and paste the address it ends at."
)
@without_settings
def login(backend: str, account: str, config_file: Path | None, sets: tuple[str, ...], no_browser: bool) -> None:
    """Let clipy publish on an account, or store the secret of a webhook.

    The platform asks for your permission on its own page. The token is kept in the system keyring, or in a file that
    only you can read.
    """
    from clipy.stages.upload.publishing.login import log_in

    uploader = _uploader(backend, account, config_file, sets)
    if uploader.secret_name:
        secret = click.prompt("Secret that signs each request", hide_input=True, err=True)
        uploader.save_secret(secret)
        click.echo(f"stored the secret of {backend} ({account})", err=True)
        return
    log_in(uploader.credentials, _show, _paste if no_browser else None)
    with closing(uploader):
        who = uploader.fetch_account_name()
    click.echo(f"logged in to {backend} as {account!r}{f' ({who})' if who else ''}", err=True)


@click.command()
@_with_account
@without_settings
def logout(backend: str, account: str, config_file: Path | None, sets: tuple[str, ...]) -> None:
    """Forget an account, and revoke its permission at the platform."""
    from clipy.stages.upload.publishing.login import log_out

    uploader = _uploader(backend, account, config_file, sets)
    if uploader.secret_name:
        uploader.save_secret("")
        click.echo(f"forgot the secret of {backend} ({account})", err=True)
        return
    revoked = log_out(uploader.credentials)
    more = "" if revoked else "; revoke the permission in the account's own settings too"
    click.echo(f"forgot {backend} ({account}){more}", err=True)


def _uploader(backend: str, account: str, config_file: Path | None, sets: tuple[str, ...]) -> Platform:
    from clipy import config, registry
    from clipy.stages.upload.publishing.platform import Platform

    more = (f"upload={backend}", *sets, f'upload.{backend}.account="{account}"')
    choice = config.load(config_file, sets=more).lists["upload"][0]
    kind = registry.load("upload", backend)
    uploader = registry.create("upload", backend, choice.options) if issubclass(kind, Platform) else None
    if not isinstance(uploader, Platform) or not (uploader.provider() or uploader.secret_name):
        raise ConfigError(f"{backend} needs no login", do="See docs/uploading.md for what it needs")
    return uploader


def _show(url: str) -> None:
    click.echo(f"Grant the permission on this page:\n\n{url}\n", err=True)


def _paste() -> str:
    return str(click.prompt("Address at which the browser ended", hide_input=True, err=True))
