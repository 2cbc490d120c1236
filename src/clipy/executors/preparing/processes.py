"""Worker processes on this machine, each kept for many jobs: its models are loaded once."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clipy.errors import WorkerLost
from clipy.executors.preparing import messages
from clipy.executors.preparing.job import Job, Listener

log = logging.getLogger(__name__)


class WorkerProcess:
    """One process that prepares one job at a time."""

    def __init__(self, cores: int) -> None:
        command = [sys.executable, "-m", "clipy.executors.preparing.worker", str(cores)]
        paths = os.pathsep.join(filter(None, sys.path))  # the clipy and the backends that this process imports
        self._process = subprocess.Popen(  # noqa: S603 - Python itself, with a number
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is the driver's: it ends its workers
        )

    def prepare(self, job: Job, listener: Listener) -> None:
        """Have a job prepared. Raises what went wrong with it; WorkerLost when the process dies, and always after."""
        try:
            self._send(job.to_json())
            for kind, content in self._messages():
                if kind == "event":
                    listener(messages.event_from(content))
                elif kind == "log":
                    messages.log_again(content)
                elif content is not None:
                    raise messages.error_from(content)
                else:
                    return
        except BrokenPipeError:
            log.debug("the worker closed its pipe")
        raise WorkerLost(f"a worker process died ({_cause(self._process.wait())})", where=job.video)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, text: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(text + "\n")
            self._process.stdin.flush()

    def _messages(self) -> Iterator[tuple[str, object]]:
        for text in self._process.stdout or ():
            kind, content = json.loads(text)
            yield kind, content


class WorkerPool:
    """Worker processes, started when they are needed; a dead one is replaced."""

    def __init__(self, cores: int) -> None:
        self._cores, self._lock = cores, threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._all: list[WorkerProcess] = []
        self._stopped = False

    def prepare(self, job: Job, listener: Listener) -> None:
        """Have a job prepared by an idle worker, or by a new one. Raises as ``WorkerProcess.prepare`` does."""
        with self._taken() as worker:
            worker.prepare(job, listener)

    @contextmanager
    def _taken(self) -> Iterator[WorkerProcess]:
        with self._lock:
            if self._stopped:
                raise WorkerLost("the workers have been stopped")
            worker = self._idle.pop() if self._idle else WorkerProcess(self._cores)
            self._all += [] if worker in self._all else [worker]
        try:
            yield worker
        except WorkerLost:
            self._forget(worker)
            raise
        except Exception:
            self._give_back(worker)  # the job failed, not its worker
            raise
        except BaseException:
            self._forget(worker)  # the listener ended the work, in the middle of it
            raise
        self._give_back(worker)

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._idle.append(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        worker.stop()
        with self._lock:
            if worker in self._all:
                self._all.remove(worker)

    def stop(self) -> None:
        """End all of them."""
        with self._lock:
            self._stopped = True
            workers, self._all, self._idle = self._all, [], []
        for worker in workers:
            worker.stop()


def _cause(status: int) -> str:
    """Why a process ended, from its exit status."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"
