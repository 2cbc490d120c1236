"""A process that prepares jobs, one after the other: ``python -m clipy.executors.preparing.worker CORES``.

It reads a job a line from standard input and answers with lines of ``messages``. It ends with its driver: when that
closes the pipe, or dies, whatever is in progress is abandoned.
"""

from __future__ import annotations

import io
import logging
import os
import queue
import sys
import threading
from typing import TextIO

from clipy.errors import ClipyError
from clipy.executors.preparing import messages
from clipy.executors.preparing.cores import claim_cores
from clipy.executors.preparing.job import Job
from clipy.executors.preparing.steps import prepare_job
from clipy.types import Json

log = logging.getLogger("clipy.worker")


class _Channel:
    """Sends messages to the driver, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def send(self, kind: str, content: Json) -> None:
        with self._lock:
            self._stream.write(messages.line(kind, content))
            self._stream.flush()


class _Records(logging.Handler):
    """Sends the log of this process to the driver's."""

    def __init__(self, channel: _Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        self._channel.send("log", messages.record_json(record))


def main() -> None:
    """Serve until standard input ends."""
    channel = _Channel(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # what a library prints must not be taken for a message
    logger = logging.getLogger("clipy")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_Records(channel))
    claim_cores(int(sys.argv[1]))
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    while True:
        channel.send("ended", _outcome(jobs.get(), channel))


def _read(jobs: queue.SimpleQueue[str]) -> None:
    for text in io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"):
        jobs.put(text)
    os._exit(0)  # the driver is gone: nobody waits for what is in progress


def _outcome(text: str, channel: _Channel) -> Json:
    """Prepare a job; the error as data, None if there is none."""
    try:
        prepare_job(Job.from_json(text), lambda event: channel.send("event", messages.event_json(event)))
    except ClipyError as error:
        log.debug("the error was raised here", exc_info=True)
        return messages.error_json(error)
    except Exception as error:
        log.exception("unexpected error: a fault of clipy itself")
        return messages.error_json(ClipyError(f"unexpected error ({type(error).__name__}: {error})"))
    return None


if __name__ == "__main__":
    main()
