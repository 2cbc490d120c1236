"""Die at any moment: after so many steps of the program, be it a write to the journal, a call, or some bytes sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from clipy.stages.upload.publishing.http import HttpClient
from clipy.stages.upload.publishing.job import UploadJob
from clipy.stages.upload.publishing.journal import Journal
from clipy.stages.upload.publishing.vault import FileVault


class Killed(BaseException):
    """Not an Exception: nothing in the program may catch it, as nothing can catch a kill."""


@contextmanager
def killing(after: int | None) -> Iterator[None]:
    """Raise Killed at step number ``after``; each wrapped call has a step before it and one after it."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if after is not None and steps > after:
            raise Killed

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            step()
            result = real(*arguments, **named)
            step()
            return result

        return call

    with (
        mock.patch.object(Journal, "record", wrapped(Journal.record)),
        mock.patch.object(FileVault, "write", wrapped(FileVault.write)),
        mock.patch.object(HttpClient, "_request", wrapped(HttpClient._request)),
        mock.patch.object(UploadJob, "report_sent", wrapped(UploadJob.report_sent)),
    ):
        yield
