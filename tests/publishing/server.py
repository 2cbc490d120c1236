"""A web server on this machine that speaks a platform's protocol strictly, and can be told to break at any request."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.serving import Handler, Serving


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    drop before   the connection breaks before anything is read
    drop within   it breaks after ``amount`` bytes of the body
    lost reply    everything is done, and the answer never comes
    error before  status ``amount``, and nothing is done
    error after   everything is done, and then status ``amount``
    busy          429 with Retry-After, and nothing is done
    echo          status ``amount``, and a message that repeats the whole request, secrets included
    kill before   the program at the other end (``victim``) is killed, and nothing is done
    kill after    everything is done, and then it is killed

    Every other kind is for the platform's own ``handle``.
    """

    kind: str
    amount: int = 0


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. ``broken``: the connection ended inside the body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    broken: bool
    fault: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body or b"{}")
        assert isinstance(found, dict)
        return found

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(status: int, document: object = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if document is None:
        return Answer(status, named)
    return Answer(status, {"Content-Type": "application/json", **named}, json.dumps(document).encode())


class Wrong(Exception):
    """A request that a strict server does not take; becomes ``reply``."""

    def __init__(self, reply: Answer) -> None:
        super().__init__(reply.body)
        self.reply = reply


class LocalServer(Serving):
    """Listens on 127.0.0.1. A subclass says what its platform does in ``handle`` and forgets it all in ``reset``."""

    def __init__(self) -> None:
        self.faults: dict[int, Fault] = {}
        self.transcript: list[tuple[str, str, Mapping[str, str], int]] = []  # method, target, headers, status
        self.victim: subprocess.Popen[str] | None = None
        self.posts: list[bytes] = []  # the bytes of everything that became public
        self._count = self._active = 0
        self._guard = threading.Lock()
        super().__init__(self._handler())
        self.url = self.origin
        self.reset()

    def handle(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything; the next request is number 0."""
        self.faults, self._count = {}, 0
        self.transcript.clear()
        self.posts.clear()

    def quiet(self) -> None:
        """Wait until every request that arrived is dealt with."""
        until = time.monotonic() + 5
        while self._active and time.monotonic() < until:
            time.sleep(0.001)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Answering(Handler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 1 << 16

            def handle_any(self) -> None:
                with server._guard:
                    server._active += 1
                try:
                    self._answer()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True
                finally:
                    with server._guard:
                        server._active -= 1

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def _answer(self) -> None:
                with server._guard:
                    fault = server.faults.pop(server._count, Fault(""))
                    server._count += 1
                if fault.kind == "drop before":
                    self._drop()
                    return
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(min(length, fault.amount) if fault.kind == "drop within" else length)
                broken = len(body) < length
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, query, headers, body, broken, fault.kind)
                reply = server._reply(asked, fault)
                server.transcript.append((self.command, self.path, headers, reply.status))
                if broken or fault.kind == "lost reply":
                    self._drop()
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                self.wfile.flush()

            def _drop(self) -> None:
                self.close_connection = True
                try:
                    self.connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    self.close_connection = True  # the client was faster

        return Answering

    def _kill(self) -> Answer:
        """What nothing can be done against: SIGKILL, or its like."""
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()
        return answer(500)

    def _reply(self, asked: Asked, fault: Fault) -> Answer:
        if fault.kind == "busy":
            return answer(429, {"error": {"code": "rate_limit_exceeded"}}, Retry_After="0")
        if fault.kind == "error before":
            return answer(fault.amount)
        if fault.kind == "echo":
            said = f"{asked.path} {asked.query} {asked.headers} {asked.body[:500]!r}"
            return answer(fault.amount, {"error": {"code": 100, "message": said, "errors": [{"reason": "echo"}]}})
        if fault.kind == "kill before":
            return self._kill()
        with self._guard:
            try:
                reply = self.handle(asked)
            except Wrong as error:
                reply = error.reply
        if fault.kind == "kill after":
            return self._kill()
        return answer(fault.amount) if fault.kind == "error after" else reply
