"""Runs an iterator in a thread of its own, a few items ahead of the consumer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

_POLL_INTERVAL = 0.2  # seconds between checks for cancellation; also lets Ctrl-C through


class ReadAhead(Generic[T]):
    """Use as ``with ReadAhead(source) as items: for item in items: ...``.

    At most ``size`` items are queued. Exceptions of the source are raised where the items are read. When the block is
    left, for whatever reason, the source is closed and the thread has ended.
    """

    def __init__(self, source: Iterator[T], size: int = 8, name: str = "clipy-ahead") -> None:
        self._source = source
        self._items: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(maxsize=size)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Iterator[T]:
        self._thread.start()
        return self._read()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> Iterator[T]:
        while True:
            try:
                item = self._items.get(timeout=_POLL_INTERVAL)
            except queue.Empty:
                if self._stop.is_set():
                    return
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            for item in self._source:
                if not self._put((item,)):
                    break
        except BaseException as error:  # noqa: BLE001  raised again by the consumer
            end = error
        finally:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
            self._put(end)

    def _put(self, item: tuple[T] | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._items.put(item, timeout=_POLL_INTERVAL)
            except queue.Full:
                continue
            return True
        return False
