"""A job: one video, with the settings that hold for it. It travels between processes and machines as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter

from clipy.config import Config
from clipy.context import Event

Listener: TypeAlias = Callable[[Event], None]


def nobody_listens(event: Event) -> None:
    """The default listener: nothing is shown."""


@dataclass(frozen=True)
class Job:
    """One video to turn into clips.

    ``video`` and ``store`` are absolute paths that every machine at work can read; ``since`` is as in ``clipy.run``.
    Where the clips are delivered is no part of it: only the driver, the process that was started, delivers and uploads.
    """

    video: Path
    config: Config
    store: Path
    since: str | None = None

    def to_json(self) -> str:
        """The job as one line of JSON."""
        return _JOB.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Read what ``to_json`` wrote."""
        return _JOB.validate_json(text)


_JOB = TypeAdapter(Job)
