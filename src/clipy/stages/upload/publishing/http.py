"""HTTP client for uploaders: streamed bodies, backoff, token refresh, and error messages without secrets.

Only requests that are safe to repeat are retried here. For all others it raises ``Interrupted``, and the uploader asks
the platform how far it got before it continues.
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
from clipy.stages.upload.publishing.secrets import redact, redact_logs
from clipy.types import Json

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

_CHUNK_SIZE = 1 << 18  # bytes read from the file at a time: all that is ever held in memory
_MAX_PAUSE = 120.0  # seconds
_TIMEOUTS = {"connect": 15.0, "read": 120.0, "write": 120.0, "pool": 15.0}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


class Interrupted(Exception):
    """A request without a clear outcome: the connection broke or the platform was busy. It may have taken effect.

    ``retry_after``: seconds that the platform asks to wait. ``rate_limited``: it was a limit on requests.
    """

    def __init__(self, what: str, *, retry_after: float = 0.0, rate_limited: bool = False) -> None:
        super().__init__(redact(what))
        self.retry_after, self.rate_limited = retry_after, rate_limited


class Unauthorized(Exception):
    """The platform rejects the token (401), even after a refresh. The request was not carried out."""


@dataclass(frozen=True)
class Response:
    """A response of the platform. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Json]:
        """The body as a JSON object; empty if it is not one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def text(self) -> str:
        """The start of the body for error messages, without secrets."""
        return redact(self.body[:300].decode("utf-8", "replace")).strip()


@dataclass(frozen=True)
class FileSlice:
    """The bytes ``[start, end)`` of a file as a streamed body. ``on_sent`` is called with each new offset."""

    path: Path
    start: int
    end: int
    on_sent: Callable[[int], None] | None = None

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            offset = self.start
            while offset < self.end:
                chunk = file.read(min(_CHUNK_SIZE, self.end - offset))
                if not chunk:
                    raise UploadRefused("the file was truncated during the upload", where=self.path, do="Run again")
                yield chunk
                offset += len(chunk)
                if self.on_sent is not None:
                    self.on_sent(offset)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class CompositeBody:
    """Several parts as one streamed body."""

    parts: tuple[bytes | FileSlice, ...]

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            yield from (part,) if isinstance(part, bytes) else part

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)


Content = FileSlice | CompositeBody | bytes | None


@dataclass
class RetryPolicy:
    """Exponential backoff with jitter: the number of attempts, and the delay before the second one in seconds."""

    max_attempts: int = 6
    base_delay: float = 1.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, failures: int, retry_after: float = 0.0) -> None:
        """Pause before the next attempt: as long as the platform asks, or twice as long as before, with jitter."""
        delay = min(self.base_delay * 2 ** (failures - 1), _MAX_PAUSE)
        self.sleep(max(retry_after, random.uniform(delay / 2, delay)))  # noqa: S311  spreads load; not for security


@dataclass
class HttpClient:
    """Requests to one platform. ``authorization`` returns the headers with the token; ``refresh`` renews the token."""

    platform: str
    authorization: Callable[[], Mapping[str, str]] = dict
    refresh: Callable[[], bool] = lambda: False
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    _client: httpx2.Client | None = field(default=None, repr=False)

    def query(self, method: str, url: str, **request: Json) -> Response:
        """Send a request without side effects, retrying until it is answered. Raises Interrupted when all fail."""
        for failures in range(1, self.retries.max_attempts):
            try:
                return self.send(method, url, **request)
            except Interrupted as error:
                if error.retry_after > _MAX_PAUSE:
                    raise
                log.info("%s: %s; retrying", self.platform, error)
                self.retries.wait(failures, error.retry_after)
        return self.send(method, url, **request)

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
        authorized: bool = True,
    ) -> Response:
        """Send a request once; only after a 401, which has no effect, it is repeated with a refreshed token.

        Raises Interrupted for a broken connection, 429 and 5xx, and Unauthorized for a persistent 401.
        """
        request = {"headers": dict(headers or {}), "params": params, "json": json, "form": form, "content": content}
        response = self._request(method, url, authorized=authorized, **request)
        if response.status == 401 and authorized:
            if self.refresh():
                response = self._request(method, url, authorized=authorized, **request)
            if response.status == 401:
                raise Unauthorized(f"{self.platform} rejects the login: {response.text}")
        if response.status == 429 or response.status >= 500:
            raise Interrupted(
                f"{self.platform} answered {response.status}: {response.text}",
                retry_after=_retry_after(response.headers),
                rate_limited=response.status == 429,
            )
        return response

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _request(self, method: str, url: str, *, authorized: bool, **request: Json) -> Response:
        import httpx2

        headers = {**request["headers"], **(self.authorization() if authorized else {})}
        if any(name.lower() == "authorization" for name in headers):
            _require_https(url)
        content = request["content"]
        if isinstance(content, FileSlice | CompositeBody):
            headers["Content-Length"] = str(len(content))
            content = iter(content)
        try:
            response = self._connected().request(
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
            raise ConfigError(f"invalid URL for {self.platform}", where=redact(url)) from None
        log.debug("%s: %s %s -> %d", self.platform, method, _without_query(url), response.status_code)
        lower = {key.lower(): value for key, value in response.headers.items()}
        return Response(response.status_code, lower, response.content)

    def _connected(self) -> httpx2.Client:
        import httpx2

        if self._client is None:
            redact_logs()
            self._client = httpx2.Client(
                verify=_tls_context(),
                timeout=httpx2.Timeout(**_TIMEOUTS),
                headers={"User-Agent": f"clipy/{version('clipy')}"},
            )
        return self._client


def host(url: str) -> str:
    """The host and port of a URL: tokens are only sent to the hosts that they were issued for."""
    return urlsplit(url).netloc.lower()


@cache
def _tls_context() -> ssl.SSLContext:
    """The system's certificates, loaded once: that takes a tenth of a second."""
    import httpx2

    return httpx2.create_ssl_context()


def _require_https(url: str) -> None:
    """Tokens are never sent unencrypted, except within this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL_HOSTS:
        raise ConfigError("tokens are only sent over https", where=_without_query(url), do="Correct the base URL")


def _without_query(url: str) -> str:
    """A URL for messages, without its query, which may hold secrets."""
    parts = urlsplit(url)
    return redact(f"{parts.scheme}://{parts.netloc}{parts.path}")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait according to ``Retry-After`` (RFC 9110, 10.2.3): a number or a date."""
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        time = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (time.astimezone(UTC) - datetime.now(UTC)).total_seconds())
