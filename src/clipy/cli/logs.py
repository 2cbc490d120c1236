"""The log: the part of it that is shown on standard error, and one file for each run that holds all of it.

The library only writes to loggers under ``clipy``; only this module decides where records go. Secrets are redacted in
every record first. The file lies in ``logs/`` of the store and is created when work begins: a command that is refused
leaves none. docs/debugging.md describes the fields of a JSON line.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from clipy.cli.text import printable
from clipy.stages.upload.publishing.secrets import REDACTED, RedactingFilter, redact, register_secret

LEVELS = ("debug", "info", "warning", "error")
_MAX_FILES = 100  # the oldest are removed
_SECRET_ENDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS")  # of names of environment variables
_MIN_SECRET = 8  # characters; shorter values would be cut out of unrelated text
_SHORT = "%(levelname)s: %(message)s"
_NAMED = "%(levelname)s %(name)s: %(message)s"
_CLIPY = logging.getLogger("clipy")
_ECHOED = logging.getLogger("clipy.cli")


class Logs:
    """Where records go while one command runs."""

    def __init__(self, level: str, *, as_json: bool) -> None:
        self.level, self.as_json = logging.getLevelNamesMapping()[level.upper()], as_json
        self._stages, self._latest = threading.local(), ""
        self.file = _RunFile(as_json=as_json)
        self.console = _Console(
            _Json() if as_json else logging.Formatter(_NAMED if self.level < logging.INFO else _SHORT)
        )
        self.console.setLevel(self.level)
        for handler in (self.file, self.console):
            handler.addFilter(self._staged)
            handler.addFilter(RedactingFilter())
            handler.addFilter(_without_secrets)
        if not as_json:
            self.console.addFilter(lambda record: record.name != _ECHOED.name)  # already printed by echo

    @property
    def stage(self) -> str:
        """The stage that the calling thread works for; the latest one, where it has not said so."""
        return str(getattr(self._stages, "stage", self._latest))

    @stage.setter
    def stage(self, name: str) -> None:
        self._stages.stage = self._latest = name

    @property
    def quiet(self) -> bool:
        return self.level >= logging.ERROR

    def begin(self, name: str) -> None:
        """Work begins: create the run's file, and write what was logged before to it."""
        if self.file.path is None:
            from clipy.config import store_folder

            self.file.begin(store_folder() / "logs", name)
            _CLIPY.info("log file: %s", self.file.path)

    def _staged(self, record: logging.LogRecord) -> bool:
        record.stage = getattr(record, "data", {}).get("stage", self.stage)
        return True


_current: Logs | None = None


def current() -> Logs | None:
    """The logs of the running command; None in between."""
    return _current


@contextmanager
def logging_to(level: str, *, as_json: bool) -> Iterator[Logs]:
    """Send what is logged in this block to standard error, from ``level`` up, and to the run's file."""
    global _current  # noqa: PLW0603 - one command at a time runs in a process
    register_secret(*_secrets_of(os.environ))
    before, level_before, logs = _current, _CLIPY.level, Logs(level, as_json=as_json)
    root = logging.getLogger()
    _current = logs
    _CLIPY.setLevel(logging.DEBUG)
    logging.captureWarnings(True)
    for handler in (logs.file, logs.console):
        root.addHandler(handler)
    try:
        _CLIPY.debug("clipy on Python %s, %s: %s", platform.python_version(), platform.platform(), sys.argv[1:])
        yield logs
    finally:
        _current = before
        logging.captureWarnings(False)
        _CLIPY.setLevel(level_before)
        for handler in (logs.file, logs.console):
            root.removeHandler(handler)
            handler.close()


def _secrets_of(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name.upper().endswith(_SECRET_ENDS) and len(value) >= _MIN_SECRET:
            yield value


def echo(text: str, level: int = logging.INFO) -> None:
    """Print a line on standard error, and log it. With ``--log-json`` it is a line of the log only."""
    logs = current()
    if logs is None:
        click.echo(printable(redact(text)), err=True)
    elif not logs.as_json and (level >= logging.ERROR or not logs.quiet):
        logs.console.write(printable(redact(text)))
    _ECHOED.log(level, "%s", text)


class _Console(logging.Handler):
    """Standard error. While progress bars are drawn there, they replace ``write`` by one that writes above them."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.write: Callable[[str], None] = _to_standard_error
        self._warned: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record. A warning that several stages repeat is shown once; the file has it each time."""
        text = printable(self.format(record))
        if record.levelno != logging.WARNING or text not in self._warned:
            self.write(text)
        if record.levelno == logging.WARNING:
            self._warned.add(text)


def _to_standard_error(text: str) -> None:
    click.echo(text, err=True)


class _RunFile(logging.Handler):
    """One file for a run. Records wait until it is created; where it cannot be written, one warning says so."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.setFormatter(_Json() if as_json else _Dated())
        self.path: Path | None = None
        self._suffix = ".jsonl" if as_json else ".log"
        self._waiting: list[logging.LogRecord] | None = []
        self._stream: TextIO | None = None

    def begin(self, folder: Path, name: str) -> None:
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = folder / f"{at}-{os.getpid()}-{name}{self._suffix}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(folder.glob("*-*-*"))[: 1 - _MAX_FILES]:
                old.unlink(missing_ok=True)
            self._stream = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self._give_up(error)
            return
        self.path = path
        waiting, self._waiting = self._waiting or [], None
        for record in waiting:
            self.emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        if self._waiting is not None:
            self._waiting.append(record)
        elif self._stream is not None:
            try:
                self._stream.write(printable(self.format(record)) + "\n")
                self._stream.flush()  # a run that is killed leaves a complete log
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        super().close()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _give_up(self, error: OSError) -> None:
        self._waiting = self._stream = None
        echo(f"cannot write the log of this run ({error.strerror or error})", logging.WARNING)


class _Dated(logging.Formatter):
    """A line of the file: time (UTC), level, stage, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{_time(record)} {record.levelname:<7} {_stage(record):<10} {record.name}: {super().format(record)}"


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "stage": _stage(record),
            "message": record.getMessage(),
        }
        if getattr(record, "data", None):
            entry["data"] = getattr(record, "data", None)
        if record.exc_text:
            entry["traceback"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stage(record: logging.LogRecord) -> str:
    return str(getattr(record, "stage", ""))


def _without_secrets(record: logging.LogRecord) -> bool:
    """Redact secrets in a record's data as well: by value, by shape, and by the name of their field."""
    if hasattr(record, "data"):
        record.data = _cleaned(record.data)
    return True


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        secret = {key for key in value if str(key).upper().endswith(_SECRET_ENDS) and isinstance(value[key], str)}
        return {key: REDACTED if key in secret else _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return redact(value) if isinstance(value, str) else value
