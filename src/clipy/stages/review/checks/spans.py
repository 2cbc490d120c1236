"""Findings about spans of a clip: one for the whole clip, or one for each span that is too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from clipy.types import Evidence, Finding, Severity, Span

_MOST = 0.8  # share of a clip above which a defect concerns all of it

Show = Callable[[Span], Evidence]


def mostly(spans: tuple[Span, ...], whole: Fraction, limit: float) -> tuple[tuple[Span, ...], bool]:
    """The spans longer than the limit, and whether they make up most of the clip."""
    noticed = min(Fraction(limit), Fraction(_MOST) * whole)
    long = tuple(span for span in spans if span.duration > noticed)
    total = sum((span.duration for span in long), Fraction(0))
    return long, total > Fraction(_MOST) * whole


def stretches(
    check: str,
    word: str,
    spans: tuple[Span, ...],
    limit: float,
    whole: Fraction,
    show: Show,
    *,
    severity: Severity = "error",
    hint: str = "",
) -> Iterator[Finding]:
    """Yield one finding for the clip where most of it is affected, else one for each span longer than the limit."""
    long, most = mostly(spans, whole, limit)
    hint = hint if severity == "error" else ""
    if most:
        total = float(sum((span.duration for span in long), Fraction(0)))
        everything = Span(Fraction(0), whole)
        message = f"{total:.1f} of {float(whole):.1f} s are {word}{hint}"
        yield Finding(check, severity, message, everything, total, limit, show(everything))
        return
    for span in long:
        length = float(span.duration)
        message = f"{length:.1f} s are {word}, starting at {float(span.start):.1f} s{hint}"
        yield Finding(check, severity, message, span, length, limit, show(span))


def picture_of(span: Span) -> Evidence:
    """The frame in the middle of a span, as evidence."""
    return Evidence.picture((span.start + span.end) / 2)
