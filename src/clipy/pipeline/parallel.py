"""The schedule of a run's steps: several items at once, or ahead of the caller, each with its share of the progress.

How many are worked on at once follows from the cores and the memory that each takes; results come in the items' order,
so that they are those of one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TypeVar

from clipy.context import Context, Event
from clipy.device import processors

Item = TypeVar("Item")
Made = TypeVar("Made")

_CORES_OF_A_RENDER = 2  # decoding and scaling beside the encoder keep about two cores busy
_MOST_RENDERS = 4  # each takes up to 600 MB
_MOST_ANALYSES = 4  # of the pictures of several candidates; each takes up to 150 MB
_PATIENCE = 0.2  # seconds between looks at the keyboard: on some systems Ctrl-C cannot end a wait


class Stopped(BaseException):
    """Ends work whose result is no longer needed; raised where it reports progress."""


def renders_at_once() -> int:
    """How many clips to render in parallel on this machine."""
    return max(1, min(processors() // _CORES_OF_A_RENDER, _MOST_RENDERS))


def analyses_at_once() -> int:
    """How many candidates to reframe in parallel: what looks for faces keeps little more than a core busy."""
    return max(1, min(processors(), _MOST_ANALYSES))


@contextmanager
def render_slot() -> Iterator[None]:
    """Wait until less than ``renders_at_once()`` clips are being rendered in this process, whatever for."""
    slots = _render_slots()
    while not slots.acquire(timeout=_PATIENCE):
        pass
    try:
        yield
    finally:
        slots.release()


@cache
def _render_slots() -> threading.Semaphore:
    return threading.Semaphore(renders_at_once())


def reviews_at_once() -> int:
    """How many reviewers run in parallel: one more than there are cores, as some wait for others."""
    return 1 if processors() == 1 else processors() + 1


def parallel_map(
    items: Sequence[Item], work: Callable[[Item, Context], Made], ctx: Context, at_once: int
) -> list[Made]:
    """``work`` on every item, up to ``at_once`` at a time; the results in the items' order.

    The first failure (or Ctrl-C) stops the others at their next report of progress, and is raised once they have
    ended and cleaned up. With one at a time it runs in the caller's own thread, where Ctrl-C works at once.
    """
    progress = _Progress(ctx, len(items))
    if min(at_once, len(items)) <= 1:
        return [progress.work(index, item, work) for index, item in enumerate(items)]
    with ThreadPoolExecutor(at_once, thread_name_prefix="clipy-item") as pool:
        futures = [pool.submit(progress.work, index, item, work) for index, item in enumerate(items)]
        try:
            _wait(futures)
        except BaseException:
            progress.stop()
            for future in futures:
                future.cancel()
            raise
    return [future.result() for future in futures]


@contextmanager
def working_ahead(
    items: Sequence[Item], work: Callable[[Item, Context], Made], ctx: Context, at_once: int
) -> Iterator[Iterator[Made]]:
    """``work`` on every item while the caller handles what is done: yields the results, in the items' order.

    A failure is raised where its result is read. When the block is left early, by an exception or Ctrl-C, work stops at
    its next report of progress, and has ended. On a single core, each item is worked on when its result is read.
    """
    progress = _Progress(ctx, len(items))
    if processors() == 1:
        yield (progress.work(index, item, work) for index, item in enumerate(items))
        return
    with ThreadPoolExecutor(max(1, at_once), thread_name_prefix="clipy-ahead") as pool:
        futures = [pool.submit(progress.work, index, item, work) for index, item in enumerate(items)]
        try:
            yield _results(futures)
        finally:
            progress.stop()
            for future in futures:
                future.cancel()


def _results(futures: Sequence[Future[Made]]) -> Iterator[Made]:
    """The results in order; of work that was stopped because other work failed, that failure is raised."""
    for future in futures:
        while not future.done():
            wait([future], timeout=_PATIENCE)
        if isinstance(future.exception(), Stopped):
            raise next(error for error in map(Future.exception, futures) if error and not isinstance(error, Stopped))
        yield future.result()


def _wait(futures: Sequence[Future[Made]]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_PATIENCE, return_when=FIRST_EXCEPTION)
        for future in futures:  # of several failures the first item's is reported
            if future in done:
                future.result()


def with_progress(items: Sequence[Item], ctx: Context) -> Iterator[tuple[Item, Context]]:
    """Each item with a context whose progress is the item's share of the stage's."""
    return counted_progress(iter(items), len(items), ctx)


def counted_progress(items: Iterator[Item], count: int, ctx: Context) -> Iterator[tuple[Item, Context]]:
    """The same for items that come one by one, ``count`` in all."""
    for index, item in enumerate(items):
        ctx.report(f"{index + 1} of {count}", index / count)
        yield item, ctx.within(index / count, (index + 1) / count)
    ctx.report("", 1.0)


class _Progress:
    """Adds up what is done of each item. Listeners are called by one thread at a time."""

    def __init__(self, ctx: Context, count: int) -> None:
        self._ctx, self._done = ctx, [0.0] * count
        self._lock, self._stopped = threading.Lock(), threading.Event()

    def work(self, index: int, item: Item, work: Callable[[Item, Context], Made]) -> Made:
        """Work on one item; where that fails, the others stop."""
        part = replace(self._ctx, listener=lambda event: self._note(index, event))
        try:
            part.report(f"{index + 1} of {len(self._done)}", 0.0)
            made = work(item, part)
            part.report("", 1.0)
        except BaseException:
            self.stop()  # before this thread can begin another item
            raise
        return made

    def stop(self) -> None:
        self._stopped.set()

    def _note(self, index: int, event: Event) -> None:
        if self._stopped.is_set():
            raise Stopped
        with self._lock:
            if event.fraction is not None:
                self._done[index] = max(self._done[index], event.fraction)
            done = sum(self._done) / len(self._done)
            self._ctx.listener(Event(event.stage, event.message, None if event.fraction is None else done))
