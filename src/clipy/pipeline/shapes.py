"""The clips of a run in further shapes: the same moments from the same analysis, framed, rendered and reviewed anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.context import Context
from clipy.pipeline.attempts import Planned, each
from clipy.pipeline.outcome import Clock, Outcome, Rejected
from clipy.types import Clip, Edit, Video

if TYPE_CHECKING:
    from clipy.pipeline.pipeline import Pipeline


@dataclass(frozen=True)
class Numbered:
    """A clip, its number, which is the same in every shape, and what its name says of a shape that is not the main."""

    number: int
    outcome: Outcome
    shape: str = ""

    def named(self, prefix: str) -> Outcome:
        """The clip with its name, such as ``talk-01`` or ``talk-01-1x1``."""
        name = f"{prefix}-{self.number:02d}{self.shape}"
        return replace(self.outcome, clip=replace(self.outcome.clip, name=name))


@dataclass(frozen=True)
class Making:
    """What clips are made with, whatever their shape."""

    video: Video
    attribution: SpeakerAttribution
    clock: Clock
    ctx: Context


def in_every_shape(
    pipeline: Pipeline, made: Sequence[Outcome], rejected: list[Rejected], making: Making
) -> list[Numbered]:
    """The clips of the main shape, each followed by the same moment in the other shapes, where it passed there too."""
    main = [Numbered(number, outcome) for number, outcome in enumerate(made, 1)]
    others = [one for other in pipeline.in_other_shapes() for one in _in_shape(other, main, rejected, making)]
    return sorted([*main, *others], key=lambda one: one.number)


def _in_shape(
    pipeline: Pipeline, main: Sequence[Numbered], rejected: list[Rejected], making: Making
) -> Iterator[Numbered]:
    """Each moment with its edges as they were delivered. One that fails in this shape is not replaced by another."""
    (ratio,) = pipeline.reframer.options.ratio
    video, clock, ctx = making.video, making.clock, making.ctx
    published = pipeline.quality_control.published(ctx)
    beside: list[Clip] = []
    for item in main:
        with clock.measuring("reframe"):
            part = ctx.at("reframe")
            highlights = [item.outcome.highlight]
            outlines: list[Edit] = each(highlights, partial(pipeline.outline, video), part, rejected)
            planned: list[Planned] = each(
                outlines, partial(pipeline.planned, video, making.attribution), part, rejected
            )
        for plan in planned:
            rendered = pipeline.rendered(video, clock, plan, ctx.at("render"))
            others = (*beside, *published)
            outcome = pipeline.reviewed(video, rendered, ctx.at("review"), clock, others, making.attribution)
            if isinstance(outcome, Rejected):
                rejected.append(outcome)
            else:
                beside.append(outcome.clip)
                yield Numbered(item.number, outcome, f"-{ratio.replace(':', 'x')}")
