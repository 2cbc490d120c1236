"""Settings: which backend does what, with which options.

Precedence, highest first: a flag (``--set``, ``--clips``, ...) > the environment (``CLIPY_REFRAME__LAYOUT=single``,
see ``clipy.config.environment``) > the project's file, which is the one named by ``--config`` or ``CLIPY_CONFIG``, else
``clipy.toml`` in the current folder > the user's own ``clipy.toml`` > the preset > the backend's default. A preset
never overrides what the user sets at any level. The device for networks has its own order: ``--device`` >
``CLIPY_DEVICE`` > ``device`` in a file.

A table (``[reframe]``) picks one backend; a list of tables (``[[pizzazz]]``) picks several, in order, and replaces the
list of a lower level as a whole. ``backend = "name"`` picks; every other key is an option of that backend. When a
higher level picks another backend, options that both inherit from a common class stay. ``[store]`` limits the store.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from clipy.config import presets, quantities
from clipy.config.environment import settings
from clipy.config.merging import STORE, Choice, Merged, checked_device, picks
from clipy.config.presets import PRESETS
from clipy.config.values import resolved
from clipy.errors import ConfigError
from clipy.storage.eviction import Limits

__all__ = ["PRESETS", "STORE", "Choice", "Config", "files", "limits", "load", "store_folder"]


@dataclass(frozen=True)
class Config:
    """One choice for each table, several for each list, limits of the store, and the device (``clipy.device``)."""

    tables: Mapping[str, Choice]
    lists: Mapping[str, tuple[Choice, ...]]
    store: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"


def limits(store: Mapping[str, str]) -> Limits:
    """The limits that ``[store]`` sets. Raises SettingError for a malformed size or age."""
    size, age = store.get("max_size"), store.get("max_age")
    return Limits(quantities.size(size) if size else None, quantities.age(age) if age else None)


def load(
    path: Path | None = None,
    *,
    preset: str | Sequence[str] = "good",
    sets: Sequence[str] = (),
    device: str | None = None,
    environment: Mapping[str, str] | None = None,
    recorded: Mapping[str, Any] | None = None,
) -> Config:
    """Merge all levels. ``environment`` is the process's own unless given.

    ``recorded`` are the settings of an earlier run (``settings`` in ``clips.json``): where they name a backend, its
    options are exactly those of that run, below ``sets``.
    ``sets`` are texts as ``--set`` takes them; those that pick backends are applied before those that set options.
    Raises SettingError for a name or value that does not exist, ConfigError for a file that cannot be read.
    """
    names = [preset] if isinstance(preset, str) else list(preset)
    environment = os.environ if environment is None else environment
    merged = Merged.from_defaults()
    for file in files(path, environment):
        merged.add_file(_read(file), file)
    for text in settings(environment, merged.tables, merged.lists):
        merged.add_flag(text)
    merged.take(recorded or {})
    for text in sorted(sets, key=lambda text: not picks(text)):
        merged.add_flag(text)
    limits(merged.store)
    return Config(
        {name: _finished(name, choice, names) for name, choice in merged.tables.items()},
        {name: tuple(_finished(name, one, names) for one in choices) for name, choices in merged.lists.items()},
        merged.store,
        device or checked_device(environment.get("CLIPY_DEVICE") or merged.device, "CLIPY_DEVICE"),
    )


def _finished(group: str, choice: Choice, names: Sequence[str]) -> Choice:
    """A choice with the presets' values below its own, all read by the types of the backend's options."""
    below, own = presets.values(names, group, choice.backend), resolved(group, choice.backend, choice.options)
    if {"width", "height"} <= own.keys():
        below.pop("ratio", None)  # a shape of the user's own
    return Choice(choice.backend, {**below, **own})


def files(path: Path | None, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The configuration files that apply, lowest level first."""
    user = Path(platformdirs.user_config_dir("clipy")) / "clipy.toml"
    named = path or (Path(environment["CLIPY_CONFIG"]) if environment.get("CLIPY_CONFIG") else None)
    if named is not None and not named.is_file():
        raise ConfigError("settings file not found", where=named, do="Write one with: clipy config init")
    project = named or Path("clipy.toml")
    return tuple(file for file in (user, project) if file.is_file())


def store_folder() -> Path:
    """Where artifacts are kept: ``CLIPY_STORE``, else the user's cache folder."""
    return Path(os.environ.get("CLIPY_STORE") or Path(platformdirs.user_cache_dir("clipy")) / "store")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"not valid TOML ({error})", where=path, do="Correct the file, or write a new one: clipy config init"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read it ({error.strerror})", where=path, do="Check its permissions") from error
