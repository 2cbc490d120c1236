"""How many threads OpenCV uses while an encoder or other threads are at work."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_SHARE = 4  # of the cores, one in so many is OpenCV's: 16 cores encode faster than one resamples 4K
_lock = threading.Lock()
_inside: list[int] = []  # the number of threads to go back to, once for each that is inside


@contextmanager
def beside_other_work() -> Iterator[None]:
    """OpenCV on few threads, one where there are fewer than eight cores, for as long as anyone is inside.

    An encoder keeps every core busy already, and so do several reviewers. OpenCV's threads only take turns with them,
    and wait by spinning: on two cores they cost a tenth more than they do. The setting is the process's, so the last
    one out restores it.
    """
    with _lock:
        _inside.append(_inside[0] if _inside else cv2.getNumThreads())
        cv2.setNumThreads(max(1, (os.cpu_count() or 1) // _SHARE))
    try:
        yield
    finally:
        with _lock:
            before = _inside.pop()
            if not _inside:
                cv2.setNumThreads(before)
