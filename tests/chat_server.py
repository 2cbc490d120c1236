"""A strict server of the OpenAI chat protocol, in this process: it refuses what real ones refuse, and fails as they do.

``ChatServer(editor)`` answers with what ``editor`` says about the sentences it was really shown. ``faults`` are used up
one for each request before it answers normally. Everything that came in is in ``requests``.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import cv2
import numpy as np

from fixtures.serving import Handler, Serving

KEY = "sk-test-5d41402abc4b2a76"
_KNOWN = {"model", "messages", "response_format", "temperature", "seed", "max_tokens", "max_completion_tokens"}
_SCHEMA_WORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "description"}


@dataclass(frozen=True)
class Asked:
    """One request: its messages, the lines of data in the user's, and how it wants the answer."""

    body: Mapping[str, Any]
    system: str
    user: str
    form: str
    headers: Mapping[str, str]
    pictures: tuple[tuple[int, int], ...] = ()  # width and height of each that was shown

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.user.splitlines()]

    @property
    def tokens(self) -> int:
        return sum(tokens(_told(message["content"])[0]) for message in self.body["messages"])

    @property
    def ranks(self) -> bool:
        return '"best_first"' in self.system


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; each field by itself is one kind of trouble."""

    status: int = 200
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: str | None = None  # the answer, instead of the editor's
    refusal: str | None = None
    finish: str = "stop"
    drip: float = 0.0  # seconds between single bytes of the answer
    body: bytes | None = None  # the whole HTTP body
    hang_up: bool = False


Editor = Callable[[list[dict[str, Any]], Asked], object]


class ChatServer(Serving):
    """Serves on 127.0.0.1 for as long as a ``with`` block runs."""

    def __init__(
        self,
        editor: Editor,
        *,
        forms: tuple[str, ...] = ("json_schema", "json_object", "text"),
        refuses: tuple[str, ...] = (),
        context: int | None = None,
        truncates: bool = False,
        sees: bool = True,
    ) -> None:
        self.editor, self.forms, self.refuses = editor, forms, refuses
        self.context, self.truncates, self.sees = context, truncates, sees
        self.faults: deque[Fault] = deque()
        self.requests: list[Asked] = []
        self.times: list[float] = []
        chat = self

        class Chat(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                _serve(self, chat)

        super().__init__(Chat)
        self.url = f"{self.origin}/v1"

    def answer(self, asked: Asked) -> tuple[object, int]:
        """What the editor says about what fits the context, and how many tokens were read."""
        lines, read = asked.user.splitlines(), asked.tokens
        if self.context is not None and read > self.context:
            while lines and tokens(asked.system) + tokens("\n".join(lines)) > self.context:
                lines.pop(0)
            read = self.context
        return self.editor([json.loads(line) for line in lines], asked), read


def tokens(text: str) -> int:
    """As a tokeniser of English might count."""
    return math.ceil(len(text) / 3.7)


def _serve(handler: BaseHTTPRequestHandler, chat: ChatServer) -> None:
    raw = handler.rfile.read(int(handler.headers["Content-Length"]))
    chat.times.append(time.monotonic())
    if handler.headers.get("Authorization") not in {f"Bearer {KEY}", "Bearer none"}:
        _send(handler, 401, _error(f"Incorrect API key provided: {handler.headers.get('Authorization')}"))
        return
    headers = {name.lower(): value for name, value in handler.headers.items()}
    problem, asked = _understood(raw, headers, handler.path)
    problem = problem or _refused(asked, chat)
    chat.requests.append(asked)
    fault = chat.faults.popleft() if chat.faults else Fault()
    if problem is not None:
        _send(handler, 404 if "path" in problem else 400, _error(problem))
    elif fault.hang_up:
        handler.close_connection = True
    elif fault.status != 200:
        _send(handler, fault.status, _error(fault.message), fault.headers)
    else:
        _send(handler, 200, fault.body or _completion(asked, chat, fault), fault.headers, fault.drip)


def _understood(raw: bytes, headers: Mapping[str, str], path: str) -> tuple[str | None, Asked]:
    body = json.loads(raw)
    messages = body.get("messages", [])
    texts = {"system": "", "user": ""}
    pictures: list[tuple[int, int]] = []
    for message in messages:
        text, shown = _told(message["content"])
        texts[message["role"]] = texts.get(message["role"]) or text
        pictures += shown
    form = body.get("response_format", {}).get("type", "text")
    asked = Asked(body, texts["system"], texts["user"], form, headers, tuple(pictures))
    if path != "/v1/chat/completions":
        return f"no such path: {path}", asked
    if unknown := set(body) - _KNOWN:
        return f"Unrecognized request argument supplied: {', '.join(sorted(unknown))}", asked
    if [message["role"] for message in messages] not in (["system", "user"], ["system", "user", "assistant", "user"]):
        return "messages: roles must alternate after a system message", asked
    return None, asked


def _told(content: str | list[dict[str, Any]]) -> tuple[str, list[tuple[int, int]]]:
    """The text of a message, and the sizes of its pictures, which must be JPEG files in data addresses."""
    if isinstance(content, str):
        return content, []
    texts, sizes = [], []
    for part in content:
        if part["type"] == "text":
            assert set(part) == {"type", "text"}
            texts.append(part["text"])
        else:
            assert set(part) == {"type", "image_url"}
            kind, _, data = part["image_url"]["url"].partition(",")
            assert kind == "data:image/jpeg;base64"
            image = base64.b64decode(data, validate=True)
            assert image.startswith(b"\xff\xd8\xff"), "no JPEG"
            height, width = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)).shape[:2]
            sizes.append((width, height))
    return "\n".join(texts), sizes


def _refused(asked: Asked, chat: ChatServer) -> str | None:
    if asked.pictures and not chat.sees:
        return "image_url is only supported by certain models"
    if asked.form not in chat.forms:
        return f"response_format.type {asked.form!r} is not supported"
    for name in chat.refuses:
        if name in asked.body:
            hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
            return f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    if chat.context is not None and not chat.truncates and asked.tokens > chat.context:
        return f"This model's maximum context length is {chat.context} tokens."
    if asked.form == "json_schema":
        given = asked.body["response_format"]["json_schema"]
        if given.get("strict") is not True or not given.get("name"):
            return "response_format.json_schema.strict: Input should be True"
        return _unportable(given["schema"], "schema")
    if asked.form == "json_object" and "json" not in (asked.system + asked.user).lower():
        return "'messages' must contain the word 'json' in some form"
    return None


def _unportable(schema: Mapping[str, Any], at: str) -> str | None:
    """What OpenAI's strict mode refuses in a schema."""
    if unknown := set(schema) - _SCHEMA_WORDS:
        return f"Invalid schema at {at}: {sorted(unknown)} is not permitted"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False or set(schema["required"]) != set(schema["properties"]):
            return f"Invalid schema at {at}: 'additionalProperties' must be false and every key required"
        found = (_unportable(part, f"{at}.{name}") for name, part in schema["properties"].items())
        return next((problem for problem in found if problem), None)
    return _unportable(schema["items"], f"{at}[]") if schema.get("type") == "array" else None


def conforms(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether an answer is of a schema, as a server that enforces it would make sure."""
    match schema["type"]:
        case "object":
            return (
                isinstance(value, dict)
                and set(value) == set(schema["required"])
                and all(conforms(value[name], part) for name, part in schema["properties"].items())
            )
        case "array":
            return isinstance(value, list) and all(conforms(item, schema["items"]) for item in value)
        case "integer":
            return isinstance(value, int)
        case _:
            return isinstance(value, str)


def _completion(asked: Asked, chat: ChatServer, fault: Fault) -> bytes:
    answer, read = chat.answer(asked)
    if asked.form == "json_schema":
        schema = asked.body["response_format"]["json_schema"]["schema"]
        assert conforms(answer, schema), "the editor of this test answers what the schema does not allow"
    content = json.dumps(answer) if fault.content is None else fault.content
    message = {"role": "assistant", "content": None if fault.refusal else content, "refusal": fault.refusal}
    written = tokens(content)
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": asked.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": fault.finish}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }
    return json.dumps(document).encode()


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}}).encode()


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str] | None = None, drip: float = 0
) -> None:
    handler.send_response(status)
    for name, value in {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        if not drip:
            handler.wfile.write(body)
            return
        for index in range(len(body)):
            handler.wfile.write(body[index : index + 1])
            handler.wfile.flush()
            time.sleep(drip)
    except (BrokenPipeError, ConnectionResetError):
        handler.close_connection = True  # the client has had enough
