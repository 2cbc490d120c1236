"""The only thing that talks to a language model: one question in, one checked answer out.

Any endpoint of the OpenAI chat protocol serves (OpenAI, Ollama, llama.cpp, vLLM, OpenRouter, ...). They differ in what
they take: a question is asked with a JSON schema first, then with "any JSON", then as plain text, and with what an
endpoint refuses (a temperature, a seed) left out. What it took is remembered. The SDK repeats what failed in passing
(429, 5xx, time-outs), with growing waits, or those that the server asks for.
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

from clipy.chat.answers import cleaned, parsed, schema_of
from clipy.chat.tokens import estimate
from clipy.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

_FORMS = ("json_schema", "json_object", "text")
_SEEN = 0.7  # of the estimated tokens: a server that counts fewer has not read all (measured: 0.85 to 1.2)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_TOO_LONG = re.compile(r"context.{0,20}(length|size|window)|too long|exceeds?.{0,40}(context|tokens)", re.IGNORECASE)
_QUOTED = 8_000  # letters of a wrong answer that are shown to who gave it
_REPAIR = "That was not what was asked: {problem}. Answer again, with the corrected JSON object and nothing else."


class Lost(Exception):
    """A question got no usable answer. Others may."""


class TooMuch(Exception):
    """The endpoint could not read the whole question, or not finish the answer. A shorter question may do."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written, as the endpoint counts them, and how many requests that took."""

    read: int = 0
    written: int = 0
    requests: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.read + other.read, self.written + other.written, self.requests + other.requests)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of which endpoint: all that decides an answer besides the question."""

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
    """What is read of an answer; endpoints differ in all the rest."""

    choices: list[_Choice] = []
    usage: _Counted = _Counted()
    error: object = None  # some endpoints report an error as a success


@dataclass
class Chat:
    """A conversation partner. Holds the key for as long as it lives; nothing else ever sees it.

    ``usage`` is all that was paid so far, useful or not. Several threads may ask at once.
    """

    terms: Terms
    key_variable: str
    timeout: float
    retries: int
    usage: Usage = Usage()
    _client: OpenAI | None = None
    _form: int = 0
    _limit_name: str = "max_tokens"
    _left_out: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def tokens(self) -> int:
        """Read and written so far."""
        return self.usage.read + self.usage.written

    def __enter__(self) -> Self:
        from openai import OpenAI

        from clipy.chat.deadline import DeadlineClient

        self._client = OpenAI(
            api_key=key_for(self.terms.base_url, self.key_variable),
            base_url=self.terms.base_url,
            max_retries=self.retries,
            timeout=self.timeout,
            http_client=DeadlineClient(self.timeout),
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._client is not None:
            self._client.close()

    def ask(self, system: str, user: str, kind: type[BaseModel], shown: range, pictures: Sequence[bytes] = ()) -> str:
        """A checked answer as JSON text; asked once more when the first is not of ``kind``.

        ``pictures`` are JPEG files that a model which sees is shown after ``user``, in order.

        Raises Lost, TooMuch, or ServiceError when asking on makes no sense.
        """
        said = [{"type": "text", "text": user}, *map(_picture, pictures)] if pictures else user
        messages: list[Any] = [{"role": "system", "content": system}, {"role": "user", "content": said}]
        text = self._complete(messages, kind)
        try:
            return parsed(text, kind, shown).model_dump_json()
        except ValueError as problem:
            log.info("the answer of %s is not what was asked (%s): asked again", self.terms.model, problem)
            repair = _REPAIR.format(problem=problem)
        messages += [{"role": "assistant", "content": text[:_QUOTED]}, {"role": "user", "content": repair}]
        try:
            return parsed(self._complete(messages, kind), kind, shown).model_dump_json()
        except ValueError as problem:
            raise Lost(f"the answer is not what was asked, nor is its repair: {problem}") from None

    def _complete(self, messages: list[Any], kind: type[BaseModel]) -> str:
        """One answer as text, with whatever terms the endpoint takes."""
        while (body := self._send(messages, kind)) is None:
            log.debug("asked again on other terms")
        return self._content(body, messages)

    def _send(self, messages: list[Any], kind: type[BaseModel]) -> bytes | None:
        """The endpoint's answer; None when it refused the terms, and others are left to try."""
        import openai

        if self._client is None:
            raise RuntimeError("a chat is used as a context manager")
        with self._lock:
            arguments, terms = self._arguments(kind), self._terms_now()
        try:
            raw = self._client.chat.completions.with_raw_response.create(messages=messages, **arguments)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            said = self._said(error)
            if _TOO_LONG.search(said):
                raise TooMuch(f"the endpoint refuses the question as too long ({said})") from None
            with self._lock:  # another question may have been refused for the same reason, and given way
                if terms == self._terms_now() and not self._gives_way(said):
                    raise Lost(f"the endpoint refuses the question ({said})") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
            raise self._refused(error) from None
        except openai.APIStatusError as error:
            raise Lost(f"the endpoint answers {error.status_code} ({self._said(error)})") from None
        except openai.APITimeoutError:
            raise Lost(f"no whole answer came within {self.timeout:g} s") from None
        except openai.APIConnectionError as error:
            raise Lost(f"the endpoint cannot be reached ({cleaned(str(error.__cause__ or error))})") from None
        else:
            return raw.content
        return None

    def _arguments(self, kind: type[BaseModel]) -> dict[str, Any]:
        optional = {"temperature": self.terms.temperature, "seed": self.terms.seed}
        arguments: dict[str, Any] = {name: value for name, value in optional.items() if name not in self._left_out}
        form = _FORMS[self._form]
        if form == "json_schema":
            schema = {"name": kind.__name__.lower(), "strict": True, "schema": schema_of(kind)}
            arguments["response_format"] = {"type": form, "json_schema": schema}
        elif form == "json_object":
            arguments["response_format"] = {"type": form}
        return {**arguments, "model": self.terms.model, self._limit_name: self.terms.max_tokens}

    def _terms_now(self) -> tuple[object, ...]:
        return self._form, self._limit_name, frozenset(self._left_out)

    def _gives_way(self, said: str) -> bool:
        """Leave out what the endpoint just refused; whether there was anything to leave out."""
        for name in ("temperature", "seed"):
            if name not in self._left_out and re.search(rf"\b{name}\b", said):
                log.warning("%s takes no %s: answers may differ from run to run", self.terms.model, name)
                self._left_out.add(name)
                return True
        if self._limit_name == "max_tokens" and "max_completion_tokens" in said:
            self._limit_name = "max_completion_tokens"
            return True
        if self._form + 1 < len(_FORMS):
            before, after = _FORMS[self._form], _FORMS[self._form + 1]
            log.info("%s refuses %s (%s): asked as %s", self.terms.model, before, said, after)
            self._form += 1
            return True
        return False

    def _content(self, body: bytes, messages: list[Any]) -> str:
        """The text of an answer. Raises TooMuch when something was cut off, Lost when there is none."""
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError:
            raise Lost("the answer is not of the OpenAI chat protocol") from None
        read, written = completion.usage.prompt_tokens, completion.usage.completion_tokens
        with self._lock:
            self.usage += Usage(read, written, 1)
        expected = sum(estimate(_text_of(message["content"])) for message in messages)
        if 0 < read < _SEEN * expected:
            raise TooMuch(f"the endpoint has read {read} of about {expected} tokens: its context is shorter")
        if not completion.choices:
            raise Lost(f"the answer is empty ({cleaned(str(completion.error))})")
        choice = completion.choices[0]
        if choice.finish_reason == "length":
            raise TooMuch(f"the answer was cut off after {written or self.terms.max_tokens} tokens")
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise Lost(f"the model refuses to answer ({cleaned(choice.message.refusal or 'content filter')})")
        if not choice.message.content:
            raise Lost("the answer is empty")
        return choice.message.content

    def _refused(self, error: APIStatusError) -> ServiceError:
        host = urlsplit(self.terms.base_url).hostname
        if error.status_code == 404:
            return ServiceError(
                f"{host} knows no model {self.terms.model!r}, or no chat at this address",
                where=self.terms.base_url,
                do="Correct the options model or base_url (it ends in /v1 for most)",
            )
        return ServiceError(
            f"{host} refuses the key ({error.status_code})",
            do=f"Put the right one into the environment variable {self.key_variable}",
        )

    def _said(self, error: APIStatusError) -> str:
        """What the endpoint says is wrong, without the key, should it repeat that."""
        body = error.body
        words = body.get("message") if isinstance(body, Mapping) else body
        param = body.get("param") if isinstance(body, Mapping) else None
        text = words if isinstance(words, str) else json.dumps(words)
        key = os.environ.get(self.key_variable)
        text = text.replace(key, "***") if key else text
        return cleaned(f"{param}: {text}" if param else text)


def is_local(base_url: str) -> bool:
    """Whether a server is on this machine."""
    return urlsplit(base_url).hostname in _LOCAL


def _picture(jpeg: bytes) -> dict[str, Any]:
    """A picture as part of a message."""
    address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": address}}


def _text_of(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def key_for(base_url: str, variable: str) -> str:
    """The key from the environment; a server on this machine needs none. Raises ConfigError."""
    key = os.environ.get(variable, "").strip()
    local = is_local(base_url)
    if not key and not local:
        raise ConfigError(
            f"there is no key for {urlsplit(base_url).hostname}: the environment variable that the"
            " option api_key_env names is not set",
            do="Set it, for example: export OPENAI_API_KEY=..., or point base_url at a server of your own",
        )
    if key and not local and urlsplit(base_url).scheme != "https":
        log.warning("the key travels unencrypted to %s: use an https address where there is one", base_url)
    return key or "none"
