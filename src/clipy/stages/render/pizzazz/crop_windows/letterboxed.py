"""When a clip shows the whole source picture over a backdrop (layout ``fit``), and where on the output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pydantic import TypeAdapter

from clipy.types import Edit, Json, Span, Video

Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A stretch of clip time and the rectangle (x1, y1, x2, y2; even) that the picture fills in it."""

    span: Span
    into: Rectangle


_FITTED = TypeAdapter(tuple[Fitted, ...])


def fitted(video: Video, edit: Edit) -> tuple[Fitted, ...]:
    """Every stretch with the layout ``fit``, in order.

    A frame whose middle lies behind a cut already shows the next shot: stretches are moved by half a source frame.
    """
    half = 1 / video.frame_rate / 2
    found, passed = [], Fraction(0)
    for kept in edit.keep:
        for shot in edit.crop.shots:
            part = shot.span.clamp(kept)
            if shot.layout == "fit" and part.duration > 0:
                start = Fraction(0) if part.start == kept.start else part.start - kept.start - half
                end = part.end - kept.start - (0 if part.end == kept.end else half)
                start = max(start, Fraction(0))
                on = Span(passed + start, passed + max(start, end))
                found.append(Fitted(on, _even(shot.panels[0].into)))
        passed += kept.duration
    return tuple(found)


def as_json(stretches: tuple[Fitted, ...]) -> Json:
    """The stretches as a plan holds them."""
    return _FITTED.dump_python(stretches, mode="json")


def from_json(plan: Json) -> tuple[Fitted, ...]:
    """The stretches out of a plan."""
    return _FITTED.validate_python(plan)


def _even(into: Rectangle) -> Rectangle:
    x1, y1, x2, y2 = (round(edge / 2) * 2 for edge in into)
    return x1, y1, x2, y2
