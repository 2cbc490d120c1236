"""Work on several items, one after the other or in parallel threads, each with its share of the progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TypeVar

from clipy.context import Context, Event
from clipy.device import processors

Item = TypeVar("Item")
Made = TypeVar("Made")

_CORES_OF_A_RENDER = 2  # decoding and scaling beside the encoder keep about two cores busy
_MOST_RENDERS = 4  # each takes up to 600 MB
_PATIENCE = 0.2  # seconds between looks at the keyboard: on some systems Ctrl-C cannot end a wait


class Stopped(BaseException):
    """Ends work whose result is no longer needed; raised where it reports progress."""


def renders_at_once() -> int:
    """How many clips to render in parallel on this machine."""
    return max(1, min(processors() // _CORES_OF_A_RENDER, _MOST_RENDERS))


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

    def run(index: int) -> Made:
        part = progress.part(index)
        try:
            part.report(f"{index + 1} of {len(items)}", 0.0)
            made = work(items[index], part)
            part.report("", 1.0)
        except BaseException:
            progress.stop()  # before this thread can begin another item
            raise
        return made

    if min(at_once, len(items)) <= 1:
        return [run(index) for index in range(len(items))]
    with ThreadPoolExecutor(at_once, thread_name_prefix="clipy-item") as pool:
        futures = [pool.submit(run, index) for index in range(len(items))]
        try:
            _wait(futures)
        except BaseException:
            progress.stop()
            for future in futures:
                future.cancel()
            raise
    return [future.result() for future in futures]


def _wait(futures: Sequence[Future[Made]]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_PATIENCE, return_when=FIRST_EXCEPTION)
        for future in futures:  # of several failures the first item's is reported
            if future in done:
                future.result()


def with_progress(items: Sequence[Item], ctx: Context) -> Iterator[tuple[Item, Context]]:
    """Each item with a context whose progress is the item's share of the stage's."""
    for index, item in enumerate(items):
        ctx.report(f"{index + 1} of {len(items)}", index / len(items))
        yield item, ctx.within(index / len(items), (index + 1) / len(items))
    ctx.report("", 1.0)


class _Progress:
    """Adds up what is done of each item. Listeners are called by one thread at a time."""

    def __init__(self, ctx: Context, count: int) -> None:
        self._ctx, self._done = ctx, [0.0] * count
        self._lock, self._stopped = threading.Lock(), threading.Event()

    def part(self, index: int) -> Context:
        return replace(self._ctx, listener=lambda event: self._note(index, event))

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
