"""Memory between stages: what a stage loaded is given back when it ends, so that no stage pays for the one before."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Mapping

from clipy.backend import Backend


def release(analysers: Mapping[type[Backend], Backend], *kinds: type[Backend]) -> None:
    """Let analysers of some kinds give back what they loaded, and the allocator what is free.

    Python and the networks free many small blocks between others that stay: glibc keeps those pages until it is told.
    """
    for kind in kinds:
        if kind in analysers:
            analysers[kind].release()
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
