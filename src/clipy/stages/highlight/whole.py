"""The whole video as one clip: captioned, reframed and reviewed like any other, but nothing is picked."""

from __future__ import annotations

from pydantic import Field

from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.types import Highlight, Video


class Whole(Highlighter):
    """All of the video, from its first picture to its last. ``clipy run --whole`` picks this."""

    class Options(Highlighter.Options):
        min_duration: float = Field(0.1, gt=0, description="A shorter video is refused (seconds).")

    options: Options

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        title = video.path.stem.replace("_", " ").strip()
        return [Highlight(video.span, 1.0, title, "the whole video", given=True)]
