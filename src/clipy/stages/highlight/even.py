"""Evenly spaced stretches: the smallest highlighter, a template for yours, and the baseline to beat."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar, Self

from pydantic import Field, model_validator

from clipy.analysis.perception import transcript_of
from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.selection.snapping import placed
from clipy.types import Highlight, Span, Transcript, Video, seconds


class Even(Highlighter):
    """Spread ``count`` clips of about one length over the whole video, with their edges between sentences."""

    version: ClassVar[int] = 2

    class Options(Highlighter.Options):
        duration: float | None = Field(
            None,
            gt=0,
            description="Length of each clip, about; target_duration, or halfway the bounds, unless given. It widens "
            "the bounds that are not set.",
        )

        @model_validator(mode="before")
        @classmethod
        def _duration_widens_the_bounds(cls, given: object) -> object:
            """Bounds that are not set give way to the duration, so that clips keep the bounds of the options."""
            duration = given.get("duration") if isinstance(given, Mapping) else None
            if not isinstance(given, Mapping) or not isinstance(duration, int | float):
                return given
            bounds = Highlighter.Options.model_fields
            shortest, longest = bounds["min_duration"].default, bounds["max_duration"].default
            return {"min_duration": min(shortest, duration), "max_duration": max(longest, duration), **given}

        @model_validator(mode="after")
        def _duration_is_within_the_bounds(self) -> Self:
            if self.duration is not None and not self.min_duration <= self.duration <= self.max_duration:
                raise ValueError(
                    f"duration {self.duration} lies outside min_duration {self.min_duration}"
                    f" to max_duration {self.max_duration}"
                )
            return self

    options: Options

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        options = self.options
        wanted = seconds(
            options.duration or options.target_duration or (options.min_duration + options.max_duration) / 2
        )
        length = min(wanted, video.duration)
        count = min(self.most(video), max(1, int(video.duration / length)))
        free = (video.duration - count * length) / (count + 1)
        spans = [Span(start, start + length) for start in (free + index * (length + free) for index in range(count))]
        borders = [
            video.span.start,
            *((before.end + after.start) / 2 for before, after in pairwise(spans)),
            video.span.end,
        ]
        said = transcript_of(video, ctx) if video.audio else Transcript("", ())
        shortest, longest = min(length, seconds(options.min_duration)), max(length, seconds(options.max_duration))
        return [
            Highlight(
                placed(span, Span(*room), said, shortest, longest, video.duration),
                0.5,
                f"Part {index}",
                f"part {index} of {count}, evenly spaced",
            )
            for index, (span, room) in enumerate(zip(spans, pairwise(borders), strict=True), start=1)
        ]
