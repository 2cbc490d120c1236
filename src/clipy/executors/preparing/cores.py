"""Processor cores for one worker process among several on a machine: each works on cores that no other has taken.

Encoders, decoders and networks start as many threads as a process may use cores. Two workers that each saw all cores
would start twice as many threads as there are, which costs more than it brings.
"""

from __future__ import annotations

import getpass
import logging
import os
import tempfile
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

_held: list[FileLock] = []  # until the process ends, however it ends


@cache
def claim_cores(count: int) -> tuple[int, ...]:
    """Let this process run on ``count`` cores that no other worker of this user has, until it ends.

    Where too few are free, or the system cannot keep a process to some cores (only Linux can), nothing is limited, the
    log says so, and the result is empty.
    """
    if not hasattr(os, "sched_setaffinity"):
        log.info("this system cannot keep a worker to some cores: each may use all of them")
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    folder = Path(tempfile.gettempdir()) / f"clipy-cores-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found: list[tuple[int, FileLock]] = []
    for core in allowed:
        lock = FileLock(folder / f"{core}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        found.append((core, lock))
        if len(found) == count:
            break
    if len(found) < count:
        for _, lock in found:
            lock.release()
        log.info("%d of %d cores are free: this worker uses all of them", len(found), count)
        return ()
    _held.extend(lock for _, lock in found)
    cores = tuple(core for core, _ in found)
    for thread in _threads():
        os.sched_setaffinity(thread, cores)
    return cores


def _threads() -> list[int]:
    """Threads of this process; one that starts later inherits the cores of the one that starts it."""
    folder = Path("/proc/self/task")
    return [int(entry.name) for entry in folder.iterdir()] if folder.is_dir() else [0]
