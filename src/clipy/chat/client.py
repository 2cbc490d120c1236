"""The client for language models: sends a prompt, returns a validated answer.

Works with any OpenAI-compatible chat API (OpenAI, Ollama, llama.cpp, vLLM, OpenRouter, ...). As their features differ,
a prompt is sent with a JSON schema first, then in JSON mode, then as plain text, and parameters that an
endpoint refuses (temperature, seed) are omitted; what works is remembered. The SDK retries transient errors (429, 5xx,
timeouts) with exponential backoff, or as the server asks.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from clipy.chat.answers import parse_answer, portable_schema, sanitize
from clipy.chat.prompt_data import estimate_tokens
from clipy.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

_RESPONSE_FORMATS = ("json_schema", "json_object", "text")
_MIN_READ = 0.7  # of the estimated tokens: a server that counts fewer has truncated the prompt (measured: 0.85 to 1.2)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_TOO_LONG = re.compile(r"context.{0,20}(length|size|window)|too long|exceeds?.{0,40}(context|tokens)", re.IGNORECASE)
_MAX_QUOTE = 8_000  # characters of an invalid answer that are sent back to the model
_REPAIR = "That was not what was asked: {problem}. Answer again, with the corrected JSON object and nothing else."


class NoAnswer(Exception):
    """A prompt got no usable answer; others may."""


class ContextExceeded(Exception):
    """The prompt or the answer exceeded the context; a shorter prompt may work."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Prompt and completion tokens as counted by the endpoint, and the number of requests."""

    read: int = 0
    written: int = 0
    requests: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.read + other.read, self.written + other.written, self.requests + other.requests)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Everything that determines an answer besides the prompt."""

    base_url: str
    model: str
    temperature: float
    seed: int
    max_tokens: int


class _Counted(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """The part of a response that is used; endpoints differ in the rest."""

    choices: list[_Choice] = []
    usage: _Counted = _Counted()
    error: object = None  # some endpoints report errors with status 200


@dataclass
class ChatClient:
    """A chat client; the only holder of the API key. Thread-safe.

    ``usage`` counts everything billed so far, useful or not.
    """

    settings: ModelSettings
    key_variable: str
    timeout: float
    retries: int
    usage: Usage = Usage()
    _client: OpenAI | None = None
    _form: int = 0
    _limit_parameter: str = "max_tokens"
    _omitted: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens so far."""
        return self.usage.read + self.usage.written

    def __enter__(self) -> Self:
        from openai import OpenAI

        from clipy.chat.deadline import DeadlineClient

        self._client = OpenAI(
            api_key=api_key(self.settings.base_url, self.key_variable),
            base_url=self.settings.base_url,
            max_retries=self.retries,
            timeout=self.timeout,
            http_client=DeadlineClient(self.timeout),
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._client is not None:
            self._client.close()

    def ask(self, system: str, user: str, kind: type[BaseModel], shown: range, pictures: Sequence[bytes] = ()) -> str:
        """A valid answer as JSON text; the model is asked once more if the first one is not a ``kind``.

        ``pictures`` are JPEG files for vision models, shown after ``user`` in order. Raises NoAnswer, ContextExceeded,
        or ServiceError when further requests are pointless.
        """
        said = [{"type": "text", "text": user}, *map(_picture, pictures)] if pictures else user
        messages: list[Any] = [{"role": "system", "content": system}, {"role": "user", "content": said}]
        text = self._complete(messages, kind)
        try:
            return parse_answer(text, kind, shown).model_dump_json()
        except ValueError as problem:
            log.info("The answer of %s is invalid (%s); asking again.", self.settings.model, problem)
            repair = _REPAIR.format(problem=problem)
        messages += [{"role": "assistant", "content": text[:_MAX_QUOTE]}, {"role": "user", "content": repair}]
        try:
            return parse_answer(self._complete(messages, kind), kind, shown).model_dump_json()
        except ValueError as problem:
            raise NoAnswer(f"the answer is invalid, also after a retry: {problem}") from None

    def _complete(self, messages: list[Any], kind: type[BaseModel]) -> str:
        """One answer as text, with the parameters that the endpoint supports."""
        while (body := self._send(messages, kind)) is None:
            log.debug("Retrying with other parameters.")
        return self._content(body, messages)

    def _send(self, messages: list[Any], kind: type[BaseModel]) -> bytes | None:
        """The response; None if the endpoint refused parameters and others are left to try."""
        import openai

        if self._client is None:
            raise RuntimeError("use ChatClient as a context manager")
        with self._lock:
            arguments, parameters = self._arguments(kind), self._parameters()
        try:
            raw = self._client.chat.completions.with_raw_response.create(messages=messages, **arguments)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            said = self._said(error)
            if _TOO_LONG.search(said):
                raise ContextExceeded(f"the endpoint refuses the prompt as too long ({said})") from None
            with self._lock:  # another thread may have adapted for the same reason already
                if parameters == self._parameters() and not self._adapt(said):
                    raise NoAnswer(f"the endpoint refuses the prompt ({said})") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
            raise self._refused(error) from None
        except openai.APIStatusError as error:
            raise NoAnswer(f"the endpoint answers {error.status_code} ({self._said(error)})") from None
        except openai.APITimeoutError:
            raise NoAnswer(f"no complete answer within {self.timeout:g} s") from None
        except openai.APIConnectionError as error:
            raise NoAnswer(f"the endpoint cannot be reached ({sanitize(str(error.__cause__ or error))})") from None
        else:
            return raw.content
        return None

    def _arguments(self, kind: type[BaseModel]) -> dict[str, Any]:
        optional = {"temperature": self.settings.temperature, "seed": self.settings.seed}
        arguments: dict[str, Any] = {name: value for name, value in optional.items() if name not in self._omitted}
        form = _RESPONSE_FORMATS[self._form]
        if form == "json_schema":
            schema = {"name": kind.__name__.lower(), "strict": True, "schema": portable_schema(kind)}
            arguments["response_format"] = {"type": form, "json_schema": schema}
        elif form == "json_object":
            arguments["response_format"] = {"type": form}
        return {**arguments, "model": self.settings.model, self._limit_parameter: self.settings.max_tokens}

    def _parameters(self) -> tuple[object, ...]:
        return self._form, self._limit_parameter, frozenset(self._omitted)

    def _adapt(self, said: str) -> bool:
        """Omit what the endpoint just refused; False if nothing is left to omit."""
        for name in ("temperature", "seed"):
            if name not in self._omitted and re.search(rf"\b{name}\b", said):
                log.warning("%s does not support %s; answers may differ between runs.", self.settings.model, name)
                self._omitted.add(name)
                return True
        if self._limit_parameter == "max_tokens" and "max_completion_tokens" in said:
            self._limit_parameter = "max_completion_tokens"
            return True
        if self._form + 1 < len(_RESPONSE_FORMATS):
            before, after = _RESPONSE_FORMATS[self._form], _RESPONSE_FORMATS[self._form + 1]
            log.info("%s refuses %s (%s); using %s.", self.settings.model, before, said, after)
            self._form += 1
            return True
        return False

    def _content(self, body: bytes, messages: list[Any]) -> str:
        """The text of a response. Raises ContextExceeded if something was truncated, NoAnswer if there is none."""
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError:
            raise NoAnswer("the response is not in the OpenAI chat format") from None
        read, written = completion.usage.prompt_tokens, completion.usage.completion_tokens
        with self._lock:
            self.usage += Usage(read, written, 1)
        expected = sum(estimate_tokens(_text_of(message["content"])) for message in messages)
        if 0 < read < _MIN_READ * expected:
            raise ContextExceeded(f"the endpoint has read {read} of about {expected} tokens: its context is too short")
        if not completion.choices:
            raise NoAnswer(f"the answer is empty ({sanitize(str(completion.error))})")
        choice = completion.choices[0]
        if choice.finish_reason == "length":
            raise ContextExceeded(f"the answer was cut off after {written or self.settings.max_tokens} tokens")
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise NoAnswer(f"the model refuses to answer ({sanitize(choice.message.refusal or 'content filter')})")
        if not choice.message.content:
            raise NoAnswer("the answer is empty")
        return choice.message.content

    def _refused(self, error: APIStatusError) -> ServiceError:
        host = urlsplit(self.settings.base_url).hostname
        if error.status_code == 404:
            return ServiceError(
                f"{host} has no model {self.settings.model!r}, or no chat API at this URL",
                where=self.settings.base_url,
                do="Correct the options model or base_url (usually ending in /v1)",
            )
        return ServiceError(
            f"{host} rejects the API key ({error.status_code})",
            do=f"Set the right one in the environment variable {self.key_variable}",
        )

    def _said(self, error: APIStatusError) -> str:
        """The endpoint's error message, without the API key in case it is repeated."""
        body = error.body
        words = body.get("message") if isinstance(body, Mapping) else body
        param = body.get("param") if isinstance(body, Mapping) else None
        text = words if isinstance(words, str) else json.dumps(words)
        key = os.environ.get(self.key_variable)
        text = text.replace(key, "***") if key else text
        return sanitize(f"{param}: {text}" if param else text)


def is_local(base_url: str) -> bool:
    """Whether a server runs on this machine."""
    return urlsplit(base_url).hostname in _LOCAL


def _picture(jpeg: bytes) -> dict[str, Any]:
    """An image as part of a message."""
    address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": address}}


def _text_of(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def api_key(base_url: str, variable: str) -> str:
    """The API key from the environment; local servers need none. Raises ConfigError."""
    key = os.environ.get(variable, "").strip()
    local = is_local(base_url)
    if not key and not local:
        raise ConfigError(
            f"no API key for {urlsplit(base_url).hostname}: the environment variable named by api_key_env is not set",
            do="Set it, for example: export OPENAI_API_KEY=..., or point base_url at your own server",
        )
    if key and not local and urlsplit(base_url).scheme != "https":
        log.warning("The API key is sent unencrypted to %s. Use https if possible.", base_url)
    return key or "none"
