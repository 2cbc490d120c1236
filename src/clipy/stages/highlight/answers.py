"""What a language model may answer: sentence numbers, marks and short texts, checked; never times.

The JSON schema is kept to what every endpoint understands (objects, arrays, strings, integers, all keys required);
pydantic enforces the rest: that numbers name sentences which were shown, and that marks lie in their bounds.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from clipy.types import Json

Mark = Annotated[int, Field(ge=0, le=100)]
M = TypeVar("M", bound=BaseModel)

_KEPT = ("type", "description", "enum")  # of a schema; bounds are refused by some endpoints
_LONGEST_TEXT = 300
_WORD = re.compile(r"[^\W_]+")
_COMMANDS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # to terminals: ECMA-48, 5.4
_LINKS = re.compile(r"(?:https?://|www\.)\S*|\S+@\S+|[@#]\w*", re.IGNORECASE)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Passage(_Answer):
    """A run of sentences that would make a clip, with marks from 0 to 100."""

    weights: ClassVar[Mapping[str, float]] = {"hook": 0.3, "standalone": 0.25, "payoff": 0.25, "interest": 0.2}

    first: int = Field(description="number of its first sentence")
    last: int = Field(description="number of its last sentence")
    reason: str = Field(description="why it works, in one short sentence")
    title: str = Field(description="its title")
    hook: Mark = Field(description="0 to 100")
    standalone: Mark = Field(description="0 to 100")
    payoff: Mark = Field(description="0 to 100")
    interest: Mark = Field(description="0 to 100")

    @model_validator(mode="after")
    def _sentences_were_shown(self, info: ValidationInfo) -> Self:
        shown = (info.context or {}).get("shown")
        if self.first > self.last:
            raise ValueError(f"first {self.first} comes after last {self.last}")
        if shown is not None and not (self.first in shown and self.last in shown):
            raise ValueError(f"sentences {self.first}-{self.last} were not shown, only {shown[0]}-{shown[-1]}")
        return self

    @property
    def marks(self) -> dict[str, float]:
        """Every mark by name, in 0..1."""
        return {name: getattr(self, name) / 100 for name in self.weights}

    @property
    def score(self) -> float:
        """The weighted mean of the marks, in 0..1."""
        return sum(self.weights[name] * mark for name, mark in self.marks.items()) / sum(self.weights.values())


class AskedPassage(Passage):
    """The same where the user said what to look for."""

    weights: ClassVar[Mapping[str, float]] = {**Passage.weights, "about": 0.7}

    about: Mark = Field(description="0 to 100")


class Passages(_Answer):
    """What is worth a clip in one window; empty when nothing is."""

    passages: list[Passage]


class AskedPassages(_Answer):
    """The same where the user said what to look for."""

    passages: list[AskedPassage]


class Order(_Answer):
    """All candidates by number, the best first."""

    best_first: list[int] = Field(description="numbers of the clips, the best first")

    @model_validator(mode="after")
    def _clips_were_shown(self, info: ValidationInfo) -> Self:
        shown = (info.context or {}).get("shown")
        wrong = [number for number in self.best_first if shown is not None and number not in shown]
        if wrong or not self.best_first:
            raise ValueError(
                f"{wrong or 'an empty list'}: there are clips {shown[0]}-{shown[-1]}" if shown else "empty"
            )
        return self


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


def is_quoted(title: str, text: str) -> bool:
    """Whether a title is a phrase of the text, word for word, but for case and punctuation."""
    phrase, said = (_WORD.findall(part.casefold()) for part in (title, text))
    if not phrase:
        return False
    unspaced = not title.isascii() and "".join(phrase) in "".join(said)  # scripts without spaces
    return unspaced or f" {' '.join(phrase)} " in f" {' '.join(said)} "
