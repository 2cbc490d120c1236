"""Every setting, as text for people and as JSON schema for editors, both made from the backends' own options."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticUndefined

from clipy import config, device, registry
from clipy.backend import Backend
from clipy.config import Config
from clipy.groups import GROUPS, Group
from clipy.types import Json

_WIDTH = 100
SCHEMA_FILE = "clipy.schema.json"
_DEVICE = "Device that networks run on; auto takes the best that a backend can use."


def template() -> str:
    """A commented ``clipy.toml`` that sets nothing: every default is there, behind a ``#``."""
    intro = [
        f"#:schema ./{SCHEMA_FILE}",
        "# Settings of clipy: the backend of each stage, and its options.",
        "#",
        "# Every value here is the default. To change one, remove the '#' before it and before its [table].",
        "# Flags (--set stage.option=value) take precedence over environment variables (CLIPY_STAGE__OPTION=value),",
        "# and those over this file. Relative paths start at the folder of this file. To see other backends and",
        "# their options, run: clipy backends STAGE",
        "#",
        "# Editors that use taplo (Even Better TOML) complete and check this file by the schema named above;",
        f"# to write it again, run: clipy config schema > {SCHEMA_FILE}",
    ]
    kept = [f"#   # {text}\n#{name} =" for name, text in config.STORE.items()]
    store = ["# Limits on what is stored of earlier runs; none unless set.", "#[store]", *kept]
    networks = f'# {_DEVICE} One of: {", ".join(device.NAMES)}.\n#device = "auto"'
    blocks = ["\n".join(intro), networks, "\n".join(store)]
    for group in GROUPS.values():
        blocks += [_block(group, name) for name in group.defaults]
    return "\n\n".join(blocks) + "\n"


@dataclass(frozen=True)
class Option:
    """One option of a backend; its default as TOML (empty for none), and which values it takes."""

    name: str
    default: str
    description: str
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None

    @property
    def explained(self) -> str:
        """The description, with the choices where it does not name them itself."""
        if not self.choices or all(choice in self.description for choice in self.choices):
            return self.description
        return f"{self.description} One of: {', '.join(self.choices)}."

    @property
    def range(self) -> str:
        """``0 to 1``, ``at least 1``; empty without limits."""
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"at least {self.minimum:g}"
        return "" if self.maximum is None else f"at most {self.maximum:g}"


def options_of(kind: type[Backend]) -> list[Option]:
    """The options of a backend, in the order in which its class declares them."""
    document = kind.Options.model_json_schema()
    found = []
    for name, field in kind.Options.model_fields.items():
        parts = list(_alternatives(document["properties"][name], document.get("$defs", {})))
        found.append(
            Option(
                name,
                _toml(field.get_default(call_default_factory=True)),
                field.description or "",
                tuple(
                    str(choice)
                    for part in parts
                    for choice in part.get("enum", [part["const"]] if "const" in part else [])
                ),
                _first(part.get("minimum", part.get("exclusiveMinimum")) for part in parts),
                _first(part.get("maximum", part.get("exclusiveMaximum")) for part in parts),
            )
        )
    return found


def _first(limits: Iterable[float | None]) -> float | None:
    return next((limit for limit in limits if limit is not None), None)


def _alternatives(part: Json, definitions: Json) -> Iterator[Json]:
    """The schemas that a value, or each entry of a list, may fit."""
    if "$ref" in part:
        yield from _alternatives(definitions[part["$ref"].rpartition("/")[2]], definitions)
    for inner in part.get("anyOf", ()):
        yield from _alternatives(inner, definitions)
    if isinstance(part.get("items"), dict):
        yield from _alternatives(part["items"], definitions)
    yield part


def schema() -> Json:
    """JSON schema of ``clipy.toml`` for the installed backends: editors complete and check it."""
    texts = {name: {"type": "string", "description": text} for name, text in config.STORE.items()}
    properties: dict[str, Json] = {"store": {"type": "object", "additionalProperties": False, "properties": texts}}
    definitions: dict[str, Json] = {}
    for group in GROUPS.values():
        usable = [listing.pick for listing in registry.listings(group.name) if not registry.problem(listing)]
        pick = {"anyOf": [_pick(group, name, definitions) for name in usable], "description": group.purpose}
        properties[group.name] = {"type": "array", "items": pick} if group.many else pick
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "clipy.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {"device": {"enum": list(device.NAMES), "description": _DEVICE}, **properties},
        "$defs": definitions,
    }


def as_toml(settings: Config) -> str:
    """The settings in force as TOML, defaults included."""
    kept = [f"{name} = {_toml(value)}" for name, value in settings.store.items()]
    lines = [f'device = "{settings.device}"', "", *(["[store]", *kept, ""] if kept else [])]
    for group, choice in settings.tables.items():
        lines += [f"[{group}]", *_set_lines(group, choice.backend, dict(choice.options)), ""]
    for group, choices in settings.lists.items():
        for choice in choices:
            lines += [f"[[{group}]]", *_set_lines(group, choice.backend, dict(choice.options)), ""]
        if not choices:
            lines += [f"{group} = []", ""]
    return "\n".join(lines)


def _set_lines(group: str, name: str, options: dict[str, Any]) -> list[str]:
    made = registry.create(group, name, options)
    values = made.options.model_dump(mode="json")
    rows = [f"{option} = {_toml(value)}" for option, value in values.items() if value is not None]
    return [f'backend = "{name}"', *rows]


def _block(group: Group, name: str) -> str:
    header = f"[[{group.name}]]" if group.many else f"[{group.name}]"
    lines = [f"# {group.purpose}", f"#{header}", f'#backend = "{name}"']
    for option in options_of(registry.load(group.name, name)):
        lines += textwrap.wrap(option.explained, _WIDTH, initial_indent="#   # ", subsequent_indent="#   # ")
        lines.append(f"#{option.name} = {option.default}".rstrip())
    return "\n".join(lines)


def _pick(group: Group, name: str, definitions: dict[str, Json]) -> Json:
    """The options of one backend; what they refer to is put among the definitions of the whole schema."""
    where = f"{group.name}-{name}-"
    options: Json = registry.load(group.name, name).Options.model_json_schema(ref_template=f"#/$defs/{where}{{model}}")
    definitions |= {where + title: content for title, content in options.pop("$defs", {}).items()}
    options["properties"] = {"backend": {"const": name}, **options.get("properties", {})}
    if group.many or name not in group.defaults:  # a table without a backend is the default's
        options["required"] = ["backend", *options.get("required", [])]
    options["title"] = name
    return options


def _toml(value: Any) -> str:
    """A value as TOML; empty for one that TOML cannot say (none)."""
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
