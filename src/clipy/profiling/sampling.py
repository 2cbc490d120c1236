"""Looks many times a second at what every thread is doing and how much memory the process has.

Sampling in the process itself sees all threads, costs one or two hundredths of one core and needs no permission, unlike
profilers that attach from outside. Each look counts for the time since the last one, so that long calls into native
code, during which nobody can look, count in full.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

from clipy.context import Event
from clipy.profiling.memory import resident

_EVERY = 0.02  # seconds from look to look
_DEEPEST = 100  # calls inside one another that are told apart
_WAITING = tuple(  # ends of the files in which threads only wait
    f"{slash}{name}.py" for slash in "/\\" for name in ("threading", "queue", "selectors", "socket", "thread")
)

Call = tuple[str, str, int]
"""A function: its name, its file, the line on which it begins."""


@dataclass
class Spent:
    """What one stage took. ``seconds`` pass on the wall, ``cpu`` on all cores; ``peak`` is in bytes, None: unknown."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: int | None = None
    stacks: defaultdict[tuple[Call, ...], float] = field(default_factory=lambda: defaultdict(float))
    """Seconds by stack of calls, outermost first, over all threads that do something."""


class Profile:
    """Use as ``with Profile() as profile``, and hand ``profile.note`` the run's events: they say which stage is on."""

    def __init__(self, every: float = _EVERY) -> None:
        self.stages: dict[str, Spent] = {}
        self._every, self._stage = every, "start"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clipy-profile", daemon=True)

    def note(self, event: Event) -> None:
        """A listener of a run."""
        self._stage = event.stage or self._stage

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        own = threading.get_ident()
        last, cpu = time.perf_counter(), time.process_time()
        over = False
        while not over:
            over = self._over.wait(self._every)
            spent = self.stages.setdefault(self._stage, Spent())
            now, cpu_now = time.perf_counter(), time.process_time()
            memory = resident()
            if memory is not None:
                spent.peak = max(spent.peak or 0, memory)
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 - documented, for just this
                if thread != own and not frame.f_code.co_filename.endswith(_WAITING):
                    spent.stacks[_calls(frame)] += now - last
            spent.seconds += now - last
            spent.cpu += cpu_now - cpu
            last, cpu = now, cpu_now


def _calls(frame: FrameType | None) -> tuple[Call, ...]:
    calls: list[Call] = []
    while frame is not None and len(calls) < _DEEPEST:
        code = frame.f_code
        calls.append((code.co_qualname, code.co_filename, code.co_firstlineno))
        frame = frame.f_back
    return tuple(reversed(calls))
