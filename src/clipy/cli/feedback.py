"""The command that takes what a user thinks of clips: accepted, rejected, trimmed. See docs/highlighting.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipy.cli.settings import FILE, print_json, without_settings
from clipy.cli.text import counted

if TYPE_CHECKING:
    from clipy.feedback import Choice, Verdict
    from clipy.storage.store import Store
    from clipy.types import Json, Span

_TRIM = re.compile(r"([1-9]\d{0,5})=(\d{1,9}(?:\.\d*)?)-(\d{1,9}(?:\.\d*)?)")


class _Numbers(click.ParamType[Any]):
    """``1,3`` as numbers of clips."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if not re.fullmatch(r"[1-9]\d{0,5}(,[1-9]\d{0,5})*", str(value)):
            self.fail(f"{value!r} is no list of clips, such as 1,3", param, ctx)
        return tuple(int(number) for number in str(value).split(","))


class _Trim(click.ParamType[Any]):
    """``4=12.5-40.2`` as the number of a clip and what is left of it, in seconds of the source."""

    name = "trim"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, Span]:
        from clipy.types import Span, seconds

        found = _TRIM.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not CLIP=START-END in seconds, such as 4=12.5-40.2", param, ctx)
        start, end = seconds(float(found[2])), seconds(float(found[3]))
        if end <= start:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return int(found[1]), Span(start, end)


@click.command()
@click.argument("folder", type=FILE, required=False, metavar="[DIR]", help="A folder that clipy run wrote.")
@click.option(
    "--accept",
    type=_Numbers(),
    multiple=True,
    metavar="N,...",
    help="Good clips, by their place in clips.json, from 1.",
)
@click.option("--reject", type=_Numbers(), multiple=True, metavar="N,...", help="Bad clips.")
@click.option(
    "--trim",
    type=_Trim(),
    multiple=True,
    metavar="N=START-END",
    help="A good clip and what to keep of the source, in s.",
)
@click.option("--file", type=FILE, metavar="FILE", help="Choices as JSON or JSON lines (docs/documents.md).")
@click.option("--show", is_flag=True, help="List what is recorded.")
@click.option("--reset", is_flag=True, help="Forget everything that was recorded.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@without_settings
def feedback(
    folder: Path | None,
    accept: tuple[tuple[int, ...], ...],
    reject: tuple[tuple[int, ...], ...],
    trim: tuple[tuple[int, Span], ...],
    file: Path | None,
    show: bool,
    reset: bool,
    as_json: bool,
) -> None:
    """Say which clips of DIR are good: local learns from it, on this machine, what you would pick."""
    from clipy import feedback as log
    from clipy.config import store_folder
    from clipy.storage.store import Store

    store = Store(store_folder())
    asked = bool(accept or reject or trim or file)
    if asked + show + reset != 1:
        raise click.UsageError("give DIR with --accept, --reject, --trim or --file; or --show; or --reset")
    if reset:
        count = log.reset(store)
        print_json({"removed": count}) if as_json else click.echo(f"removed {counted(count, 'verdict')}")
    elif show:
        _show(store, log.recorded(store), as_json=as_json)
    else:
        chosen: list[Choice | Verdict] = [
            *log.choices(_flat(accept), _flat(reject), trim),
            *(log.read_choices(file) if file else []),
        ]
        found = _of_run(folder, chosen)
        log.record(store, found)
        kinds = Counter(verdict.kind for verdict in found)
        done = ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items()))
        print_json(_json(store, found)) if as_json else click.echo(f"recorded {done} -> {log.log_of(store)}")


def _of_run(folder: Path | None, chosen: Sequence[Choice | Verdict]) -> list[Verdict]:
    """The verdicts that are complete, and those on the clips of a folder."""
    from clipy import documents
    from clipy import feedback as log

    found = [item for item in chosen if isinstance(item, log.Verdict)]
    about_clips = [item for item in chosen if isinstance(item, log.Choice)]
    if not about_clips:
        return found
    if folder is None:
        raise click.UsageError("name the folder DIR whose clips are meant")
    path = folder / "clips.json"
    return [*found, *log.verdicts(documents.read_json(path), about_clips, where=path)]


def _flat(lists: tuple[tuple[int, ...], ...]) -> list[int]:
    return [number for numbers in lists for number in numbers]


def _show(store: Store, found: Sequence[Verdict], *, as_json: bool) -> None:
    from clipy.cli.text import table

    if as_json:
        print_json(_json(store, found))
        return
    rows = [
        (verdict.when[:16], verdict.kind, verdict.name, f"{verdict.start:.1f}-{verdict.end:.1f}", verdict.title)
        for verdict in found
    ]
    if rows:
        click.echo(table([("WHEN", "VERDICT", "VIDEO", "SECONDS", "TITLE"), *rows]))
    good = sum(verdict.wanted for verdict in found)
    click.echo(f"{good} good, {len(found) - good} not" if found else "nothing is recorded")


def _json(store: Store, found: Sequence[Verdict]) -> Json:
    from clipy import feedback as log

    return {"log": str(log.log_of(store)), "feedback": [verdict.model_dump(by_alias=True) for verdict in found]}
