"""HTTP for uploaders: streamed bodies, pauses between retries, one renewal of a permission, and no secret in an error.

Only what can be repeated without harm is repeated here. Everything else raises ``Interrupted``, and the uploader asks
the platform how far it got before it goes on.
"""

from __future__ import annotations

import email.utils
import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clipy.errors import ConfigError, UploadRefused
from clipy.stages.upload.publishing.secrets import guard_logs, redact
from clipy.types import Json

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

_PIECE = 1 << 18  # bytes read from the file at a time: all that is ever held of it
_LONGEST_PAUSE = 120.0
_TIMEOUTS = {"connect": 15.0, "read": 120.0, "write": 120.0, "pool": 15.0}
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Interrupted(Exception):
    """A call ended without a clear answer: the connection broke, or the platform was busy. It may have been done.

    ``retry_after`` is what the platform asked to wait, in seconds. ``rate`` says that it was a limit on calls.
    """

    def __init__(self, what: str, *, retry_after: float = 0.0, rate: bool = False) -> None:
        super().__init__(redact(what))
        self.retry_after, self.rate = retry_after, rate


class Denied(Exception):
    """The platform does not take the permission (401), and renewing it did not help. The call was not carried out."""


@dataclass(frozen=True)
class Reply:
    """What the platform answered. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Json]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        """The start of the body for an error message, without secrets."""
        return redact(self.body[:300].decode("utf-8", "replace")).strip()


@dataclass(frozen=True)
class Part:
    """The bytes ``[start, end)`` of a file as a body that is read while it is sent. ``sent`` hears each new offset."""

    path: Path
    start: int
    end: int
    sent: Callable[[int], None] | None = None

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            offset = self.start
            while offset < self.end:
                piece = file.read(min(_PIECE, self.end - offset))
                if not piece:
                    raise UploadRefused("the file became shorter while it was sent", where=self.path, do="Run again")
                yield piece
                offset += len(piece)
                if self.sent is not None:
                    self.sent(offset)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Body:
    """Several pieces as one body."""

    pieces: tuple[bytes | Part, ...]

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            yield from (piece,) if isinstance(piece, bytes) else piece

    def __len__(self) -> int:
        return sum(len(piece) for piece in self.pieces)


Content = Part | Body | bytes | None
Headers = Callable[[], Mapping[str, str]]


@dataclass
class Patience:
    """How long to wait between tries, and how often to try before a person is told."""

    tries: int = 6
    first: float = 1.0
    pause: Callable[[float], None] = time.sleep

    def wait(self, failures: int, asked: float = 0.0) -> None:
        """Pause before the next try: what the platform asked for, else twice as long as the last time, spread out."""
        longest = min(self.first * 2 ** (failures - 1), _LONGEST_PAUSE)
        self.pause(max(asked, random.uniform(longest / 2, longest)))  # noqa: S311 - spreads load, guards nothing


@dataclass
class Http:
    """Calls to one platform. ``permission`` gives the headers that prove who calls; ``renew`` makes a new one."""

    platform: str
    permission: Headers = dict
    renew: Callable[[], bool] = lambda: False
    patience: Patience = field(default_factory=Patience)
    _client: httpx2.Client | None = field(default=None, repr=False)

    def read(self, method: str, url: str, **call: Json) -> Reply:
        """A call that changes nothing, repeated until it is answered. Raises Interrupted when it never is."""
        for failures in range(1, self.patience.tries):
            try:
                return self.send(method, url, **call)
            except Interrupted as error:
                if error.retry_after > _LONGEST_PAUSE:
                    raise
                log.info("%s: %s; trying again", self.platform, error)
                self.patience.wait(failures, error.retry_after)
        return self.send(method, url, **call)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        content: Content = None,
        permitted: bool = True,
    ) -> Reply:
        """One call, made once; only after a 401, which nothing was done for, it is repeated with a new permission.

        Raises Interrupted for a broken connection, 429 and 5xx, and Denied for a 401 that stays.
        """
        request = {"headers": dict(headers or {}), "params": params, "json": json, "form": form, "content": content}
        reply = self._once(method, url, permitted=permitted, **request)
        if reply.status == 401 and permitted:
            if self.renew():
                reply = self._once(method, url, permitted=permitted, **request)
            if reply.status == 401:
                raise Denied(f"{self.platform} does not take the permission: {reply.text}")
        if reply.status == 429 or reply.status >= 500:
            raise Interrupted(
                f"{self.platform} answered {reply.status}: {reply.text}",
                retry_after=_retry_after(reply.headers),
                rate=reply.status == 429,
            )
        return reply

    def close(self) -> None:
        """End all connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _once(self, method: str, url: str, *, permitted: bool, **request: Json) -> Reply:
        import httpx2

        headers = {**request["headers"], **(self.permission() if permitted else {})}
        if any(name.lower() == "authorization" for name in headers):
            _check_private(url)
        content = request["content"]
        if isinstance(content, Part | Body):
            headers["Content-Length"] = str(len(content))
            content = iter(content)
        try:
            found = self._connected().request(
                method,
                url,
                headers=headers,
                params=request["params"],
                json=request["json"],
                data=request["form"],
                content=content,
            )
        except httpx2.RequestError as error:
            raise Interrupted(f"the connection to {self.platform} broke ({type(error).__name__}: {error})") from None
        except httpx2.InvalidURL:
            raise ConfigError(f"this is no address for {self.platform}", where=redact(url)) from None
        log.debug("%s: %s %s -> %d", self.platform, method, _shown(url), found.status_code)
        return Reply(found.status_code, {key.lower(): value for key, value in found.headers.items()}, found.content)

    def _connected(self) -> httpx2.Client:
        import httpx2

        if self._client is None:
            guard_logs()
            self._client = httpx2.Client(
                verify=_trust(),
                timeout=httpx2.Timeout(**_TIMEOUTS),
                headers={"User-Agent": f"clipy/{version('clipy')}"},
            )
        return self._client


def host(url: str) -> str:
    """The host and port of an address: a permission goes only to hosts that it was given for."""
    return urlsplit(url).netloc.lower()


@cache
def _trust() -> ssl.SSLContext:
    """The certificates of the system. Loaded once: it takes a tenth of a second."""
    import httpx2

    return httpx2.create_ssl_context()


def _check_private(url: str) -> None:
    """A permission never travels in the open, except within this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise ConfigError("a permission is only sent over https", where=_shown(url), do="Correct the base URL")


def _shown(url: str) -> str:
    """An address for people: without its query, which may be a secret."""
    parts = urlsplit(url)
    return redact(f"{parts.scheme}://{parts.netloc}{parts.path}")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from ``Retry-After`` (RFC 9110, 10.2.3): a number, or a date."""
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
