"""``reframe = "center"``: one static window in the middle. Also the simplest example of a reframer."""

from __future__ import annotations

from clipy.analysis.camera.camera import Camera
from clipy.analysis.picture.shot_analysis import analyze_shots
from clipy.context import Context
from clipy.stages.base import Reframer
from clipy.types import CropPath, Highlight, Shot, Video


class Center(Reframer):
    """The middle of the picture, without black bars, whatever its content."""

    version = 2

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        (scene,) = analyze_shots(video, [Shot(highlight.span)], ctx)
        camera = Camera(video, self.options.width, self.options.height, picture=scene.picture)
        return CropPath(self.options.width, self.options.height, (camera.middle(highlight.span),))
