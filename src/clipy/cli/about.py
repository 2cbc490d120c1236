"""The commands about clipy itself: its backends, models, settings, and this machine."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.settings import FILE, Output, Settings, print_json, with_settings, without_settings
from clipy.errors import ConfigError, ModelError, SettingError, did_you_mean
from clipy.groups import GROUPS

if TYPE_CHECKING:
    from clipy.registry import Listing

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MODELS = click.argument("names", nargs=-1, metavar="[NAME]...", help="Models; see: clipy models list")


class _Backends(click.Group):
    """``clipy backends STAGE`` is short for ``clipy backends list STAGE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if named else ["list", *args])


@click.group(cls=_Backends)
def backends() -> None:
    """List what can do each stage (clipy backends [STAGE]), or begin a backend of your own (clipy backends new)."""


@backends.command("new")
@click.argument("group", metavar="STAGE", type=click.Choice(list(GROUPS)), help="The kind of backend.")
@click.argument("name", help="What it is called in settings: lower-case words with hyphens.")
@click.option("--in", "folder", type=FILE, default=Path(), help="Folder for the package; the current one unless given.")
@without_settings
def backends_new(group: str, name: str, folder: Path) -> None:
    """Write a package with one backend, its entry point and its contract test: a working example to change."""
    from clipy.cli.scaffold import write_package

    for path in write_package(group, name, folder):
        click.echo(f"wrote {path}")


@backends.command("list")
@click.argument("stage", required=False, help="A stage of the pipeline, or a kind of perception that stages share.")
@_JSON
@without_settings
def backends_list(stage: str | None, as_json: bool) -> None:
    """List the backends of each stage; with STAGE, also every option and its allowed values."""
    from clipy import registry
    from clipy.cli.text import table

    if stage is not None and stage not in GROUPS:
        do = did_you_mean(stage, GROUPS) or f"Choose one of: {', '.join(GROUPS)}"
        raise SettingError(f"unknown stage {stage!r}", do=do)
    listings = [listing for group in ((stage,) if stage else GROUPS) for listing in registry.listings(group)]
    if as_json:
        print_json([_backend_json(listing, with_options=stage is not None) for listing in listings])
        return
    rows = [
        (listing.group, listing.pick, f"{listing.package} {listing.package_version}", listing.install or "installed")
        for listing in listings
    ]
    click.echo(table([("STAGE", "NAME", "PACKAGE", "STATE"), *rows]))
    if stage is None:
        click.echo("\nOptions of each: clipy backends STAGE")
    for listing in listings if stage else ():
        click.echo(_options_text(listing))
    for line in registry.strays():
        click.echo(f"warning: {line}", err=True)


def _backend_json(listing: Listing, *, with_options: bool) -> dict[str, object]:
    from clipy import registry
    from clipy.cli import option_reference

    entry: dict[str, object] = {
        "stage": listing.group,
        "name": listing.pick,
        "package": listing.package,
        "version": listing.package_version,
        "installed": not listing.missing,
        "install": listing.install,
    }
    problem = registry.problem(listing) if with_options and not listing.missing else ""
    if problem:
        entry |= {"installed": False, "problem": problem}
    elif with_options and not listing.missing:
        entry["options"] = [
            {
                "name": option.name,
                "default": option.default,
                "description": option.description,
                "choices": list(option.choices),
                "minimum": option.minimum,
                "maximum": option.maximum,
            }
            for option in option_reference.options_of(registry.load(listing.group, listing.pick))
        ]
    return entry


def _options_text(listing: Listing) -> str:
    from clipy import registry
    from clipy.cli import option_reference
    from clipy.cli.text import printable

    if problem := listing.install or registry.problem(listing):
        return f"\n{listing.pick}: {problem}"
    kind = registry.load(listing.group, listing.pick)
    first = next(iter((kind.__doc__ or "").strip().splitlines()), "(its class has no docstring)")
    lines = [f"\n{listing.pick}: {first}"]
    for option in option_reference.options_of(kind):
        lines.append(f"  {option.name} = {option.default}" if option.default else f"  {option.name} (not set)")
        text = option.explained + (f" ({option.range})" if option.range else "")
        lines += textwrap.wrap(text, 100, initial_indent="      ", subsequent_indent="      ")
    return printable("\n".join(lines))


@click.group()
def models() -> None:
    """List, fetch and verify model weights."""


@models.command("list")
@_JSON
@without_settings
def models_list(as_json: bool) -> None:
    """List every model that clipy knows: size, licence, source, and where it is on this machine."""
    from clipy import models as weights
    from clipy.cli.text import table

    found = [(model, weights.find(model)) for model in weights.known()]
    if as_json:
        print_json(
            [
                {
                    "name": model.name,
                    "bytes": model.size,
                    "sha256": model.sha256,
                    "licence": model.licence,
                    "source": model.source,
                    "path": None if place is None else str(place),
                    "purpose": model.purpose,
                    "files": [
                        {
                            "name": file.name,
                            "bytes": file.size,
                            "sha256": file.sha256,
                            "licence": file.licence,
                            "source": file.source,
                        }
                        for file in model.files
                    ],
                }
                for model, place in found
            ]
        )
        return
    rows = [
        (model.name, f"{model.size / 1e6:.1f} MB", model.licence, str(place or "not fetched"), model.source)
        for model, place in found
    ]
    click.echo(table([("NAME", "SIZE", "LICENCE", "WHERE", "SOURCE"), *rows]))


@models.command("pull")
@_MODELS
@without_settings
def models_pull(names: tuple[str, ...]) -> None:
    """Fetch models, so that later runs need no network.

    Without NAME, fetch all that your settings need: those of clipy.toml and of the environment, else the defaults.
    """
    from clipy import config as configuration
    from clipy import models as weights
    from clipy.pipeline.pipeline import Pipeline

    wanted = names or [model.name for model in Pipeline.from_config(configuration.load()).models()]
    for name in wanted:
        click.echo(f"{name}: {weights.fetch(name)}")


@models.command("verify")
@_MODELS
@without_settings
def models_verify(names: tuple[str, ...]) -> None:
    """Check the sha256 of models on this machine: of all, unless named."""
    from clipy import models as weights

    checked = 0
    for name in names or tuple(model.name for model in weights.known() if weights.find(model)):
        weights.verify(name)
        click.echo(f"{name}: ok")
        checked += 1
    if not checked:
        raise ModelError("no models on this machine yet", do="Fetch those you need with: clipy models pull")


@click.group()
def config() -> None:
    """Show the settings, write a commented settings file, or print its JSON schema."""


@config.command("show")
@with_settings
def config_show(settings: Settings) -> None:
    """Print the settings in force, defaults included, as TOML."""
    from clipy.cli import option_reference

    text = option_reference.as_toml(settings.config())
    if settings.as_json:
        print_json(tomllib.loads(text))
    else:
        click.echo(text)


@config.command("init")
@click.argument(
    "path", type=FILE, default=Path("clipy.toml"), metavar="[FILE]", help="The file [default: clipy.toml]; - prints it."
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@without_settings
def config_init(path: Path, overwrite: bool) -> None:
    """Write a commented settings file with every default, and beside it the JSON schema for editors."""
    from clipy.cli import option_reference
    from clipy.storage.store import write_json, write_text

    file = Output(path, overwrite).file
    if file is None:
        click.echo(option_reference.template(), nl=False)
        return
    write_text(file, option_reference.template())
    click.echo(f"wrote {file}")
    schema = file.parent / option_reference.SCHEMA_FILE
    if overwrite or not schema.exists():
        write_json(schema, option_reference.schema())
        click.echo(f"wrote {schema}")


@config.command("schema")
@without_settings
def config_schema() -> None:
    """Print the JSON schema of clipy.toml."""
    from clipy.cli import option_reference

    print_json(option_reference.schema())


@click.command()
@_JSON
@without_settings
def doctor(as_json: bool) -> None:
    """Report what this machine can do, what is slow or missing, and the one command that helps most.

    Exit code 1 when the default run would fail.
    """
    from clipy.cli import doctor as examination
    from clipy.cli.text import table

    checks = examination.examine()
    if as_json:
        print_json([{"name": one.name, "state": one.state, "detail": one.detail, "do": one.do} for one in checks])
    else:
        click.echo(table([(check.state.upper(), check.name, check.detail) for check in checks]))
        helping = examination.what_helps(checks)
        click.echo("\nnothing to do" if helping is None else f"\nwhat helps most ({helping.name}): {helping.do}")
    missing = [check.name for check in checks if check.state == "missing"]
    if missing:
        raise ConfigError(f"the default run would fail: {', '.join(missing)}", do="See above")
