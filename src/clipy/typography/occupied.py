"""What on the picture is taken: so that captions, titles and faces keep out of one another's way.

A plan that will draw something which must not be covered says so under ``"taken"``: when (clip time), and which
rectangle (output pixels). Any pizzazz, a third party's too, is read and respected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from clipy.errors import ConfigError
from clipy.types import Box, Edit, Json, Span


@dataclass(frozen=True, slots=True)
class OccupiedRegion:
    """A rectangle of the output that something is drawn on for some time."""

    span: Span
    box: Box


_TAKEN = TypeAdapter(tuple[OccupiedRegion, ...])


def as_json(taken: Iterable[OccupiedRegion]) -> Json:
    """What goes under ``"taken"`` in a plan."""
    return _TAKEN.dump_python(tuple(taken), mode="json")


def taken(edit: Edit, but: str = "") -> tuple[OccupiedRegion, ...]:
    """What the plans made so far will draw, in the order of the plans; ``but`` leaves out the plan of one name."""
    plans = (plan for name, plan in edit.plans.items() if name != but and isinstance(plan, Mapping))
    return tuple(item for plan in plans if "taken" in plan for item in _TAKEN.validate_python(plan["taken"]))


def leave_alone(edit: Edit, name: str) -> None:
    """Raise ConfigError where something planned earlier is drawn: ``name`` would paint over it."""
    drawn = [other for other in edit.plans if taken(replace(edit, plans={other: edit.plans[other]}))]
    if drawn:
        what = f"{name} comes after {', '.join(drawn)}, and would paint over it"
        raise ConfigError(what, do=f"Put {name} before {drawn[0]}")


def overlap(a: Box, b: Box) -> float:
    """The area that two rectangles share, in square pixels."""
    wide = min(a.x2, b.x2) - max(a.x1, b.x1)
    high = min(a.y2, b.y2) - max(a.y1, b.y1)
    return max(0.0, wide) * max(0.0, high)
