"""Which backend does what, with which options.

Precedence, highest first: a flag (``--set``, ``--clips``, ...) > the environment (``CLIPY_REFRAME__LAYOUT=single``,
see ``clipy.config.environment``) > the project's file, which is the one named by ``--config`` or ``CLIPY_CONFIG``, else
``clipy.toml`` in the current folder > the user's own ``clipy.toml`` > the preset > the backend's default. A preset
never overrides what the user set at any level. Where networks run is no stage's: ``--device`` > ``CLIPY_DEVICE`` >
``device`` in a file.

A table (``[reframe]``) picks one backend; a list of tables (``[[pizzazz]]``) picks several, in order, and replaces the
list of a lower level as a whole. ``backend = "name"`` picks; every other key is an option of that backend. ``[store]``
is no stage: it says how much of what was made is kept.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from clipy.config import quantities
from clipy.config.environment import settings
from clipy.device import NAMES as DEVICES
from clipy.errors import ConfigError, did_you_mean
from clipy.groups import GROUPS
from clipy.storage.eviction import Limits

PRESETS: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "draft": {"render": {"x264": {"quality": "draft"}}},
    "good": {},
    "best": {"render": {"x264": {"quality": "best"}}, "transcribe": {"faster-whisper": {"beam_size": 5}}},
}


@dataclass(frozen=True)
class Choice:
    """A backend by name, and the options that were set for it."""

    backend: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Config:
    """One choice for each table, several for each list, and where networks run (``clipy.device``)."""

    tables: Mapping[str, Choice]
    lists: Mapping[str, tuple[Choice, ...]]
    store: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"


STORE: Mapping[str, str] = {
    "max_size": "How much is kept of what was made, as 5GB; after a run, what was not used for longest goes.",
    "max_age": "How long it is kept after its last use, as 30d.",
}


def limits(store: Mapping[str, str]) -> Limits:
    """The limits that ``[store]`` sets. Raises ConfigError for a size or an age that is none."""
    size, age = store.get("max_size"), store.get("max_age")
    return Limits(quantities.size(size) if size else None, quantities.age(age) if age else None)


def load(
    path: Path | None = None,
    *,
    preset: str = "good",
    sets: Sequence[str] = (),
    device: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """Put the levels together. Raises ConfigError for a file or a ``stage.option=value`` that makes no sense."""
    if preset not in PRESETS:
        raise ConfigError(f"there is no preset {preset!r}", do=f"Choose one of: {', '.join(PRESETS)}")
    defaults = {group.name: tuple(Choice(name, {}) for name in group.defaults) for group in GROUPS.values()}
    tables = {name: choices[0] for name, choices in defaults.items() if not GROUPS[name].many}
    lists = {name: choices for name, choices in defaults.items() if GROUPS[name].many}
    store: dict[str, str] = {}
    chosen = "auto"
    for file in files(path, environment):
        document = dict(_read(file))
        chosen = _device(document.pop("device", chosen), file)
        _keep(store, document.pop("store", {}), file)
        _merge(tables, lists, document, file)
    for text in (*settings(environment, tables, lists), *sets):
        if text.partition(".")[0].strip() == "store":
            name, _, value = text.partition(".")[2].partition("=")
            _keep(store, {name.strip(): _value(value)}, f"--set {text}")
        else:
            _set(tables, lists, text)
    limits(store)
    preset_tables = PRESETS[preset]
    return Config(
        {name: _under(choice, preset_tables.get(name, {})) for name, choice in tables.items()},
        {name: tuple(_under(c, preset_tables.get(name, {})) for c in choices) for name, choices in lists.items()},
        store,
        device or _device(environment.get("CLIPY_DEVICE") or chosen, "CLIPY_DEVICE"),
    )


def files(path: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The configuration files that apply, lowest level first."""
    user = Path(platformdirs.user_config_dir("clipy")) / "clipy.toml"
    named = path or (Path(environment["CLIPY_CONFIG"]) if environment.get("CLIPY_CONFIG") else None)
    if named is not None and not named.is_file():
        raise ConfigError("no such configuration file", where=named, do="Write one with: clipy config init")
    project = named or Path("clipy.toml")
    return tuple(file for file in (user, project) if file.is_file())


def _device(name: object, where: Path | str) -> str:
    if not isinstance(name, str) or name not in DEVICES:
        raise ConfigError(f"there is no device {name!r}", where=where, do=f"Choose one of: {', '.join(DEVICES)}")
    return name


def store_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where artifacts are kept: ``CLIPY_STORE``, else the user's cache folder."""
    return Path(environment.get("CLIPY_STORE") or Path(platformdirs.user_cache_dir("clipy")) / "store")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"this is not valid TOML ({error})", where=path, do="Correct it, or start again") from error
    except OSError as error:
        raise ConfigError(f"cannot read it ({error.strerror})", where=path, do="Check its permissions") from error


def _keep(store: dict[str, str], content: object, where: object) -> None:
    if not isinstance(content, Mapping):
        raise ConfigError("'store' must be written as [store]", where=where, do="See: clipy config show")
    for name, value in content.items():
        if name not in STORE:
            raise ConfigError(f"[store] has no option {name!r}", where=where, do=_nearest(name, list(STORE)))
        store[name] = str(value)


def _merge(
    tables: dict[str, Choice], lists: dict[str, tuple[Choice, ...]], document: Mapping[str, Any], path: Path
) -> None:
    for name, content in document.items():
        if name in tables and isinstance(content, dict):
            tables[name] = _over(tables[name], content)
        elif name in lists and isinstance(content, list) and all(isinstance(item, dict) for item in content):
            lists[name] = tuple(_listed(name, item, path) for item in content)
        elif name in tables or name in lists:
            shape = f"[{name}]" if name in tables else f"[[{name}]]"
            raise ConfigError(f"{name!r} must be written as {shape}", where=path, do="See: clipy config show")
        else:
            raise ConfigError(f"there is no table {name!r}", where=path, do=_nearest(name, [*tables, *lists, "store"]))


def _listed(name: str, item: Mapping[str, Any], path: Path) -> Choice:
    if not isinstance(item.get("backend"), str):
        raise ConfigError(f'each [[{name}]] needs backend = "name"', where=path, do=f"See: clipy backends {name}")
    return Choice(item["backend"], {key: value for key, value in item.items() if key != "backend"})


def _over(choice: Choice, content: Mapping[str, Any]) -> Choice:
    """A higher level on top of a lower one. Options of a backend that is no longer picked are forgotten."""
    backend = content.get("backend", choice.backend)
    options = {key: value for key, value in content.items() if key != "backend"}
    kept = choice.options if backend == choice.backend else {}
    return Choice(str(backend), {**kept, **options})


def _under(choice: Choice, preset: Mapping[str, Mapping[str, Any]]) -> Choice:
    return Choice(choice.backend, {**preset.get(choice.backend, {}), **choice.options})


def _set(tables: dict[str, Choice], lists: dict[str, tuple[Choice, ...]], text: str) -> None:
    """Apply one ``stage.option=value``, ``list.backend.option=value`` or ``list=name,name``."""
    left, equals, right = text.partition("=")
    parts = left.strip().split(".")
    usage = "Write stage.option=value, for example reframe.layout=single or pizzazz.captions.max_words=3"
    if not equals or not all(parts):
        raise ConfigError(f"cannot understand --set {text!r}", do=usage)
    name, *rest = parts
    if name in tables and len(rest) == 1:
        tables[name] = _over(tables[name], {rest[0]: _value(right)})
    elif name in lists and not rest:
        chosen = [item.strip() for item in right.split(",") if item.strip()]
        known = {choice.backend: choice for choice in lists[name]}
        lists[name] = tuple(known.get(item, Choice(item, {})) for item in chosen)
    elif name in lists and 1 <= len(rest) <= 2:
        lists[name] = _set_listed(name, lists[name], rest, _value(right))
    elif name in tables or name in lists:
        raise ConfigError(f"cannot understand --set {text!r}", do=usage)
    else:
        raise ConfigError(f"--set {text!r}: there is no stage {name!r}", do=_nearest(name, [*tables, *lists, "store"]))


def _set_listed(name: str, choices: tuple[Choice, ...], rest: list[str], value: Any) -> tuple[Choice, ...]:
    *backend, option = rest
    if not backend and len(choices) != 1:
        have = ", ".join(choice.backend for choice in choices) or "none"
        raise ConfigError(
            f"which {name} is meant by {option!r}? (picked: {have})", do=f"Write {name}.BACKEND.{option}=…"
        )
    target = backend[0] if backend else choices[0].backend
    if target not in {choice.backend for choice in choices}:
        raise ConfigError(f"{name} {target!r} is not picked", do=f"Pick it with --set {name}={target}")
    return tuple(_over(choice, {option: value}) if choice.backend == target else choice for choice in choices)


def _value(text: str) -> Any:
    """A TOML value, or else the text itself: ``3``, ``true``, ``[1, 2]``, ``single``."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _nearest(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) or f"There are: {', '.join(known)}"
