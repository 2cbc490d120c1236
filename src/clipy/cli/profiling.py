"""``--profile``: seconds, processor seconds and peak memory of each stage, as ``DIR/debug/profile.json``.

For time by function, run clipy under py-spy (docs/debugging.md).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clipy.cli.logs import echo

if TYPE_CHECKING:
    from clipy.context import Event
    from clipy.types import Json

PROFILE = "clipy.profile/1"
_INTERVAL = 0.02  # seconds between two samples of the memory in use
_STATM = Path("/proc/self/statm")  # Linux: sizes in pages; the second is the resident set


@dataclass
class StageCost:
    """What one stage took: wall-clock seconds, processor seconds on all cores, peak memory in bytes where known."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: int | None = None


class Profile:
    """Samples the process in a thread of its own while used as a context manager; ``note`` learns the stage."""

    def __init__(self, interval: float = _INTERVAL) -> None:
        self.stages: dict[str, StageCost] = {}
        self._interval, self._stage = interval, "start"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="clipy-profile", daemon=True)

    def note(self, event: Event) -> None:
        """Listen to a run: its events name the stage at work."""
        self._stage = event.stage or self._stage

    def __enter__(self) -> Profile:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def document(self) -> Json:
        """The content of ``profile.json``."""
        return {
            "schema": PROFILE,
            "memory": "peak within the stage" if _STATM.exists() else "peak so far",
            "stages": {
                stage: {
                    "seconds": round(cost.seconds, 3),
                    "cpu_seconds": round(cost.cpu, 3),
                    "peak_mb": None if cost.peak is None else round(cost.peak / 1e6, 1),
                }
                for stage, cost in self.stages.items()
            },
        }

    def _sample(self) -> None:
        last, cpu = time.perf_counter(), time.process_time()
        over = False
        while not over:
            over = self._over.wait(self._interval)
            cost = self.stages.setdefault(self._stage, StageCost())
            now, cpu_now, memory = time.perf_counter(), time.process_time(), _memory()
            cost.seconds += now - last
            cost.cpu += cpu_now - cpu
            if memory is not None:
                cost.peak = max(cost.peak or 0, memory)
            last, cpu = now, cpu_now


@contextmanager
def profiling(folder: Path, listener: Callable[[Event], None], *, wanted: bool) -> Iterator[Callable[[Event], None]]:
    """Yield a listener to use in place of ``listener``; write the profile at the end, also when the run fails."""
    if not wanted:
        yield listener
        return
    from clipy.storage.store import write_json

    profile = Profile()

    def both(event: Event) -> None:
        profile.note(event)
        listener(event)

    try:
        with profile:
            yield both
    finally:
        if folder.is_dir():  # otherwise the run was refused before it began
            path = folder / "debug" / "profile.json"
            path.parent.mkdir(exist_ok=True)
            write_json(path, profile.document())
            echo(f"profile -> {path}")


def _memory() -> int | None:
    """Bytes resident now (Linux), else the most there have been so far; None where the system says neither."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _peak_so_far()


def _peak_so_far() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
