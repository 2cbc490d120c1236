"""Candidates on their way to a clip: a span that cannot be decoded costs its candidate, not the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from clipy.context import Context
from clipy.errors import MediaError
from clipy.pipeline.outcome import Rejected
from clipy.pipeline.parallel import parallel_map
from clipy.types import Clip, Edit, Finding, Highlight

log = logging.getLogger(__name__)
Item = TypeVar("Item", Highlight, Edit, Clip)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Planned:
    """A clip that is ready to be rendered. ``repaired``: errors of an earlier plan, which this one repairs."""

    edit: Edit
    repaired: tuple[Finding, ...] = ()


def each(
    items: Sequence[Item],
    work: Callable[[Item, Context], Made | Rejected],
    ctx: Context,
    rejected: list[Rejected],
    at_once: int = 1,
) -> list[Made]:
    """Work on each item with its share of the stage's progress; what cannot be decoded, or is refused, is rejected."""

    def tried(item: Item, part: Context) -> Made | Rejected:
        try:
            return work(item, part)
        except MediaError as error:
            log.warning("%s", error)
            return Rejected.undecodable(item, error)

    found = parallel_map(items, tried, ctx, at_once)
    rejected += [one for one in found if isinstance(one, Rejected)]
    return [one for one in found if not isinstance(one, Rejected)]
