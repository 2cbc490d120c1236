"""The parts of the output that pizzazz draws on, so that captions, titles and faces do not cover one another.

A plan lists what must not be covered under ``"occupied"``: a span (clip time) and a box (output pixels) each. The plans
of third-party pizzazz count as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from clipy.errors import ConfigError
from clipy.types import Box, Edit, Json, Span


@dataclass(frozen=True, slots=True)
class OccupiedRegion:
    """A rectangle of the output (pixels) that is drawn on for some time (clip time)."""

    span: Span
    box: Box


_REGIONS = TypeAdapter(tuple[OccupiedRegion, ...])


def regions_to_json(regions: Iterable[OccupiedRegion]) -> Json:
    """The value of ``"occupied"`` in a plan."""
    return _REGIONS.dump_python(tuple(regions), mode="json")


def occupied_regions(edit: Edit, exclude: str = "") -> tuple[OccupiedRegion, ...]:
    """The regions of all plans made so far, in the order of the plans, except the plan named ``exclude``."""
    return tuple(region for name, plan in edit.plans.items() if name != exclude for region in regions_of_plan(plan))


def refuse_to_paint_over(edit: Edit, name: str) -> None:
    """Raise ConfigError where something is planned already that the pizzazz ``name`` would paint over."""
    drawn = [other for other, plan in edit.plans.items() if regions_of_plan(plan)]
    if drawn:
        what = f"{name} comes after {', '.join(drawn)} and would paint over it"
        raise ConfigError(what, do=f"Put {name} before {drawn[0]}")


def regions_of_plan(plan: Json) -> tuple[OccupiedRegion, ...]:
    """The occupied regions of one plan; none where it lists none."""
    return _REGIONS.validate_python(plan["occupied"]) if isinstance(plan, Mapping) and "occupied" in plan else ()
