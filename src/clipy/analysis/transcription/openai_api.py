"""Speech -> words with times, by any endpoint of OpenAI's speech protocol: OpenAI, Groq, speaches, whisper.cpp, ..."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import wave
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar
from urllib.parse import urlsplit

import numpy as np
from pydantic import Field, ValidationError, field_validator

from clipy.analysis.audio.speech import RATE, Window
from clipy.analysis.transcription.whisper.api_responses import Answer
from clipy.analysis.transcription.whisper.decoding import AsrSegment
from clipy.analysis.transcription.whisper.transcriber import WhisperTranscriber
from clipy.context import Context
from clipy.errors import ConfigError, ServiceError
from clipy.types import Seconds

log = logging.getLogger(__name__)

_LARGEST = 32 << 20  # bytes of an answer
_LONGEST_PAUSE = 60.0
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAiApi(WhisperTranscriber):
    """Sends the sound to an endpoint, in pieces that are cut in silences and smaller than its limit of 25 MB.

    The key comes from the environment, goes to no other host and into no log. What failed in passing (429, 5xx, a
    broken connection) is repeated with growing pauses, or those that the server asks for. Each piece is in the language
    that the endpoint hears in it; with ``multilingual = false``, in that of the first.
    """

    version: ClassVar[int] = 2
    retries_unheard = False  # every second of sound is paid for

    class Options(WhisperTranscriber.Options):
        base_url: str = Field("https://api.openai.com/v1", description="Address of the endpoint.")
        model: str = Field(
            "whisper-1", min_length=1, description="Name of a model that gives word times, as the endpoint knows it."
        )
        api_key_env: str = Field(
            "OPENAI_API_KEY", min_length=1, description="Environment variable that holds the key; never the key itself."
        )
        piece: float = Field(600, ge=30, le=750, description="Longest piece that is sent at once, in seconds.")
        timeout: float = Field(300, gt=0, le=3600, description="Longest wait for one answer, in seconds.")
        retries: int = Field(4, ge=0, le=20, description="How often a request is repeated that failed in passing.")

        @field_validator("base_url")
        @classmethod
        def _is_an_address_without_secrets(cls, value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be an address such as http://localhost:8000/v1")
            if parts.username or parts.password or parts.query or parts.fragment:
                raise ValueError("must hold no key: name the environment variable that does in api_key_env")
            return value.rstrip("/")

    options: Options

    def longest_window(self) -> Seconds:
        return Fraction(self.options.piece)

    def languages(self, window: Window, ctx: Context) -> Mapping[str, float]:
        return {}

    def segments(self, window: Window, language: str | None, ctx: Context) -> Iterator[AsrSegment]:
        fields: dict[str, str | list[str]] = {
            "model": self.options.model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "temperature": "0",
        }
        if language:
            fields["language"] = language
        if self.prompt:
            fields["prompt"] = self.prompt
        answer = self._read(self._ask(fields, _wav(window)))
        if answer.text.strip() and not (answer.segments or answer.words):
            raise ServiceError(
                f"{self._host} gives no times", do="Choose a model that does, such as whisper-1, with transcribe.model"
            )
        yield from answer.said()

    @property
    def _host(self) -> str:
        return urlsplit(self.options.base_url).netloc

    def _read(self, body: bytes) -> Answer:
        try:
            return Answer.model_validate(json.loads(body))
        except (ValueError, ValidationError, RecursionError) as error:
            raise ServiceError(
                f"{self._host} does not answer as a speech endpoint does ({type(error).__name__})",
                do="Check base_url and model: clipy backends transcribe",
            ) from None

    def _ask(self, fields: dict[str, str | list[str]], sound: bytes) -> bytes:
        """Send a piece of sound until it is answered. Raises ServiceError when it never is."""
        import httpx2

        key = _key(self.options.base_url, self.options.api_key_env)
        problem = ""
        for attempt in range(self.options.retries + 1):
            try:
                status, headers, body = self._once(fields, sound, key)
            except httpx2.TransportError as error:
                problem, asked = f"the connection broke ({type(error).__name__})", 0.0
            else:
                if status < 300:
                    return body
                problem, asked = f"it answers {status}{_reason(body, key)}", _wait(headers.get("retry-after", ""))
                if status not in (408, 409, 429) and status < 500:
                    raise ServiceError(f"{self._host} refuses the sound: {problem}", do=self._advice(status))
            if attempt < self.options.retries:
                pause = min(_LONGEST_PAUSE, max(asked, 0.5 * 2**attempt))
                log.warning("%s: %s; trying again in %.1f s", self._host, problem, pause)
                time.sleep(pause)
        raise ServiceError(f"{self._host} did not transcribe the sound: {problem}", do="Try again later")

    def _once(self, fields: dict[str, str | list[str]], sound: bytes, key: str) -> tuple[int, dict[str, str], bytes]:
        """One request; its whole answer must be there in time."""
        import httpx2

        until = time.monotonic() + self.options.timeout
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limit = httpx2.Timeout(self.options.timeout, connect=min(self.options.timeout, 15))
        with httpx2.stream(
            "POST",
            f"{self.options.base_url}/audio/transcriptions",
            headers=headers,
            data=fields,
            files={"file": ("sound.wav", sound, "audio/wav")},
            timeout=limit,
        ) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if time.monotonic() > until or len(body) > _LARGEST:
                    raise httpx2.ReadTimeout("the answer has no end", request=response.request)
            return response.status_code, {name.lower(): text for name, text in response.headers.items()}, bytes(body)

    def _advice(self, status: int) -> str:
        if status in (401, 403):
            return f"Put a key that it takes into the environment variable {self.options.api_key_env}"
        if status == 413:
            return "Send smaller pieces with transcribe.piece"
        return "Check base_url and model: clipy backends transcribe"


def _wav(window: Window) -> bytes:
    """The sound as a .wav file of 16 bits: what every endpoint reads."""
    samples = np.clip(np.rint(window.samples * 32767), -32768, 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def _key(url: str, variable: str) -> str:
    """The key for an endpoint. One on this machine may need none; any other gets it over https only."""
    key, parts = os.environ.get(variable, "").strip(), urlsplit(url)
    if parts.hostname in _LOCAL:
        return key
    if not key:
        raise ConfigError(f"the environment variable {variable} holds no key for {parts.netloc}", do="Set it")
    if parts.scheme != "https":
        raise ConfigError("a key is only sent over https", where=url, do="Correct transcribe.base_url")
    return key


def _reason(body: bytes, key: str) -> str:
    """What the server says about a failure, in one line and without the key."""
    try:
        found = json.loads(body)
        message = found["error"]["message"] if isinstance(found["error"], dict) else found["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    text = " ".join(str(message).split())[:300]
    return f" ({text.replace(key, '***') if key else text})"


def _wait(text: str) -> float:
    """Seconds of a ``Retry-After`` that is a number; a date is answered with our own pauses."""
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
