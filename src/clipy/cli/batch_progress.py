"""The progress of many videos as one table, and what became of them in a line each.

On a terminal the table is drawn in place: the videos at work, and how many are done, failed and left. Elsewhere each
video is a line when it begins and a line when it ends.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from clipy.cli.logs import current, echo
from clipy.cli.terminal import log_above
from clipy.cli.text import counted, duration, printable
from clipy.context import Event

if TYPE_CHECKING:
    from clipy.batch.batch import Ended
    from clipy.batch.sources import Source
    from clipy.executors.preparing.job import Listener

log = logging.getLogger(__name__)
_WIDTH = 20  # characters of a bar


class BatchProgress:
    """What each video is at. ``count`` is how many there are in all; None: nobody knows."""

    def __init__(self, count: int | None) -> None:
        self._count, self._lock = count, threading.Lock()
        self._at_work: dict[str, tuple[float, Event]] = {}
        self._done = self._failed = self._earlier = 0

    def listener(self, source: Source) -> Listener:
        """The listener for the progress of a video that begins now."""
        name = str(source.video)
        with self._lock:
            self._at_work[name] = time.monotonic(), Event("", "waiting")
        logs = current()
        if logs is not None:
            logs.begin("run")
        self.begun(name)

        def listen(event: Event) -> None:
            with self._lock:
                began, before = self._at_work.get(name, (time.monotonic(), event))
                if before.stage == event.stage and event.fraction is None:
                    event = Event(event.stage, event.message, before.fraction)
                self._at_work[name] = began, event

        return listen

    def end(self, one: Ended) -> None:
        """A video has ended."""
        name = str(one.source.video)
        with self._lock:
            began, _ = self._at_work.pop(name, (time.monotonic(), None))
            self._failed += one.error is not None
            self._earlier += one.earlier and one.error is None
            self._done += one.error is None and not one.earlier
        self.ended(outcome(one), time.monotonic() - began)

    def begun(self, name: str) -> None:
        """Show that a video begins."""

    def ended(self, text: str, seconds: float) -> None:
        """Show what became of a video."""

    def counts(self) -> str:
        """``3 done, 1 failed, 2 at work, 4 left``."""
        with self._lock:
            over = self._done + self._failed + self._earlier
            left = None if self._count is None else self._count - over - len(self._at_work)
            parts = [f"{self._done} done", f"{self._failed} failed", f"{len(self._at_work)} at work"]
            parts[1:1] = [f"{self._earlier} done before"] if self._earlier else []
            return ", ".join(parts if left is None else [*parts, f"{left} left"])

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, stage, bar and time of each video at work."""
        now = time.monotonic()
        with self._lock:
            return [
                (
                    printable(name.rpartition("/")[2], keep=""),
                    event.stage or event.message,
                    _bar(event.fraction),
                    duration(now - began),
                )
                for name, (began, event) in self._at_work.items()
            ]


class _Table(BatchProgress):
    """Drawn in place on a terminal."""

    def __rich__(self) -> Table:
        table = Table(box=None, pad_edge=False, title=self.counts(), title_justify="left")
        for column in ("video", "stage", "", "time"):
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for row in self.rows():
            table.add_row(*(Text(cell) for cell in row))
        return table

    def ended(self, text: str, seconds: float) -> None:
        echo(f"{text}  ({duration(seconds)})")


class _Lines(BatchProgress):
    """Lines, for a log file or a pipe."""

    def begun(self, name: str) -> None:
        echo(f"{name}: started")

    def ended(self, text: str, seconds: float) -> None:
        echo(f"{text}  ({duration(seconds)}; {self.counts()})")


@contextmanager
def batch_progress(count: int | None) -> Iterator[BatchProgress]:
    """Show the progress of ``count`` videos (None: of as many as come) on standard error while the block runs."""
    logs = current()
    if logs is None or logs.as_json or logs.quiet or not sys.stderr.isatty():
        yield _Lines(count)
        return
    console, table = Console(file=sys.stderr), _Table(count)
    with Live(table, console=console, refresh_per_second=2), log_above(console, logs):
        yield table


def outcome(one: Ended) -> str:
    """What became of a video, in one line."""
    name = printable(str(one.source.video), keep="")
    when = " (in an earlier run)" if one.earlier else ""
    if one.error is not None:
        return f"{name}: failed{when}"
    posts = f", {counted(len(one.result.failures), 'upload')} to retry" if one.result and one.result.failures else ""
    return f"{name}: {counted(one.clips, 'clip')}{when}{posts}"


def batch_summary(ended: Sequence[Ended]) -> str:
    """How many videos were made clips of; those that failed follow in a line each."""
    good = [one for one in ended if one.error is None]
    clips, failed = sum(one.clips for one in good), len(ended) - len(good)
    before = sum(one.earlier for one in good)
    said = f"{counted(clips, 'clip')} from {counted(len(good), 'video')}"
    said += f" ({before} done before)" if before else ""
    return f"{said}; {counted(failed, 'video')} failed" if failed else said


def _bar(fraction: float | None) -> str:
    if fraction is None:
        return ""
    full = round(min(1.0, max(0.0, fraction)) * _WIDTH)
    return f"{'#' * full}{'.' * (_WIDTH - full)} {fraction:4.0%}"
