"""The machine at hand: as many videos at once as its memory and cores allow."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from pydantic import Field

from clipy.device import processors
from clipy.errors import WorkerLost
from clipy.executors.base import Executor
from clipy.executors.preparing.job import Job, Listener
from clipy.executors.preparing.processes import WorkerPool

log = logging.getLogger(__name__)

_MEMORY = 1_500_000_000  # bytes that one video may need at its peak: measured 1.33 GB for 1080p
_MEMINFO = Path("/proc/meminfo")


class Local(Executor):
    """The machine at hand, with a process for each video at work; where only one fits, the driver does the work itself.

    A process keeps to cores of its own where the system allows that, and keeps its models from video to video. One that
    dies (a decoder that crashes, memory that runs out) is replaced and the video begun again where the store left off.
    """

    class Options(Executor.Options):
        cores: int = Field(2, ge=1, le=1024, description="Processor cores for each video; 2 are kept busy by most.")

    options: Options

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._lock = threading.Lock()
        self._at_once = self.options.videos or 0
        self._pool: WorkerPool | None = None

    def videos_at_once(self) -> int:
        with self._lock:
            self._at_once = self._at_once or _fitting(self.options.cores)
            return self._at_once

    def prepare(self, job: Job, listener: Listener) -> bool:
        if self.videos_at_once() == 1:
            return False
        for attempt in range(1, self.options.attempts + 1):
            try:
                self._workers().prepare(job, listener)
                return True
            except WorkerLost as error:
                if attempt == self.options.attempts:
                    raise WorkerLost(
                        error.what, where=job.video, do="Its log is above; fewer --set executor.videos need less memory"
                    ) from error
                log.warning("%s: starting again where it stopped", error)
        return True

    def stop(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()

    def _workers(self) -> WorkerPool:
        with self._lock:
            self._pool = self._pool or WorkerPool(self.options.cores)
            return self._pool


def _fitting(cores: int) -> int:
    """How many videos fit on this machine now, with so many cores each."""
    memory, by_cores = _available_memory(), processors() // cores
    return max(1, by_cores if memory is None else min(by_cores, memory // _MEMORY))


def _available_memory() -> int | None:
    """Bytes that programs can have now; on other systems than Linux all there are, or None where that is unknown."""
    if _MEMINFO.exists():
        sizes = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return int(sizes["MemAvailable"].split()[0]) * 1024
    if hasattr(os, "sysconf") and {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(os.sysconf_names):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
