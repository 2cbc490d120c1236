"""A step done in a worker process, its log and its error as data: a job that fails is no worker that is lost."""

from __future__ import annotations

import logging
import socket
from typing import Any

from clipy.errors import ClipyError
from clipy.executors.preparing import messages
from clipy.executors.preparing.cores import claim_cores
from clipy.executors.preparing.job import Job
from clipy.executors.preparing.steps import Step, prepare_job

_MOST_RECORDS = 2000  # that travel back; a step logs some dozens


class _Kept(logging.Handler):
    """Keeps records as data."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.records) < _MOST_RECORDS:
            self.records.append(messages.record_json(record))


def outcome_of(job: str, step: Step, index: int, cores: int) -> dict[str, Any]:
    """Do a step of a job (as JSON) on cores of its own: what ``prepare_job`` returns or raises, and what it logged."""
    claim_cores(cores)
    kept, logger = _Kept(), logging.getLogger("clipy")
    logger.setLevel(logging.INFO)
    logger.addHandler(kept)
    answer: dict[str, Any] = {"host": socket.gethostname(), "count": 0, "error": None}
    try:
        answer["count"] = prepare_job(Job.from_json(job), step=step, index=index)
    except ClipyError as error:
        answer["error"] = messages.error_json(error)
    except Exception as error:
        logging.getLogger(__name__).exception("unexpected error: a fault of clipy itself")
        answer["error"] = messages.error_json(ClipyError(f"unexpected error ({type(error).__name__}: {error})"))
    finally:
        logger.removeHandler(kept)
    return {**answer, "log": kept.records}


def result_of(answer: dict[str, Any]) -> int:
    """Put what a worker logged into this log, and return its result, or raise its error."""
    for record in answer["log"]:
        messages.log_again(record)
    if answer["error"] is not None:
        raise messages.error_from(answer["error"])
    return int(answer["count"])
