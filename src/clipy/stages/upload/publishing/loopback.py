"""Receives the redirect of a login page: a web server on this machine for a single request (RFC 8252, 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from clipy.errors import LoginNeeded
from clipy.stages.upload.publishing.secrets import redact

_PAGE = b"<!doctype html><meta charset=utf-8><title>clipy</title><p>Login complete. You can close this page."
_TIMEOUT = 300.0  # seconds


class LoopbackServer:
    """Listens only on 127.0.0.1, on a free port, while the ``with`` block runs."""

    def __init__(self, path: str) -> None:
        self._answer: dict[str, str] = {}
        self._server = HTTPServer(("127.0.0.1", 0), self._handler(path))
        self.redirect_uri = f"http://127.0.0.1:{self._server.server_port}{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait_for_code(self, state: str, timeout: float = _TIMEOUT) -> str:
        """Wait for the browser. Raises LoginNeeded for an error, a foreign answer, or a timeout (seconds)."""
        deadline = time.monotonic() + timeout
        while not self._answer and time.monotonic() < deadline:
            self._server.timeout = max(0.0, deadline - time.monotonic())
            self._server.handle_request()
        if not self._answer:
            raise LoginNeeded(
                "no answer from the browser", do="Log in again; use --no-browser if the browser is on another machine"
            )
        return extract_code(self._answer, state)

    def _handler(self, path: str) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = _parse_query(parts.query)
                accepted = parts.path == path and ("code" in query or "error" in query)
                if accepted:
                    answer.update(query)
                self.send_response(200 if accepted else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(_PAGE if accepted else b"")

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is http.server's
                """Log nothing: the line would contain the code."""

        return Handler


def code_from_url(text: str, state: str) -> str:
    """The code in a URL copied from the browser's address bar."""
    return extract_code(_parse_query(urlsplit(text.strip()).query), state)


def extract_code(answer: dict[str, str], state: str) -> str:
    """The code of an answer with the right ``state``. Raises LoginNeeded."""
    if "error" in answer:
        reason = answer.get("error_description") or answer["error"]
        raise LoginNeeded(f"the login was denied ({redact(reason)})", do="Log in again")
    if answer.get("state") != state or "code" not in answer:
        raise LoginNeeded("the answer does not belong to this login", do="Log in again, and use only its own page")
    return answer["code"]


def _parse_query(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
