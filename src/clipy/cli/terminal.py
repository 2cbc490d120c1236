"""Progress and results for a person: one line for each stage, with the time left, and a summary.

On a terminal the lines are live bars (rich); elsewhere they are plain lines, few enough for a log file.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.text import Text

from clipy.cli.logs import Logs, current
from clipy.cli.text import clock, counted, duration, printable
from clipy.context import Event
from clipy.groups import STEPS

if TYPE_CHECKING:
    from clipy.pipeline.outcome import Result
    from clipy.types import Highlight

log = logging.getLogger(__name__)
_INTERVAL = 10.0  # seconds between plain lines of one stage
_OVERLAPPING = frozenset({"render", "review"})  # stages that go on while another one is at work
Listener = Callable[[Event], None]


@contextmanager
def progress(name: str, stages: Sequence[str], stream: TextIO | None = None) -> Iterator[Listener]:
    """Show the progress of ``stages`` on standard error (or ``stream``) while the block runs.

    The first event creates the log file, and each event tells the log which stage its records belong to. With
    ``--log-json`` progress is records of the log.
    """
    logs = current()
    with _listening(name, stages, stream or sys.stderr, logs) as listener:

        def listen(event: Event) -> None:
            if logs is not None:
                logs.begin("run" if set(STEPS) <= set(stages) else stages[-1])
                logs.stage = event.stage
            listener(event)

        yield listen


@contextmanager
def _listening(name: str, stages: Sequence[str], stream: TextIO, logs: Logs | None) -> Iterator[Listener]:
    if logs is not None and logs.as_json:
        yield _LogRecords(name)
    elif logs is not None and logs.quiet:
        yield _show_nothing
    elif stream.isatty():
        with _bars(name, stages, stream, logs) as listener:
            yield listener
    else:
        lines = _PlainLines(name, stream)
        yield lines
        lines.finish()


@contextmanager
def _bars(name: str, stages: Sequence[str], stream: TextIO, logs: Logs | None) -> Iterator[Listener]:
    columns = (
        TextColumn("{task.fields[stage]:<10}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeLeft(),
        TextColumn("{task.description}", style="dim", markup=False),
    )
    console = Console(file=stream)
    console.print(Text(printable(name, keep=""), style="bold"))
    with Progress(*columns, console=console) as bars, log_above(console, logs):
        tasks: dict[str, TaskID] = {
            stage: bars.add_task("", start=False, total=1.0, stage=stage, visible=False) for stage in stages
        }

        reached = dict.fromkeys(stages, 0.0)

        def listen(event: Event) -> None:
            task = tasks.get(event.stage)
            if task is None:
                return
            if not bars.tasks[task].started:
                for earlier in bars.tasks[:task]:  # one that overlaps with this stage soon reports again
                    if earlier.started:
                        bars.update(earlier.id, description="", completed=1.0)
                bars.start_task(task)
            done = reached[event.stage] = max(event.fraction or 0.0, reached[event.stage])  # it may be at work again
            bars.update(task, visible=True, description=printable(event.message, keep=""), completed=done)

        yield listen


@contextmanager
def log_above(console: Console, logs: Logs | None) -> Iterator[None]:
    """Write log lines above what is drawn, neither wrapped nor coloured, so that paths can be copied."""
    if logs is None:
        yield
        return
    before = logs.console.write
    logs.console.write = lambda text: console.print(Text(text), soft_wrap=True)
    try:
        yield
    finally:
        logs.console.write = before


def _show_nothing(event: Event) -> None:
    """For ``--quiet``."""


class _LogRecords:
    """Progress as records of the log: when a stage begins, and every few seconds while it runs."""

    def __init__(self, name: str) -> None:
        self.name, self.printed = name, dict[str, float]()

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if now - self.printed.get(event.stage, -_INTERVAL) >= _INTERVAL:
            self.printed[event.stage] = now
            facts = {"event": "progress", "video": self.name, "stage": event.stage, "done": event.fraction}
            log.info("%s: %s", event.stage, event.message or "working", extra={"data": facts})


@dataclass
class _Line:
    """A stage that is at work: when it began, when a line was printed, and how much is done."""

    began: float
    printed: float
    done: float = 0.0
    outcome: str = ""


class _PlainLines:
    """Plain progress: a line when a stage begins, every few seconds while it runs, and when it is done.

    Stages overlap: one that may is done when it says so and another begins, or at the end.
    """

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name, self.stream, self.lines = name, stream, dict[str, _Line]()

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        line = self.lines.get(event.stage)
        if line is None:
            self._finish([stage for stage, other in self.lines.items() if other.done == 1 or stage not in _OVERLAPPING])
            line = self.lines[event.stage] = _Line(now, now)
            self._print(event.stage, "started" if not event.message else event.message)
        elif now - line.printed >= _INTERVAL and event.fraction is not None:
            line.printed = now
            doing = f" {event.message}" if event.message else ""
            reached = max(event.fraction, line.done)
            self._print(event.stage, f"{reached:4.0%}{doing}, {_left(reached, now - line.began)}")
        line.done = max(event.fraction or 0.0, line.done)
        line.outcome = event.message if event.fraction == 1 else ""

    def finish(self) -> None:
        """Close all stages."""
        self._finish(list(self.lines))

    def _finish(self, stages: Sequence[str]) -> None:
        for stage in stages:
            line = self.lines.pop(stage)
            outcome = f": {line.outcome}" if line.outcome else ""
            self._print(stage, f"done in {duration(time.monotonic() - line.began)}{outcome}")

    def _print(self, stage: str, text: str) -> None:
        self.stream.write(printable(f"{self.name}: {stage:<10} {text}", keep="") + "\n")
        self.stream.flush()


def _left(fraction: float, spent: float) -> str:
    return f"{duration(spent * (1 - fraction) / fraction)} left" if fraction > 0.01 else "time left unknown"


def summary(result: Result) -> str:
    """What was made, where it is, and how long each stage took."""
    lines = [f"{counted(len(result.made), 'clip')} in {result.folder}"]
    for outcome in result.made:
        highlight = outcome.highlight
        place = f"{clock(float(highlight.span.start))}-{clock(float(highlight.span.end))}"
        length, title = float(outcome.clip.duration), printable(highlight.title, keep="")
        lines.append(f"  {outcome.clip.name}{outcome.clip.path.suffix}  {length:5.1f} s  {place}  {title}")
        lines += [
            f"    {post.uploader}: {post.where}" for post in outcome.posts if Path(post.where).parent != result.folder
        ]
        lines += [f"    not posted: {failure}" for failure in outcome.failures]
    lines += [f"  rejected: {item.reason()}" for item in result.rejected]
    spent = ", ".join(f"{stage} {duration(seconds)}" for stage, seconds in result.timings.items())
    return "\n".join([*lines, f"  {spent}"])


def explanation(found: Sequence[Highlight], left_out: Mapping[str, int] | None = None) -> str:
    """Each pick with its reason and the values that its score is made of; what was left out, how often and why."""
    lines = []
    for number, pick in enumerate(found, start=1):
        place = f"{clock(float(pick.span.start))}-{clock(float(pick.span.end))}"
        lines += [f"{number}. {place}  score {pick.score:.3f}  {printable(pick.title, keep='')}", f"   {pick.reason}"]
        lines += [f"   {name:<12} {value:5.2f} {'=' * round(20 * value)}" for name, value in pick.details.items()]
    if left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        lines.append(f"left out: {counted(sum(left_out.values()), 'stretch', 'es')} ({reasons})")
    return "\n".join(lines)
