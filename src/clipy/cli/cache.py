"""The commands on the store: what lies in it, and what of it is removed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipy.cli.settings import print_json, without_settings
from clipy.cli.text import counted
from clipy.errors import ConfigError

if TYPE_CHECKING:
    from clipy.storage.eviction import Artifact, Removal
    from clipy.storage.store import Store
    from clipy.types import Json

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DRY = click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
_WHAT = "A step, a video (any file name it was seen under, or its fingerprint), or the first 8 characters of a key."


@click.group()
def cache() -> None:
    """List and evict what earlier runs have stored. See docs/debugging.md."""


@cache.command("ls")
@click.option("--videos", is_flag=True, help="Group by video instead of by step.")
@_JSON
@without_settings
def cache_ls(videos: bool, as_json: bool) -> None:
    """Show how much is stored, by step or by video."""
    from clipy.cli.text import table
    from clipy.config.quantities import as_age, as_size
    from clipy.storage import eviction

    store = _store()
    found, names = eviction.artifacts(store), eviction.videos(store)
    groups: defaultdict[str, list[Artifact]] = defaultdict(list)
    for item in found:
        for group in (item.videos or ("",)) if videos else (item.step,):
            groups[group].append(item)
    ordered = sorted(groups.items(), key=lambda entry: -sum(item.size for item in entry[1]))
    total = sum(item.size for item in found)
    if as_json:
        rows = [{**_group(group, names, videos=videos), **_totals(items)} for group, items in ordered]
        print_json({"store": str(store.root), "bytes": total, "videos" if videos else "steps": rows})
        return
    head = ("VIDEO" if videos else "STEP", "ARTIFACTS", "SIZE", "LAST USED", "OLDEST")
    shown = [
        (
            (f"{', '.join(names[group])} ({group[:12]})" if group in names else group or "(no video)"),
            str(totals["artifacts"]),
            as_size(totals["bytes"]),
            f"{as_age(totals['used_s_ago'])} ago",
            f"{as_age(totals['oldest_s_ago'])} ago",
        )
        for group, totals in ((group, _totals(items)) for group, items in ordered)
    ]
    click.echo(table([head, *shown]))
    click.echo(f"\n{as_size(total)} in {store.root}")


def _group(group: str, names: Mapping[str, tuple[str, ...]], *, videos: bool) -> Json:
    """What a row of the JSON is about."""
    if not videos:
        return {"step": group}
    known = names.get(group, ())
    return {"video": known[0] if known else None, "names": list(known), "fingerprint": group or None}


def _totals(items: Sequence[Artifact]) -> dict[str, int]:
    now = time.time()
    return {
        "artifacts": len(items),
        "bytes": sum(item.size for item in items),
        "used_s_ago": round(now - max(item.used for item in items)),
        "oldest_s_ago": round(now - min(item.used for item in items)),
    }


@cache.command("show")
@click.argument("what", metavar="STEP|VIDEO|KEY", help=_WHAT)
@_JSON
@without_settings
def cache_show(what: str, as_json: bool) -> None:
    """List the artifacts of a step, of a video, or with a key."""
    from clipy.cli.text import table
    from clipy.config.quantities import as_age, as_size

    found = _picked(_store(), what)
    if as_json:
        print_json([_described(item) for item in found])
        return
    now = time.time()
    rows = [
        (item.step, item.key[:16], as_size(item.size), f"{as_age(now - item.used)} ago", str(item.files[0]))
        for item in found
    ]
    click.echo(table([("STEP", "KEY", "SIZE", "LAST USED", "FILE"), *rows]))


@cache.command("rm")
@click.argument("what", nargs=-1, metavar="STEP|VIDEO|KEY...", help=_WHAT)
@click.option("--all", "everything", is_flag=True, help="Remove everything.")
@_DRY
@_JSON
@without_settings
def cache_rm(what: tuple[str, ...], everything: bool, dry_run: bool, as_json: bool) -> None:
    """Remove artifacts. They are recomputed when needed; those that a running command uses stay."""
    from clipy.storage import eviction

    if bool(what) == everything:
        raise click.UsageError("name what to remove, or give --all")
    store = _store()
    keys = None if everything else {item.key for name in what for item in _picked(store, name)}
    removal = eviction.remove(
        store, lambda found: [item for item in found if keys is None or item.key in keys], dry=dry_run
    )
    _report(removal, dry=dry_run, as_json=as_json)


@cache.command("gc")
@click.option("--max-size", metavar="SIZE", help="Keep at most this much, as 5GB; evict the least recently used.")
@click.option("--max-age", metavar="AGE", help="Evict what was last used longer ago, as 30d.")
@_DRY
@_JSON
@without_settings
def cache_gc(max_size: str | None, max_age: str | None, dry_run: bool, as_json: bool) -> None:
    """Evict what exceeds the limits given, or those of [store] in clipy.toml."""
    from clipy import config
    from clipy.storage import eviction

    given = {name: value for name, value in (("max_size", max_size), ("max_age", max_age)) if value}
    limits = config.limits(given or config.load().store)
    if limits == eviction.Limits():
        raise ConfigError("no limit is set", do="Give --max-size or --max-age, or set them in [store] of clipy.toml")
    _report(eviction.tidy(_store(), limits, dry=dry_run), dry=dry_run, as_json=as_json)


def _store() -> Store:
    from clipy.config import store_folder
    from clipy.storage.store import Store

    return Store(store_folder())


def _picked(store: Store, what: str) -> Sequence[Artifact]:
    """The artifacts that a person means. Raises ConfigError when there are none, or several videos have the name."""
    from clipy.storage import eviction

    found, names = eviction.artifacts(store), eviction.videos(store)
    meant = [
        fingerprint
        for fingerprint, known in names.items()
        if Path(what).name in known or (len(what) >= 8 and fingerprint.startswith(what))
    ]
    if len(meant) > 1:
        raise ConfigError(
            f"{len(meant)} videos have been called {what!r}", do=f"Give a fingerprint: {', '.join(meant)}"
        )
    picked = [
        item
        for item in found
        if what == item.step or (meant and meant[0] in item.videos) or (len(what) >= 8 and item.key.startswith(what))
    ]
    if not picked:
        raise ConfigError(f"nothing is stored under {what!r}", do="See: clipy cache ls, and clipy cache ls --videos")
    return picked


def _described(item: Artifact) -> Json:
    return {
        "step": item.step,
        "key": item.key,
        "bytes": item.size,
        "used_s_ago": round(time.time() - item.used),
        "files": [str(path) for path in item.files],
        "videos": list(item.videos),
    }


def _report(removal: Removal, *, dry: bool, as_json: bool) -> None:
    from clipy.config.quantities import as_size

    if as_json:
        lists = {"removed": removal.removed, "in_use": removal.in_use}
        print_json({"bytes": removal.size, **{name: [_described(i) for i in items] for name, items in lists.items()}})
        return
    kept = f"; kept {len(removal.in_use)} in use" if removal.in_use else ""
    verb = "would remove" if dry else "removed"
    click.echo(f"{verb} {counted(len(removal.removed), 'artifact')}, {as_size(removal.size)}{kept}")
