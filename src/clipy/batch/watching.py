"""A folder that is watched: each video in it once, as soon as nobody writes to it any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from clipy.batch.sources import Source, in_folder
from clipy.errors import InputError

State: TypeAlias = tuple[int, int]
"""Bytes of a file, and its time of modification in nanoseconds."""


class Watched:
    """The videos of a folder, in the order in which they are complete.

    A video is complete when neither its size nor its time of modification has changed for ``settle`` seconds. One that
    is replaced by another under its name comes again. ``clock`` is in seconds.
    """

    def __init__(self, folder: Path, output: Path, settle: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._output, self._settle, self._clock = folder, output, settle, clock
        self._seen: dict[Path, tuple[State, float]] = {}  # since when each has been as it is
        self._taken: dict[Path, State] = {}

    def sources(self, *, once: bool, interval: float) -> Iterator[Source | None]:
        """Each video when it is complete; None whenever there is none. Looks every ``interval`` seconds, for ever.

        With ``once`` it ends when all that is there is complete and has been yielded.
        """
        looked = self._clock() - interval
        while True:
            if self._clock() - looked < interval:
                yield None
                continue
            looked = self._clock()
            ready, waiting = self._look()
            yield from ready
            if once and not ready and not waiting:
                return
            yield None

    def _look(self) -> tuple[list[Source], int]:
        """The videos that are complete now, and how many others are still being written."""
        if not self._folder.is_dir():
            raise InputError("there is no such folder to watch", where=self._folder, do="Make it, or name another")
        now, ready, waiting = self._clock(), list[Source](), 0
        for source in in_folder(self._folder, self._output):
            state = _state(source.video)
            if state is None or self._taken.get(source.video) == state:
                continue
            before, since = self._seen.get(source.video, (None, now))
            since = since if before == state else now
            self._seen[source.video] = state, since
            if state[0] and now - since >= self._settle:
                self._taken[source.video] = state
                del self._seen[source.video]
                ready.append(source)
            elif state[0]:  # an empty file may stay so
                waiting += 1
        return ready, waiting


def _state(path: Path) -> State | None:
    try:
        facts = path.stat()
    except OSError:  # moved away since it was listed
        return None
    return facts.st_size, facts.st_mtime_ns
