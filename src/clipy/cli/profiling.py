"""``--profile``: seconds, processor seconds and peak memory of each stage, as ``DIR/debug/profile.json``.

Stages overlap: while one clip is encoded, the next is reframed. On Linux processor time is therefore counted by thread:
a thread that reports for a stage is named after it, and the threads that it starts inherit the name. For time by
function, run clipy under py-spy (docs/debugging.md).
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
_THREADS = Path("/proc/self/task")
_THREAD_NAME = Path("/proc/thread-self/comm")
_NAME_LENGTH = 15  # characters that Linux keeps of a thread's name
_THREADS_INTERVAL = 0.2  # seconds between two looks at all threads
_AT_WORK = 0.1  # share of a core from which on a stage counts as at work


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
        self._threads = _ThreadTimes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="clipy-profile", daemon=True)

    def note(self, event: Event) -> None:
        """Listen to a run: its events name the stage at work, here and in the thread that reports."""
        if event.stage:
            self._stage = event.stage
            self._threads.name_this_one(event.stage)

    def __enter__(self) -> Profile:
        self._threads.spent()  # what was used before does not count
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
        looked, charged = last, set[str]()
        over = False
        while not over:
            over = self._over.wait(self._interval)
            cost = self._cost(self._stage)
            now, memory = time.perf_counter(), _memory()
            cost.seconds += now - last
            charged.add(self._stage)
            if memory is not None:
                cost.peak = max(cost.peak or 0, memory)
            last = now
            if over or now - looked >= _THREADS_INTERVAL:
                cpu_now = time.process_time()
                self._charge(cpu_now - cpu, now - looked, charged, memory)
                looked, cpu, charged = now, cpu_now, set()

    def _charge(self, spent: float, interval: float, charged: set[str], memory: int | None) -> None:
        """Divide the processor seconds of an interval among the stages; what no thread accounts for is the last's."""
        shares = self._threads.spent()
        scale = min(1.0, spent / total) if (total := sum(shares.values())) else 0.0
        for stage, share in shares.items():
            cost = self._cost(stage)
            cost.cpu += share * scale
            if share >= _AT_WORK * interval and stage not in charged:
                cost.seconds += interval
                cost.peak = max(cost.peak or 0, memory) if memory is not None else cost.peak
        self._cost(self._stage).cpu += spent - total * scale

    def _cost(self, stage: str) -> StageCost:
        return self.stages.setdefault(stage, StageCost())


class _ThreadTimes:
    """Processor seconds by stage, attributed by the names of threads; on Linux only, elsewhere nothing is known."""

    def __init__(self) -> None:
        self._stages: dict[str, str] = {}  # by the name of their threads
        self._named = threading.local()
        self._before: dict[str, int] = {}  # nanoseconds by thread

    def name_this_one(self, stage: str) -> None:
        """Name the calling thread after a stage."""
        if getattr(self._named, "stage", None) == stage or not _THREAD_NAME.exists():
            return
        name = f"clipy-{stage}"[:_NAME_LENGTH]
        self._stages[name] = self._named.stage = stage
        _THREAD_NAME.write_text(name, encoding="ascii")

    def spent(self) -> dict[str, float]:
        """Seconds since the last call."""
        found: dict[str, float] = {}
        for thread in _THREADS.iterdir() if _THREADS.is_dir() else ():
            try:
                stage = self._stages.get((thread / "comm").read_text(encoding="utf-8").strip())
                now = int((thread / "schedstat").read_text(encoding="ascii").split()[0])
            except (OSError, ValueError):  # it has just ended, or this kernel does not count
                continue
            before = self._before.get(thread.name, 0)
            if stage is not None:
                found[stage] = found.get(stage, 0.0) + (now - (before if before <= now else 0)) / 1e9
            self._before[thread.name] = now
        return found


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
