"""A strict server of OpenAI's speech protocol, in this process: it refuses what real ones refuse, and fails as they do.

It answers with those of the true words that lie in the sound it was really sent, as OpenAI writes them: words without
punctuation beside segments with it. ``faults`` are used up one for each request before it answers normally.
"""

from __future__ import annotations

import io
import json
import wave
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from fixtures.serving import Handler, Serving
from fixtures.speech import Speech

KEY = "sk-test-7d793037a0760186"
_LIMIT = 25_000_000
_KNOWN = {"file", "model", "response_format", "temperature", "language", "prompt", "timestamp_granularities[]"}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


class SpeechServer(Serving):
    """Serves on 127.0.0.1 for as long as a ``with`` block runs."""

    def __init__(self, speech: Speech, *, form: str = "openai") -> None:
        self.speech, self.form = speech, form
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, list[bytes]]] = []
        self.seconds = 0.0  # of sound received so far
        outer = self

        class Listening(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.faults:
                    fault = outer.faults.popleft()
                    if fault.hang_up:
                        self.close_connection = True
                        return
                    self._answer(fault.status, fault.body, fault.headers)
                    return
                status, found = outer.heard(self.path, self.headers, body)
                self._answer(status, json.dumps(found).encode(), {})

            def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Listening)
        self.url = f"{self.origin}/v1"

    def heard(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """The answer to one request."""
        if path != "/v1/audio/transcriptions":
            return 404, _error(f"unknown path {path}")
        if headers["Authorization"] != f"Bearer {KEY}":
            return 401, _error(f"Incorrect API key provided: {headers['Authorization']}")
        fields = _fields(headers["Content-Type"], body)
        self.requests.append(fields)
        if extra := set(fields) - _KNOWN:
            return 400, _error(f"unknown fields {sorted(extra)}")
        if fields["model"] != [b"whisper-1"]:
            return 404, _error("no such model")
        if fields["response_format"] != [b"verbose_json"] or b"word" not in fields["timestamp_granularities[]"]:
            return 400, _error("no word times were asked for")
        if len(fields["file"][0]) > _LIMIT:
            return 413, _error("Maximum content size limit (26214400) exceeded")
        with wave.open(io.BytesIO(fields["file"][0])) as sound:
            if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, 16_000):
                return 400, _error("Invalid file format.")
            length = sound.getnframes() / sound.getframerate()
        begin, self.seconds = self.seconds, self.seconds + length
        return 200, self._answer(begin, begin + length)

    def _answer(self, begin: float, end: float) -> dict[str, Any]:
        inside = [
            {"word": text, "start": round(start - begin, 2), "end": round(until - begin, 2)}
            for (text, start), until in zip(self.speech.words, self.speech.ends, strict=True)
            if begin <= start < end
        ]
        text = " ".join(f"{word['word']}," if n % 8 == 7 else str(word["word"]) for n, word in enumerate(inside))
        segment = {
            "id": 0,
            "start": inside[0]["start"],
            "end": inside[-1]["end"],
            "text": f" {text}.",
            "avg_logprob": -0.2,
            "compression_ratio": 1.4,
            "no_speech_prob": 0.01,
        }
        if self.form == "nested":
            return {"text": text, "language": "en", "segments": [{**segment, "words": inside}]}
        if self.form == "segments":
            return {"text": text, "language": "english", "segments": [segment]}
        if self.form == "text":
            return {"text": text}
        return {"text": text, "language": "english", "duration": end - begin, "segments": [segment], "words": inside}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error"}}


def _fields(kind: str, body: bytes) -> dict[str, list[bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    found: dict[str, list[bytes]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found.setdefault(name, []).append(payload)
    return found
