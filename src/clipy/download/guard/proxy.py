"""A proxy on this machine, for one download, that connects to public addresses only.

Whatever fetches through it, redirects and names that change their address between two looks included, gets no further
than ``addresses.resolve`` allows: a name is resolved here, once for each connection, and that very address is connected
to. TLS goes through untouched. A random password keeps other users of the machine out.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from clipy.download.guard import addresses
from clipy.download.guard.addresses import Refused

_TIMEOUT = 60.0  # seconds without a byte
_BLOCK = 1 << 16
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailers",
     "transfer-encoding", "upgrade")
)  # fmt: skip
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int], socket.socket]


def _connect(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), _TIMEOUT)


class GuardedProxy:
    """``with GuardedProxy() as proxy:`` fetch through ``proxy.address``. ``refused`` are reasons, in order."""

    def __init__(self, resolve: Resolve = addresses.resolve, connect: Connect = _connect) -> None:
        self.refused: list[str] = []
        self.resolve, self.connect = resolve, connect
        self._password = secrets.token_urlsafe(24)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="clipy-proxy", daemon=True)

    @property
    def address(self) -> str:
        """For a client's proxy setting, with the password."""
        return f"http://clipy:{self._password}@127.0.0.1:{self._server.server_port}"

    def allows(self, authorization: str) -> bool:
        """Whether a ``Proxy-Authorization`` header is ours."""
        wanted = "Basic " + base64.b64encode(f"clipy:{self._password}".encode()).decode()
        return hmac.compare_digest(authorization.encode(), wanted.encode())

    def open(self, host: str, port: int) -> socket.socket:
        """A connection to a public host. Raises Refused, or OSError where it does not answer."""
        failure: OSError | None = None
        for address in self.resolve(host, port):
            try:
                return self.connect(address, port)
            except OSError as error:
                failure = error
        raise failure or OSError("no address")

    def __enter__(self) -> GuardedProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: GuardedProxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT

    def do_CONNECT(self) -> None:  # the method's name is the protocol's
        host, _, port = self.path.rpartition(":")
        remote = self._opened(host.strip("[]"), port)
        if remote is None:
            return
        with remote:
            self.send_response(200, "Connection established")
            self.end_headers()
            _tunnel(self.connection, remote)
        self.close_connection = True

    def do_GET(self) -> None:
        self._forward()

    def do_HEAD(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing: addresses can be private."""

    @property
    def _proxy(self) -> GuardedProxy:
        return cast("_Server", self.server).proxy

    def _opened(self, host: str, port: str) -> socket.socket | None:
        """A connection; None after an error response to the client."""
        if not self._proxy.allows(self.headers.get("Proxy-Authorization", "")):
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="clipy"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        try:
            return self._proxy.open(host, int(port))
        except (Refused, ValueError) as error:
            self._proxy.refused.append(str(error))
            self._fail(403, str(error))
        except OSError as error:
            self._fail(502, f"{host} does not answer ({error})")
        return None

    def _fail(self, status: int, reason: str) -> None:
        body = reason.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _forward(self) -> None:
        """A request for plain http: sent on as it came, but for what concerns this hop alone."""
        parts = urlsplit(self.path)
        remote = self._opened(parts.hostname or "", str(parts.port or 80))
        if remote is None:
            return
        self.close_connection = True
        client = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_TIMEOUT)
        client.sock = remote
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
            client.request(self.command, path, body or None, self._passed_on())
            self._answer(client.getresponse())
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.log_error("%s", error)
        finally:
            client.close()

    def _passed_on(self) -> dict[str, str]:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        return {**kept, "Connection": "close"}

    def _answer(self, reply: http.client.HTTPResponse) -> None:
        self.send_response_only(reply.status, reply.reason)
        for name, value in reply.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")  # what has no length ends with it
        self.end_headers()
        while self.command != "HEAD" and (block := reply.read(_BLOCK)):
            self.wfile.write(block)


def _tunnel(client: socket.socket, remote: socket.socket) -> None:
    """Bytes both ways until a side has no more, or neither has had any for a minute."""
    other = {client: remote, remote: client}
    with selectors.DefaultSelector() as waiting:
        for side in other:
            waiting.register(side, selectors.EVENT_READ)
        while events := waiting.select(_TIMEOUT):
            for key, _ in events:
                side = cast("socket.socket", key.fileobj)
                try:
                    block = side.recv(_BLOCK)
                    if not block:
                        return
                    other[side].sendall(block)
                except OSError:
                    return  # either side hung up; the client sees that its connection ended
