"""Data for prompts, as JSON lines that cannot act as instructions, and the size of prompts."""

from __future__ import annotations

import json
import math
import unicodedata

from pydantic import BaseModel

from clipy.chat.answers import portable_schema

_BYTES_PER_TOKEN = 3.5  # of UTF-8; measured 3.4 to 3.8 for JSON lines of English, less for other languages


def estimate_tokens(text: str) -> int:
    """The approximate number of tokens for any model; exact counts would need each model's own tokenizer."""
    return math.ceil(len(text.encode()) / _BYTES_PER_TOKEN)


def answer_instruction(kind: type[BaseModel]) -> str:
    """The instruction that describes the format of the answer."""
    schema = json.dumps(portable_schema(kind), ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one compact JSON object and nothing else, of this JSON schema:\n{schema}"


def json_line(data: dict[str, object]) -> str:
    """An object as a line of JSON without the characters that chat templates are made of."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Chat templates consist of these (<|im_end|>, [INST]); escaped, the JSON means the same.
    return text.replace("<", "\\u003c").replace("[", "\\u005b")


def strip_control(text: str) -> str:
    """A text with control characters replaced by spaces."""
    return "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
