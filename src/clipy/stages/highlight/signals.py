"""Picks by sound and picture alone: for sport, games, concerts, and whatever else says nothing."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from clipy.context import Context
from clipy.stages.highlight.selection.activity import busiest
from clipy.stages.highlight.selection.candidates import bounds
from clipy.stages.highlight.sidecars.beside import ReadsSidecars
from clipy.types import Highlight, Video

_SPARES = 3  # rounds of further candidates, to replace those that a reviewer rejects


class Signals(ReadsSidecars):
    """The stretches in which most happens: loud, swelling sound, movement, cuts, faces up close. Hears no words.

    Where a chat or a "most replayed" graph lies beside the video, they count as much as sound and movement do.
    """

    version: ClassVar[int] = 3

    class Options(ReadsSidecars.Options):
        faces: bool = Field(True, description="Whether to look for faces, every two seconds.")

    options: Options

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        options = self.options
        shortest, longest = bounds(options.min_duration, options.max_duration)
        return busiest(
            video,
            shortest,
            longest,
            self.most(video),
            ctx,
            spares=_SPARES,
            target=options.target_duration,
            faces=options.faces,
            rows=self.sidecars_of(video).rows,
        )
