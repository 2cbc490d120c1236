"""How much memory this process has now, as far as the system tells."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")  # Linux: sizes in pages; the second is what is resident


def resident() -> int | None:
    """Bytes in memory now (Linux); elsewhere the most there have been so far; None where neither is known."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _most()


def is_momentary() -> bool:
    """Whether ``resident`` is of the moment, so that each stage has a peak of its own."""
    return _STATM.exists()


def _most() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
