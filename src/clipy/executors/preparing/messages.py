"""What a worker process tells its driver: progress, log records, and how a job ended; a line of JSON each."""

from __future__ import annotations

import json
import logging
from typing import Any

from clipy import errors
from clipy.context import Event
from clipy.errors import ClipyError, NothingToDeliver
from clipy.types import Json


def event_json(event: Event) -> Json:
    """Progress as data."""
    return {"stage": event.stage, "message": event.message, "fraction": event.fraction}


def event_from(data: Json) -> Event:
    """Read what ``event_json`` made."""
    return Event(data["stage"], data["message"], data["fraction"])


def record_json(record: logging.LogRecord) -> Json:
    """A record of the log as data, with its fields but without a traceback's objects."""
    text = logging.Formatter().format(record) if record.exc_info else record.getMessage()
    return {"logger": record.name, "level": record.levelno, "message": text, "data": getattr(record, "data", None)}


def log_again(data: Json) -> None:
    """Put a worker's record into the log of this process."""
    extra = {} if data["data"] is None else {"data": data["data"]}
    logging.getLogger(data["logger"]).log(data["level"], "%s", data["message"], extra=extra)


def error_json(error: ClipyError) -> Json:
    """An error as data, from which ``error_from`` makes an equal one."""
    reasons = list(error.reasons) if isinstance(error, NothingToDeliver) else []
    where = None if error.where is None else str(error.where)
    return {"type": type(error).__name__, "what": error.what, "where": where, "do": error.do, "reasons": reasons}


def error_from(data: Json) -> ClipyError:
    """The error, of its own class where that is clipy's; else a plain ClipyError."""
    kind: Any = getattr(errors, data["type"], ClipyError)
    if kind is NothingToDeliver:
        return NothingToDeliver(data["what"], tuple(data["reasons"]), where=data["where"], do=data["do"])
    made = kind(data["what"], where=data["where"], do=data["do"])
    return made if isinstance(made, ClipyError) else ClipyError(data["what"], where=data["where"], do=data["do"])


def line(kind: str, content: Json) -> str:
    """One message, as a line."""
    return json.dumps([kind, content], default=str) + "\n"
