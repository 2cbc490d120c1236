"""What happens in the studio, as it happens, for every page that is open: server-sent events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from clipy.types import Json

_HEARTBEAT = 15.0  # seconds; a page that was closed is noticed when it is written to
_MOST_WAITING = 500  # events that a slow page may lag behind


@dataclass
class Hub:
    """Hands events from any thread to all who listen."""

    _listeners: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, kind: str, data: Json) -> None:
        """Send an event to every page."""
        text = f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        self._send(text)

    def close(self) -> None:
        """End every stream."""
        self._send(None)

    def _send(self, text: str | None) -> None:
        with self._lock:
            listeners = list(self._listeners.items())
        for queue, loop in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, text)

    async def stream(self) -> AsyncIterator[str]:
        """The events from now on, as text of the protocol, until the page goes away or the server stops."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        with self._lock:
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _HEARTBEAT)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                self._listeners.pop(queue, None)


def _put(queue: asyncio.Queue[str | None], text: str | None) -> None:
    if queue.full():
        queue.get_nowait()  # the oldest: what counts is how things are now
    queue.put_nowait(text)
