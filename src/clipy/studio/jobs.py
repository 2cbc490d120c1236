"""Long work, one after the other, with progress that every page sees and that can be cancelled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, TypeAlias

from clipy.context import Event
from clipy.errors import ClipyError
from clipy.studio.events import Hub
from clipy.types import Json

log = logging.getLogger(__name__)

Phase: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]
_MOST_KEPT = 200  # finished jobs that are remembered


class Cancelled(BaseException):
    """Ends a job where it reports progress; no backend catches it."""


@dataclass
class Job:
    """One piece of work. ``subject``: the project and the clip or the video. ``parts``: partial results by kind."""

    id: int
    kind: str
    subject: dict[str, str]
    hub: Hub
    phase: Phase = "waiting"
    stage: str = ""
    message: str = ""
    fraction: float | None = None
    error: str = ""
    parts: dict[str, list[Json]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def listen(self, event: Event) -> None:
        """Progress of the pipeline. Raises Cancelled once somebody has asked for it."""
        self.check()
        moved = event.stage != self.stage or event.message != self.message
        step = None if event.fraction is None else round(event.fraction, 2)
        if moved or step != self.fraction:
            self.stage, self.message, self.fraction = event.stage, event.message, step
            self.tell()

    def check(self) -> None:
        """Raise Cancelled if this job was cancelled."""
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask it to end; finished steps are kept."""
        self._stop.set()

    def add(self, kind: str, data: Json) -> None:
        """Show a partial result, now and to pages that come later."""
        self.parts.setdefault(kind, []).append(data)
        self.hub.publish("part", {"job": self.id, "kind": kind, "data": data})

    def tell(self, **more: Json) -> None:
        """Let every page know how far it is, and partial results."""
        self.hub.publish("job", self.document() | more)

    def document(self) -> dict[str, Json]:
        """For a page."""
        return {
            "id": self.id,
            "kind": self.kind,
            **self.subject,
            "phase": self.phase,
            "stage": self.stage,
            "message": self.message,
            "fraction": self.fraction,
            "error": self.error,
        }


class Jobs:
    """Works through jobs in one thread: rendering keeps the machine busy by itself."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="clipy-studio")
        self._numbers = count(1)
        self._jobs: dict[int, Job] = {}

    def start(self, kind: str, subject: dict[str, str], work: Callable[[Job], None]) -> Job:
        """Queue some work; a job of the same kind on the same subject that still waits is enough."""
        for job in self._jobs.values():
            if (job.kind, job.subject, job.phase) == (kind, subject, "waiting"):
                return job
        job = Job(next(self._numbers), kind, subject, self.hub)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-_MOST_KEPT]:
            if self._jobs[old].phase in {"done", "failed", "cancelled"}:
                del self._jobs[old]
        job.tell()
        self._pool.submit(self._run, job, work)
        return job

    def find(self, number: int) -> Job | None:
        """A job by its number."""
        return self._jobs.get(number)

    def all(self) -> list[Job]:
        """Every job that is remembered, oldest first."""
        return list(self._jobs.values())

    def close(self, *, finish: bool = False) -> None:
        """Cancel what runs, unless it is to ``finish``, and wait for its end."""
        for job in self._jobs.values():
            if not finish:
                job.cancel()
        self._pool.shutdown(wait=True, cancel_futures=not finish)

    @staticmethod
    def _run(job: Job, work: Callable[[Job], None]) -> None:
        try:
            job.check()
            job.phase = "running"
            job.tell()
            work(job)
        except Cancelled:
            job.phase = "cancelled"
        except ClipyError as error:
            job.phase, job.error = "failed", str(error)
        except Exception as error:
            log.exception("the job %s failed", job.kind)
            job.phase, job.error = "failed", f"{type(error).__name__}: {error}"
        else:
            job.phase, job.fraction = "done", 1.0
        job.tell()
