"""Which stored results a run recomputes, although the store holds them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from clipy.groups import GROUPS, STEPS


class CachePolicy:
    """For one run: results of the step ``since`` and of all later steps are recomputed; None: stored ones are used.

    A stage's own results belong to its step. What perception finds belongs to the step that asks for it first in the
    run: the transcript to ``transcribe``, faces mostly to ``reframe``. Each result is recomputed once in a run; whoever
    asks later gets the new one.
    """

    def __init__(self, since: str | None = None) -> None:
        self._stale = frozenset(STEPS[STEPS.index(since) :] if since else ())
        self._everything = since == STEPS[0]
        self._settled: set[str] = set()
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def renewing(self, group: str, key: str, stage: str) -> Iterator[bool]:
        """Whether this result, of a ``group`` and asked for by ``stage``, must be recomputed inside the block.

        Another thread that asks for the same waits until the block is left: it must not get the old result.
        """
        if not self._stale:
            yield False
            return
        with self._guard:
            lock = self._locks[key]
        with lock:
            step = GROUPS[group].step if group in GROUPS else ""
            stale = self._everything or (step or stage) in self._stale
            yield stale and key not in self._settled
            self._settled.add(key)  # only where it could be made
