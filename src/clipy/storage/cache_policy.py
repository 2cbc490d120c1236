"""Which stored results a run makes again, although the store holds them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from clipy.groups import GROUPS, STEPS


class CachePolicy:
    """For one run: the results of stage ``since`` and of all after it are made again; None: whatever is stored is used.

    A stage's own results belong to it. What perception finds belongs to the stage that asks for it first in the run:
    the transcript to ``transcribe``, faces mostly to ``reframe``. A result is made again once in a run; who asks after
    that is given the new one.
    """

    def __init__(self, since: str | None = None) -> None:
        self._stale = frozenset(STEPS[STEPS.index(since) :] if since else ())
        self._everything = since == STEPS[0]
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def deciding(self, group: str, key: str, stage: str) -> Iterator[bool]:
        """Whether this result, of a backend of ``group`` and asked for by ``stage``, is to be made again now.

        Another thread that asks for the same waits until the block is left: it must not be given the old one.
        """
        if not self._stale:
            yield False
            return
        with self._lock:
            lock = self._locks[key]
        with lock:
            step = GROUPS[group].step if group in GROUPS else ""
            stale = self._everything or (step or stage) in self._stale
            yield stale and key not in self._asked
            self._asked.add(key)  # not when it could not be made
