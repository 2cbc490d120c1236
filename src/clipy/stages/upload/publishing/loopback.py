"""Catch the answer of a login page: a web server on this machine that takes one answer (RFC 8252, 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from clipy.errors import LoginNeeded
from clipy.stages.upload.publishing.secrets import redact

_PAGE = b"<!doctype html><meta charset=utf-8><title>clipy</title><p>clipy has its answer. You can close this page."
_PATIENCE = 300.0  # seconds


class Loopback:
    """Listens on 127.0.0.1 only, on a port of its own choice, for as long as the block runs."""

    def __init__(self, path: str) -> None:
        self._answer: dict[str, str] = {}
        self._server = HTTPServer(("127.0.0.1", 0), self._handler(path))
        self.redirect = f"http://127.0.0.1:{self._server.server_port}{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def code(self, state: str, patience: float = _PATIENCE) -> str:
        """Wait for the browser. Raises LoginNeeded when it brings an error, somebody else's answer, or nothing."""
        until = time.monotonic() + patience
        while not self._answer and time.monotonic() < until:
            self._server.timeout = max(0.0, until - time.monotonic())
            self._server.handle_request()
        if not self._answer:
            raise LoginNeeded(
                "no answer came from the browser", do="Log in again, with --no-browser on a remote machine"
            )
        return code_in(self._answer, state)

    def _handler(self, path: str) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                found = _flat(parts.query)
                ours = parts.path == path and ("code" in found or "error" in found)
                if ours:
                    answer.update(found)
                self.send_response(200 if ours else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(_PAGE if ours else b"")

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is http.server's
                """Say nothing: the line would hold the code."""

        return Handler


def pasted(text: str, state: str) -> str:
    """The code out of the address that a person copied from the browser's address bar."""
    return code_in(_flat(urlsplit(text.strip()).query), state)


def code_in(answer: dict[str, str], state: str) -> str:
    """The code of an answer that is really ours. Raises LoginNeeded."""
    if "error" in answer:
        why = answer.get("error_description") or answer["error"]
        raise LoginNeeded(f"the login was not allowed ({redact(why)})", do="Log in again")
    if answer.get("state") != state or "code" not in answer:
        raise LoginNeeded("the answer does not belong to this login", do="Log in again, and use only its own page")
    return answer["code"]


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
