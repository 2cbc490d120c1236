"""OpenCV: how many threads it uses beside an encoder or other threads, and reading of image files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.errors import ConfigError

_CORES_PER_THREAD = 4  # 16 cores encode faster than one core resamples 4K
_lock = threading.Lock()
_saved_counts: list[int] = []  # the thread count to restore, once for each caller inside


@contextmanager
def few_opencv_threads() -> Iterator[None]:
    """Limit OpenCV to a quarter of the cores (one thread below eight cores) while any caller is inside.

    An encoder, or several reviewers, keep every core busy already. OpenCV's threads wait by spinning: on two cores they
    cost 10 % more time than they save. The setting is global to the process; the last caller to leave restores it.
    """
    with _lock:
        _saved_counts.append(_saved_counts[0] if _saved_counts else cv2.getNumThreads())
        cv2.setNumThreads(max(1, (os.cpu_count() or 1) // _CORES_PER_THREAD))
    try:
        yield
    finally:
        with _lock:
            count = _saved_counts.pop()
            if not _saved_counts:
                cv2.setNumThreads(count)


def read_image(path: Path, flags: int) -> NDArray[Any]:
    """Decode an image file with ``cv2.imdecode`` flags; channels are in OpenCV's order. Raises ConfigError."""
    data = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    image = cv2.imdecode(data, flags) if data.size else None
    if image is None:
        raise ConfigError("cannot read the image", where=path, do="Use a PNG, JPEG or WebP file")
    return image
