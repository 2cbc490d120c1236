"""An HTTP client with a deadline for whole responses and a limit on their size.

Timeouts of HTTP libraries apply between two bytes: a server that keeps sending single bytes never triggers them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx2
from openai import DefaultHttpxClient

log = logging.getLogger(__name__)

_MAX_SIZE = 8 << 20  # bytes of a response
_MAX_PAUSE = 120.0  # seconds, as in the SDK


class DeadlineClient(DefaultHttpxClient):
    """Aborts a request ``seconds`` after its start with a timeout that the SDK retries.

    When the server asks one of several threads to wait, all of them do.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(timeout=httpx2.Timeout(seconds, connect=min(seconds, 10)))
        self.seconds = seconds
        self._resume_at = 0.0  # time.monotonic() before which nothing is sent

    def send(self, request: httpx2.Request, *, stream: bool = False, **more: Any) -> httpx2.Response:
        """Send a request and read its response in time. Raises ReadTimeout after the deadline."""
        time.sleep(max(0.0, self._resume_at - time.monotonic()))
        deadline = time.monotonic() + self.seconds
        response = super().send(request, stream=True, **more)
        if response.status_code == 429 or response.status_code >= 500:
            wait = response.headers.get("retry-after")
            retry = f", retry after {wait} s" if wait else ""
            log.warning("%s answered %d%s", request.url.host, response.status_code, retry)
            self._resume_at = max(self._resume_at, time.monotonic() + _pause(wait))
        response.stream = _DeadlineStream(cast("httpx2.SyncByteStream", response.stream), deadline, request)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


def _pause(retry_after: str | None) -> float:
    """The seconds in ``Retry-After``; dates are left to the SDK."""
    try:
        return min(_MAX_PAUSE, max(0.0, float(retry_after or 0)))
    except ValueError:
        return 0.0


class _DeadlineStream(httpx2.SyncByteStream):
    """A response body that must arrive before a deadline."""

    def __init__(self, inner: httpx2.SyncByteStream, deadline: float, request: httpx2.Request) -> None:
        self.inner, self.deadline, self.request = inner, deadline, request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self.inner:
            size += len(part)
            if time.monotonic() > self.deadline:
                raise httpx2.ReadTimeout("the response takes too long", request=self.request)
            if size > _MAX_SIZE:
                raise httpx2.RemoteProtocolError("the response is too large", request=self.request)
            yield part

    def close(self) -> None:
        """Release the connection."""
        self.inner.close()
