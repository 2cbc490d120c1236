"""One level of settings on top of another: which backends are picked, and what is set for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clipy.config.values import from_file, from_text, shared_fields
from clipy.device import NAMES as DEVICES
from clipy.errors import SettingError, did_you_mean
from clipy.groups import GROUPS, RECORDED

STORE: Mapping[str, str] = {
    "max_size": "Most that the store may hold, as 5GB. After each run the least recently used entries are evicted.",
    "max_age": "How long an entry is kept after its last use, as 30d.",
}
_USAGE = "Write STAGE.OPTION=VALUE, such as reframe.layout=single or pizzazz.captions.max_words=3"


@dataclass(frozen=True)
class Choice:
    """A backend by name, and the options that were set for it."""

    backend: str
    options: Mapping[str, Any]


@dataclass
class Merged:
    """The levels merged so far, lowest first: one choice for each table, several for each list."""

    tables: dict[str, Choice]
    lists: dict[str, tuple[Choice, ...]]
    store: dict[str, str] = field(default_factory=dict)
    device: str = "auto"

    @classmethod
    def from_defaults(cls) -> Merged:
        """The lowest level: every group's default backends without options."""
        defaults = {group.name: tuple(Choice(name, {}) for name in group.defaults) for group in GROUPS.values()}
        return cls(
            {name: choices[0] for name, choices in defaults.items() if not GROUPS[name].many},
            {name: choices for name, choices in defaults.items() if GROUPS[name].many},
        )

    def add_file(self, document: Mapping[str, Any], path: Path) -> None:
        """Add a settings file. Raises SettingError for a table that does not exist or has the wrong shape."""
        for name, content in document.items():
            if name == "device":
                self.device = checked_device(content, path)
            elif name == "store":
                self._set_store(content, path)
            elif name in self.tables and isinstance(content, dict):
                self._pick(name, content.get("backend"))
                self._set(name, from_file({key: value for key, value in content.items() if key != "backend"}, path))
            elif name in self.lists and isinstance(content, list) and all(isinstance(item, dict) for item in content):
                self.lists[name] = tuple(_entry(name, item, path) for item in content)
            elif name in GROUPS:
                shape = f"[{name}]" if name in self.tables else f"[[{name}]]"
                raise SettingError(f"{name!r} must be written as {shape}", where=path, do="See: clipy config show")
            else:
                raise SettingError(f"unknown table {name!r}", where=path, do=self._nearest(name))

    def take(self, recorded: Mapping[str, Any]) -> None:
        """Take the recorded settings of a run in place of what is merged so far. Raises SettingError."""
        for name, content in recorded.items():
            entries = content if isinstance(content, list) else [content]
            if name not in RECORDED:
                if content:
                    allowed = ", ".join(RECORDED)
                    raise SettingError(f"recorded settings must not set {name!r}", do=f"A document may set: {allowed}")
                continue
            if isinstance(content, list) != GROUPS[name].many:
                raise SettingError(f"the recorded settings of {name!r} have the wrong shape", do="Correct the file")
            choices = tuple(_recorded(name, entry) for entry in entries)
            if GROUPS[name].many:
                self.lists[name] = choices
            else:
                self.tables[name] = choices[0]

    def add_flag(self, text: str) -> None:
        """Add one ``stage.option=value``, ``list.backend.option=value``, ``stage=name`` or ``list=name,name``."""
        left, equals, right = text.partition("=")
        name, *rest = left.strip().split(".")
        if not equals or not name or not all(rest):
            raise SettingError(f"cannot understand the setting {text!r}", do=_USAGE)
        if name == "store" and len(rest) == 1:
            self._set_store({rest[0]: right.strip()}, f"--set {text}")
        elif name not in GROUPS:
            raise SettingError(f"unknown stage {name!r} in --set {text!r}", do=self._nearest(name))
        elif name in self.tables and picks(text):
            self._pick(name, from_text(right).value)
        elif name in self.tables and len(rest) == 1:
            self._set(name, {rest[0]: from_text(right)})
        elif name in self.lists and not rest:
            known = {choice.backend: choice for choice in self.lists[name]}
            chosen = [item.strip() for item in right.split(",") if item.strip()]
            self.lists[name] = tuple(known.get(item, Choice(item, {})) for item in chosen)
        elif name in self.lists and len(rest) <= 2:
            self._set_in_list(name, rest, right)
        else:
            raise SettingError(f"cannot understand the setting {text!r}", do=_USAGE)

    def _pick(self, name: str, backend: object) -> None:
        """Change a table's backend. Options that the new one shares with the old one by inheritance stay."""
        before = self.tables[name]
        if backend is None or backend == before.backend:
            return
        kept = shared_fields(name, before.backend, str(backend)) if before.options else frozenset()
        self.tables[name] = Choice(str(backend), {key: value for key, value in before.options.items() if key in kept})

    def _set(self, name: str, options: Mapping[str, Any]) -> None:
        choice = self.tables[name]
        self.tables[name] = Choice(choice.backend, {**choice.options, **options})

    def _set_in_list(self, name: str, rest: list[str], text: str) -> None:
        *named, option = rest
        picked = [choice.backend for choice in self.lists[name]]
        if not named and len(picked) != 1:
            raise SettingError(
                f"{name}.{option} does not say which backend it is for (picked: {', '.join(picked) or 'none'})",
                do=f"Write {name}.BACKEND.{option}=VALUE",
            )
        target = named[0] if named else picked[0]
        if target not in picked:
            raise SettingError(
                f"the {name} backend {target!r} is not picked",
                do=f"Pick it with --set {name}={','.join([*picked, target])}",
            )
        self.lists[name] = tuple(
            Choice(one.backend, {**one.options, option: from_text(text)}) if one.backend == target else one
            for one in self.lists[name]
        )

    def _set_store(self, content: object, where: object) -> None:
        if not isinstance(content, Mapping):
            raise SettingError("'store' must be written as [store]", where=where, do="See: clipy config show")
        for name, value in content.items():
            if name not in STORE:
                do = did_you_mean(name, STORE) or f"Options: {', '.join(STORE)}"
                raise SettingError(f"[store] has no option {name!r}", where=where, do=do)
            self.store[name] = str(value)

    def _nearest(self, name: str) -> str:
        known = (*self.tables, *self.lists, "store")
        return did_you_mean(name, known) or f"Choose one of: {', '.join(known)}"


def picks(text: str) -> bool:
    """Whether a setting picks backends rather than setting an option of one."""
    name, *rest = text.partition("=")[0].strip().split(".")
    return name in GROUPS and (not rest or (not GROUPS[name].many and rest == ["backend"]))


def checked_device(name: object, where: Path | str) -> str:
    """A device by name. Raises SettingError."""
    if not isinstance(name, str) or name not in DEVICES:
        raise SettingError(f"unknown device {name!r}", where=where, do=f"Choose one of: {', '.join(DEVICES)}")
    return name


def _recorded(name: str, entry: object) -> Choice:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("backend"), str):
        raise SettingError(f"the recorded settings of {name!r} name no backend", do="Correct the file")
    return Choice(entry["backend"], {key: value for key, value in entry.items() if key != "backend"})


def _entry(name: str, item: Mapping[str, Any], path: Path) -> Choice:
    if not isinstance(item.get("backend"), str):
        raise SettingError(f'each [[{name}]] needs backend = "NAME"', where=path, do=f"See: clipy backends {name}")
    return Choice(item["backend"], from_file({key: value for key, value in item.items() if key != "backend"}, path))
