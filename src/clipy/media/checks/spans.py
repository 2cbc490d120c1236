"""Records the spans during which a condition holds."""

from __future__ import annotations

from clipy.types import Seconds, Span


class SpanRecorder:
    """Fed, in order of time, with whether a condition holds from each time on."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._since: Seconds | None = None

    def record(self, time: Seconds, *, holds: bool, since: Seconds | None = None) -> None:
        """From ``time`` on the condition holds, or not. The span starts at ``since`` if that is earlier."""
        if holds and self._since is None:
            self._since = time if since is None else since
        elif not holds and self._since is not None:
            self._spans.append(Span(self._since, time))
            self._since = None

    def spans(self, end: Seconds) -> tuple[Span, ...]:
        """All spans; the last one until ``end`` if the condition still holds."""
        if self._since is not None and end > self._since:
            return (*self._spans, Span(self._since, end))
        return tuple(self._spans)
