"""Who may ask the studio for anything: the browser that was started with its launch URL, from its own pages.

Any web page can send requests to a server on this machine, so each request must carry the cookie that the token of the
launch URL was exchanged for, name this server as its host (which stops DNS rebinding), and come from this origin.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset({"GET", "HEAD"})
_METHODS = _SAFE | {"POST", "PUT", "DELETE"}
_MOST_BODY = 2_000_000  # bytes, except where a video is received
_RECEIVES_VIDEO = "/sources/"


class Refused(Exception):
    """A request that is not answered, with its status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class TooLarge(Exception):
    """A body that is longer than it may be."""


class Guard:
    """Wraps an application; answers what may not be asked by itself, and sets the headers of everything else."""

    def __init__(self, app: ASGIApp, port: int, token: str = "") -> None:
        self.app, self.port = app, port
        self.token = token or secrets.token_urlsafe(32)
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self.cookie = f"clipy_studio_{port}"

    @property
    def launch_url(self) -> str:
        """The address to open: it holds the token, so it is a secret."""
        return f"http://127.0.0.1:{self.port}/?{urlencode({'token': self.token})}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here
        sender = _with_headers(send)
        try:
            if self._exchanges_token(scope):
                await self._welcome(scope, receive, sender)
                return
            self._check(scope)
            await self.app(scope, _limited(scope, receive), sender)
        except Refused as refused:
            await PlainTextResponse(refused.why + "\n", refused.status)(scope, receive, sender)
        except TooLarge:
            await PlainTextResponse("the request is too large\n", 413)(scope, receive, sender)

    def _exchanges_token(self, scope: Scope) -> bool:
        """Whether this is the launch URL, with the right token."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not given:
            return False
        self._check_host(Headers(scope=scope))
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def _welcome(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = RedirectResponse("/", 303)
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        await response(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers)
        if scope["method"] not in _METHODS:
            raise Refused(405, "this method is not allowed")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "")
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            raise Refused(403, "requests from other sites are refused")
        if site not in {"", "same-origin", "none"}:
            raise Refused(403, "requests from other sites are refused")
        if scope["method"] not in _SAFE and origin is None and site != "same-origin":
            raise Refused(403, "changes must come from the studio's own page")
        if not self._has_cookie(headers):
            raise Refused(401, "open the address that clipy studio printed: it holds the token")

    def _check_host(self, headers: Headers) -> None:
        if headers.get("host", "") not in self.hosts or len(headers.getlist("host")) != 1:
            raise Refused(400, "this server is known by another name")

    def _has_cookie(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self.cookie)
        return found is not None and hmac.compare_digest(found.value.encode(), self.token.encode())


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sender


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Count what is received; a declared length that is too large is refused before anything is read."""
    if scope["path"].startswith(_RECEIVES_VIDEO):
        return receive  # streamed to disk, which has a limit of its own
    declared = Headers(scope=scope).get("content-length", "0")
    if not declared.isdecimal() or int(declared) > _MOST_BODY:
        raise TooLarge
    read = 0

    async def receiver() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > _MOST_BODY:
            raise TooLarge
        return message

    return receiver
