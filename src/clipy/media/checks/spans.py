"""Joins moments at which something held into spans."""

from __future__ import annotations

from clipy.types import Seconds, Span


class SpanRecorder:
    """Told, in order of time, whether something holds from each moment on."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._since: Seconds | None = None

    def note(self, time: Seconds, *, holds: bool, since: Seconds | None = None) -> None:
        """From ``time`` on it holds, or not. A stretch begins at ``since`` where that is earlier."""
        if holds and self._since is None:
            self._since = time if since is None else since
        elif not holds and self._since is not None:
            self._spans.append(Span(self._since, time))
            self._since = None

    def spans(self, end: Seconds) -> tuple[Span, ...]:
        """All of them, the last one until ``end`` when it still holds."""
        if self._since is not None and end > self._since:
            return (*self._spans, Span(self._since, end))
        return tuple(self._spans)
