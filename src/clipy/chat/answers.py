"""Validation of language models' answers, and sanitizing of their texts.

The JSON schema is limited to what every endpoint supports (objects, arrays, strings, integers, all keys required);
pydantic enforces the rest: that numbers refer to items in the prompt, and that scores are within bounds.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.types import Json

Score = Annotated[int, Field(ge=0, le=100)]
M = TypeVar("M", bound=BaseModel)

_PORTABLE = ("type", "description", "enum")  # keywords; some endpoints refuse bounds
_MAX_TEXT = 300
_ESCAPE_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # of terminals: ECMA-48, 5.4
_LINKS = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+|[@#]\w*", re.IGNORECASE)


class Answer(BaseModel):
    """Base class of answers; additional fields from the model are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def portable_schema(kind: type[BaseModel]) -> Json:
    """The JSON schema of an answer in the portable subset."""
    full = kind.model_json_schema()
    definitions = full.get("$defs", {})

    def portable(part: Mapping[str, Any]) -> Json:
        if "$ref" in part:
            return portable(definitions[part["$ref"].rpartition("/")[2]])
        kept: dict[str, Json] = {key: part[key] for key in _PORTABLE if key in part and part["type"] != "object"}
        if part["type"] == "array":
            return {**kept, "items": portable(part["items"])}
        if part["type"] == "object":
            fields = {name: portable(field) for name, field in part["properties"].items()}
            return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        return kept

    return portable(full)


def parse_answer(text: str, kind: type[M], shown: range) -> M:
    """Parse the answer in a reply, which may be surrounded by other text. Raises ValueError with the problem."""
    first_field = next(iter(kind.model_fields))
    decoder = json.JSONDecoder()
    _, thought, rest = text.rpartition("</think>")  # the reasoning of a model is not its answer
    text = rest if thought else text
    for place in (found.start() for found in re.finditer(r"\{", text)):
        try:
            value, _ = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and first_field in value:
            return _validate(value, kind, shown)
    raise ValueError(f'there is no complete JSON object with "{first_field}" in it')


def _validate(value: Json, kind: type[M], shown: range) -> M:
    try:
        return kind.model_validate(value, context={"shown": shown})
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()[:5])
        raise ValueError("; ".join(problems)) from None


def sanitize(text: str, limit: int = _MAX_TEXT) -> str:
    """A short text from a model as one line that is safe to publish: no control characters, links or hashtags."""
    spaced = re.sub(r"\s+", " ", _ESCAPE_SEQUENCES.sub("", text))
    visible = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    plain = " ".join(_LINKS.sub(" ", visible).split()).strip("\"'“”‘’ ")
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rsplit(' ', 1)[0].rstrip(',;:-– ')}…"
