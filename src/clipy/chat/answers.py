"""What a language model may answer, checked; and its texts made safe to show.

The JSON schema is kept to what every endpoint understands (objects, arrays, strings, integers, all keys required);
pydantic enforces the rest: that numbers name what was shown, and that marks lie in their bounds.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.types import Json

Mark = Annotated[int, Field(ge=0, le=100)]
M = TypeVar("M", bound=BaseModel)

_KEPT = ("type", "description", "enum")  # of a schema; bounds are refused by some endpoints
_LONGEST_TEXT = 300
_COMMANDS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # to terminals: ECMA-48, 5.4
_LINKS = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+|[@#]\w*", re.IGNORECASE)


class Answer(BaseModel):
    """The shape of an answer; what a model adds to it is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def schema_of(kind: type[BaseModel]) -> Json:
    """The portable JSON schema of an answer."""
    full = kind.model_json_schema()
    definitions = full.get("$defs", {})

    def portable(part: Mapping[str, Any]) -> Json:
        if "$ref" in part:
            return portable(definitions[part["$ref"].rpartition("/")[2]])
        kept: dict[str, Json] = {key: part[key] for key in _KEPT if key in part and part["type"] != "object"}
        if part["type"] == "array":
            return {**kept, "items": portable(part["items"])}
        if part["type"] == "object":
            fields = {name: portable(field) for name, field in part["properties"].items()}
            return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        return kept

    return portable(full)


def parsed(text: str, kind: type[M], shown: range) -> M:
    """The answer in a reply, which may have other text around it. Raises ValueError that says what is wrong."""
    wanted = next(iter(kind.model_fields))
    decoder = json.JSONDecoder()
    _, thought, rest = text.rpartition("</think>")  # what reasoning models think aloud is no answer
    text = rest if thought else text
    for place in (found.start() for found in re.finditer(r"\{", text)):
        try:
            value, _ = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and wanted in value:
            return _checked(value, kind, shown)
    raise ValueError(f'there is no complete JSON object with "{wanted}" in it')


def _checked(value: Json, kind: type[M], shown: range) -> M:
    try:
        return kind.model_validate(value, context={"shown": shown})
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()[:5])
        raise ValueError("; ".join(problems)) from None


def cleaned(text: str, limit: int = _LONGEST_TEXT) -> str:
    """A short text of a model as one line that is safe to show and to publish: no control signs, links or tags."""
    spaced = re.sub(r"\s+", " ", _COMMANDS.sub("", text))
    visible = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    plain = " ".join(_LINKS.sub(" ", visible).split()).strip("\"'“”‘’ ")
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rsplit(' ', 1)[0].rstrip(',;:-– ')}…"
