"""``executor = "threads"``: several videos at once, in threads of one process."""

from collections.abc import Callable

from pydantic import Field

from clipy import Event, Executor, Job, prepare_job


class Threads(Executor):
    """Prepares videos where it is. One that has machines would call ``prepare_job`` there, and wait here."""

    class Options(Executor.Options):
        threads: int = Field(2, ge=1, le=64, description="Videos at once, where videos is not set.")

    options: Options

    def videos_at_once(self) -> int:
        return self.options.videos or self.options.threads

    def prepare(self, job: Job, listener: Callable[[Event], None]) -> bool:
        prepare_job(job, listener)
        return True
