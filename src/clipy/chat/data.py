"""How data is shown to a language model: as JSON lines that instruct nobody."""

from __future__ import annotations

import json
import unicodedata

from pydantic import BaseModel

from clipy.chat.answers import schema_of


def form(kind: type[BaseModel]) -> str:
    """The instruction that says what an answer looks like."""
    schema = json.dumps(schema_of(kind), ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one compact JSON object and nothing else, of this JSON schema:\n{schema}"


def data_line(data: dict[str, object]) -> str:
    """One object as a line, without the characters that chat templates are made of."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Of these the templates of chat models are made (<|im_end|>, [INST]); escaped, JSON says the same.
    return text.replace("<", "\\u003c").replace("[", "\\u005b")


def visible(text: str) -> str:
    """A text without control signs."""
    return "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
