"""Forms for the options of any backend, made from its JSON schema, so that other packages' backends get them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clipy import registry
from clipy.errors import ClipyError
from clipy.types import Json


def backends(group: str) -> list[Json]:
    """What can be picked in a group, each with its fields; one that cannot be used says why."""
    found: list[Json] = []
    for listing in registry.listings(group):
        try:
            kind = registry.load(group, listing.pick)
        except ClipyError as error:
            found.append({"name": listing.pick, "about": str(error), "usable": False, "fields": []})
            continue
        about = (kind.__doc__ or "").strip().partition("\n")[0]
        fields = fields_of(kind.Options.model_json_schema())
        found.append({"name": listing.pick, "about": about, "usable": True, "fields": fields})
    return found


def fields_of(schema: Mapping[str, Any]) -> list[Json]:
    """The fields of a form: name, what it is for, and how it is entered.

    ``kind`` is choice, choices, flag, number, integer, color, text, lines, or json for whatever has no form of its own.
    ``optional`` fields may be left empty.
    """
    definitions = schema.get("$defs") or {}
    return [_field(name, part, definitions) for name, part in (schema.get("properties") or {}).items()]


def _field(name: str, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Json:
    described, default = str(part.get("description") or ""), part.get("default")
    options = [_resolved(option, definitions) for option in part.get("anyOf") or [part]]
    real = [option for option in options if option.get("type") != "null"]
    optional = len(real) < len(options)
    first = _resolved(real[0], definitions) if len(real) == 1 else {}
    field: dict[str, Json] = {
        "name": name,
        "label": name.replace("_", " "),
        "description": described,
        "optional": optional,
        "default": default,
    }
    return field | _entered(first, definitions)


def _entered(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Json]:
    kind = part.get("type")
    if "enum" in part:
        return {"kind": "choice", "choices": list(part["enum"])}
    if "const" in part:
        return {"kind": "choice", "choices": [part["const"]]}
    if kind == "boolean":
        return {"kind": "flag"}
    if kind in {"number", "integer"}:
        low = part.get("minimum", part.get("exclusiveMinimum"))
        high = part.get("maximum", part.get("exclusiveMaximum"))
        return {"kind": kind, "min": low, "max": high}
    if kind == "string":
        return {"kind": "color" if "[0-9a-f" in str(part.get("pattern", "")).lower() else "text"}
    if kind == "array":
        item = _resolved(part.get("items") or {}, definitions)
        if "enum" in item:
            return {"kind": "choices", "choices": list(item["enum"])}
        if item.get("type") == "string":
            return {"kind": "lines"}
    return {"kind": "json"}


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(part.get("$ref", "")).rpartition("/")[2]
    found = definitions.get(name, part)
    return found if isinstance(found, Mapping) else part
