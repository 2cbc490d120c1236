"""Evenly spaced stretches: the smallest highlighter, a template for yours, and the baseline to beat."""

from __future__ import annotations

from fractions import Fraction

from pydantic import Field

from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.types import Highlight, Span, Video, seconds


class Even(Highlighter):
    """Spread ``count`` clips of one length over the whole video, whatever it shows."""

    class Options(Highlighter.Options):
        duration: float | None = Field(
            None, gt=0, description="Length of each clip; target_duration, or halfway the bounds, unless given."
        )

    options: Options

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        options = self.options
        wanted = seconds(
            options.duration or options.target_duration or (options.min_duration + options.max_duration) / 2
        )
        length = min(wanted, video.duration)
        count = min(options.count, max(1, int(video.duration / length)))
        free = (video.duration - count * length) / (count + 1)
        starts = [free + index * (length + free) for index in range(count)]
        return [
            Highlight(Span(start, start + length), 0.5, f"Part {index}", f"part {index} of {count}, evenly spaced")
            for index, start in enumerate((Fraction(start) for start in starts), start=1)
        ]
