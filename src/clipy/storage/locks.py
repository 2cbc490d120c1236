"""Exclusive access to a path: threads of one process wake each other, processes wait for a lock file.

A lock file can only be polled, so a thread first waits for the others of its own process, which costs nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

_guard = threading.Lock()
_waiting: dict[Path, tuple[threading.Lock, int]] = {}  # the lock of each path in use, and how many hold or want it


@contextmanager
def exclusive(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock file at ``path``; ``purpose`` says in the log what is waited for. Raises OSError.

    The system releases the file when its holder ends, however that ends.
    """
    with _among_threads(path):
        held = FileLock(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire(timeout=0)
        except Timeout:
            log.info("waiting for a lock held by another process: %s", purpose)
            held.acquire()
        try:
            yield
        finally:
            held.release()


@contextmanager
def _among_threads(path: Path) -> Iterator[None]:
    with _guard:
        lock, users = _waiting.get(path, (threading.Lock(), 0))
        _waiting[path] = lock, users + 1
    try:
        with lock:
            yield
    finally:
        with _guard:
            lock, users = _waiting.pop(path)
            if users > 1:
                _waiting[path] = lock, users - 1
