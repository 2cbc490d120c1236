"""What was decided, in words for the log and as data for tools: the picks, where to look, what a review says.

It is read off the results, not told by the backends, so that a run which loads everything says the same as the first.
"""

from __future__ import annotations

import logging
from collections import Counter

from clipy.pipeline.outcome import Outcome
from clipy.types import CropPath, Highlight, Json, Span

log = logging.getLogger(__name__)


def told(item: Highlight | Span) -> str:
    """A stretch, or a pick with its score and reason, in one line."""
    if isinstance(item, Span):
        return f"{float(item.start):.2f}-{float(item.end):.2f} s"
    parts = ", ".join(f"{name} {value:.2f}" for name, value in item.details.items())
    made_of = f" ({parts})" if parts else ""
    return f"{told(item.span)} {item.title!r}, score {item.score:.2f}{made_of}: {item.reason or 'no reason given'}"


def picked(pick: Highlight, rank: int) -> Json:
    """A candidate of the highlighter, as data."""
    return {
        "event": "candidate",
        "rank": rank,
        **_place(pick.span),
        "title": pick.title,
        "score": pick.score,
        "reason": pick.reason,
        "details": dict(pick.details),
    }


def layouts(path: CropPath) -> str:
    """How a highlight is laid out: which layouts for how long, and how often it changes."""
    spent: Counter[str] = Counter()
    for shot in path.shots:
        spent[shot.layout] += float(shot.span.duration)  # type: ignore[assignment]
    shares = ", ".join(f"{layout} for {length:.1f} s" for layout, length in spent.most_common())
    return f"{shares} in {len(path.shots)} stretch{'es' if len(path.shots) > 1 else ''}"


def framed(highlight: Highlight, path: CropPath) -> Json:
    """The layout of each stretch, as data."""
    shots = [{**_place(shot.span), "layout": shot.layout, "panels": len(shot.panels)} for shot in path.shots]
    return {"event": "framing", **_place(highlight.span), "stretches": shots}


def log_review(outcome: Outcome) -> None:
    """Say whether a clip passed, and each thing that was found in it."""
    said = "passed" if outcome.passed else "rejected"
    facts = {"event": said, **_place(outcome.highlight.span), "title": outcome.highlight.title}
    log.info("%s: %s", said, told(outcome.highlight.span), extra={"data": facts})
    for finding in outcome.findings:
        level = logging.INFO if finding.severity == "error" else logging.DEBUG
        found = {"event": "finding", "check": finding.check, "severity": finding.severity}
        facts = {**found, "value": finding.value, "limit": finding.limit, **_place(outcome.highlight.span)}
        log.log(level, "%s of %s: %s", finding.severity, finding.check, finding.message, extra={"data": facts})


def _place(span: Span) -> Json:
    return {"start": float(span.start), "end": float(span.end)}
