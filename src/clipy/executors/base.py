"""The core class of executors, and how many videos fit on this machine."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from pydantic import Field

from clipy.backend import Backend
from clipy.executors.preparing.job import Job, Listener


class Executor(Backend):
    """Does the work on videos, here or on other machines; the driver then delivers and uploads what it finds.

    The two meet in the store: an executor makes what a job needs with ``clipy.prepare_job``, wherever it likes, in a
    process that sees the same store and the same video. The driver then runs the pipeline itself, which loads it all.
    Whatever dies on the way is therefore made by another, and the driver's journal alone decides on uploads. One object
    prepares several jobs at once, each in a thread of the driver.
    """

    group: ClassVar[str] = "executor"

    class Options(Backend.Options):
        videos: int | None = Field(None, ge=1, description="Videos at once; as many as fit unless given.")
        attempts: int = Field(
            3, ge=1, le=100, description="How often the work on a video is started when workers die, before it fails."
        )

    options: Options

    @abstractmethod
    def videos_at_once(self) -> int:
        """How many jobs are prepared at the same time, at least 1. Raises ConfigError where none can be."""

    @abstractmethod
    def prepare(self, job: Job, listener: Listener) -> bool:
        """Put all that a job's clips need into its store, and return True; False leaves the work to the driver.

        ``listener`` is told about the progress (``clipy.Event``); it may raise, which ends the work on this job.
        Nothing is delivered and nothing uploaded. Raises ClipyError: what is wrong with the video, or WorkerLost.
        """

    def stop(self) -> None:
        """End the work in progress and release what it runs on; called once, also after an error or Ctrl-C."""
