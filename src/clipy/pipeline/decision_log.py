"""Decisions in words for the log and as data for tools: the picks, the crops, the reviews.

They are read off the results, not reported by the backends, so that a run that loads everything logs the same as the
first.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from clipy.pipeline.outcome import Outcome
from clipy.types import CropPath, Highlight, Json, Span, Video

log = logging.getLogger(__name__)


def log_candidates(candidates: Sequence[Highlight], wanted: int) -> None:
    """Log what the highlighter picked, best first; those beyond the ``wanted`` number only in detail."""
    for rank, pick in enumerate(candidates, 1):
        level = logging.INFO if rank <= wanted else logging.DEBUG
        log.log(level, "candidate %d: %s", rank, format_pick(pick), extra={"data": _pick_record(pick, rank)})


def log_crop(highlight: Highlight, path: CropPath) -> None:
    """Log which layouts a highlight is given."""
    shots = [{**_place(shot.span), "layout": shot.layout, "panels": len(shot.panels)} for shot in path.shots]
    record = {"event": "framing", **_place(highlight.span), "stretches": shots}
    log.info("crop of %s: %s", format_span(highlight.span), describe_layouts(path), extra={"data": record})


def log_review(outcome: Outcome) -> None:
    """Log whether a clip passed, and each finding."""
    verdict, place = "passed" if outcome.passed else "rejected", _place(outcome.highlight.span)
    record = {"event": verdict, **place, "title": outcome.highlight.title}
    log.info("%s: %s", verdict, format_pick(outcome.highlight), extra={"data": record})
    for finding in outcome.findings:
        level = logging.INFO if finding.severity == "error" else logging.DEBUG
        record = {"event": "finding", "check": finding.check, "severity": finding.severity}
        record = {**record, "value": finding.value, "limit": finding.limit, **place}
        log.log(level, "%s of %s: %s", finding.severity, finding.check, finding.message, extra={"data": record})


def log_lost_speech(video: Video, lost: Sequence[Span]) -> None:
    """Log where somebody speaks and no word was recognised, each stretch in detail."""
    if not lost:
        return
    total = float(sum(span.duration for span in lost))
    log.warning(
        "%s: no words for %.0f s of speech, first at %s; -v lists all %d",
        video.path.name,
        total,
        format_span(lost[0]),
        len(lost),
    )
    for span in lost:
        record = {"event": "lost-speech", **_place(span)}
        log.info("speech without words: %s", format_span(span), extra={"data": record})


def format_span(span: Span) -> str:
    """A span in one line."""
    return f"{float(span.start):.2f}-{float(span.end):.2f} s"


def format_pick(pick: Highlight) -> str:
    """A pick in one line: span, title, score with its parts, reason."""
    parts = ", ".join(f"{name} {value:.2f}" for name, value in pick.details.items())
    score = f"score {pick.score:.3f}" + (f" ({parts})" if parts else "")
    return f"{format_span(pick.span)} {pick.title!r}, {score}: {pick.reason or 'no reason given'}"


def describe_layouts(path: CropPath) -> str:
    """Which layouts a crop uses for how long, and in how many parts."""
    spent: Counter[str] = Counter()
    for shot in path.shots:
        spent[shot.layout] += round(shot.span.duration * 1000)
    shares = ", ".join(f"{layout} for {length / 1000:.1f} s" for layout, length in spent.most_common())
    return f"{shares} in {len(path.shots)} stretch{'es' if len(path.shots) > 1 else ''}"


def _pick_record(pick: Highlight, rank: int) -> Json:
    facts = {"title": pick.title, "score": pick.score, "reason": pick.reason, "details": dict(pick.details)}
    return {"event": "candidate", "rank": rank, **_place(pick.span), **facts}


def _place(span: Span) -> Json:
    return {"start": float(span.start), "end": float(span.end)}
