"""The template of a reframer: one still window in the middle."""

from __future__ import annotations

from clipy.analysis.camera import Camera
from clipy.context import Context
from clipy.stages.base import Reframer
from clipy.types import CropPath, Highlight, Video


class Center(Reframer):
    """The middle of the picture, whatever is in it."""

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        camera = Camera(video, self.options.width, self.options.height)
        return CropPath(self.options.width, self.options.height, (camera.middle(highlight.span),))
