"""An HTTP client that waits for a whole answer no longer than it says, and reads no more than is sensible.

The time-outs of HTTP libraries hold between two bytes: a server that sends one byte now and then never meets them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx2
from openai import DefaultHttpxClient

log = logging.getLogger(__name__)

_LARGEST = 8 << 20  # bytes of an answer
_LONGEST_PAUSE = 120.0  # seconds: the longest that the SDK waits, too


class DeadlineClient(DefaultHttpxClient):
    """Ends a request ``seconds`` after it began, as a time-out that the SDK knows and retries.

    When the server asks one of several threads to wait, all of them wait.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(timeout=httpx2.Timeout(seconds, connect=min(seconds, 10)))
        self.seconds = seconds
        self._opens = 0.0  # time.monotonic() before which nothing is sent

    def send(self, request: httpx2.Request, *, stream: bool = False, **more: Any) -> httpx2.Response:
        """Send a request and read its answer in time. Raises ReadTimeout when it takes too long."""
        time.sleep(max(0.0, self._opens - time.monotonic()))
        until = time.monotonic() + self.seconds
        response = super().send(request, stream=True, **more)
        if response.status_code == 429 or response.status_code >= 500:
            wait = response.headers.get("retry-after")
            asked = f" and asks to wait {wait} s" if wait else ""
            log.warning("%s answers %d%s", request.url.host, response.status_code, asked)
            self._opens = max(self._opens, time.monotonic() + _pause(wait))
        response.stream = _Watched(cast("httpx2.SyncByteStream", response.stream), until, request)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


def _pause(asked: str | None) -> float:
    """Seconds of a ``Retry-After`` that is a number. What is no number is left to the one request that it answers."""
    try:
        return min(_LONGEST_PAUSE, max(0.0, float(asked or 0)))
    except ValueError:
        return 0.0


class _Watched(httpx2.SyncByteStream):
    """The bytes of an answer for as long as they come in time."""

    def __init__(self, inner: httpx2.SyncByteStream, until: float, request: httpx2.Request) -> None:
        self.inner, self.until, self.request = inner, until, request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self.inner:
            size += len(part)
            if time.monotonic() > self.until:
                raise httpx2.ReadTimeout("the answer takes too long", request=self.request)
            if size > _LARGEST:
                raise httpx2.RemoteProtocolError("the answer has no end", request=self.request)
            yield part

    def close(self) -> None:
        """Give the connection back."""
        self.inner.close()
