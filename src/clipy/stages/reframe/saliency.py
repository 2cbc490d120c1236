"""``reframe = "saliency"``: follows salient regions. For sport, games, nature, objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import Field

from clipy.analysis.base import ShotDetector
from clipy.analysis.camera.camera import Camera
from clipy.analysis.picture.saliency import saliency_path
from clipy.analysis.picture.shot_analysis import ShotAnalysis, analyze_shots
from clipy.context import Context
from clipy.stages.base import Reframer
from clipy.types import CropPath, CropShot, Highlight, Track, Video

_GAIN = 0.2  # share of the saliency that the window must hold beyond its share of the picture
_CALM = 0.25  # window sides by which the centre of saliency may drift before the camera follows


class Saliency(Reframer):
    """One window on contrast and motion; the whole picture where saliency is spread wider than any window."""

    class Options(Reframer.Options):
        fit: bool = Field(True, description="Show the whole picture where no window holds the salient regions.")

    options: Options

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        shots = ctx.within(0, 0.3).cached(ctx.analyser(ShotDetector).detect, video, highlight.span)
        crops = []
        for scene in analyze_shots(video, shots, ctx.within(0.3, 0.6)):
            camera = Camera(video, self.options.width, self.options.height, picture=scene.picture)
            whole = self.options.fit and scene.page
            crops.append(camera.whole(scene.span) if whole else salient_crop(camera, scene, self.options.fit))
        return CropPath(self.options.width, self.options.height, tuple(crops))


def salient_crop(camera: Camera, scene: ShotAnalysis, fit: bool) -> CropShot:
    """The largest window on the salient regions of a shot; with ``fit``, the whole picture where it holds little."""
    high, wide = camera.largest_height, camera.largest_height * camera.width / camera.height
    area = camera.area
    if area.width - wide < 1 and area.height - high < 1:
        return camera.middle(scene.span)
    found = saliency_path(camera.video, scene.span, area, (wide, high))
    if fit and found.coverage - found.baseline < _GAIN * (1 - found.baseline):
        return camera.whole(scene.span)
    # The camera puts faces above the middle; salient regions belong in it, and their centre is inexact.
    lower = (0.5 - camera.eye_line) * high
    x, y = found.centers[:, 0], found.centers[:, 1] - lower
    boxes = np.stack([x, y, x, y], axis=1)
    track = Track(0, scene.span, found.times, boxes, np.ones(len(x), np.float32))
    return CropShot(scene.span, "single", (replace(camera, dead_zone=_CALM).follow(scene.span, track, high),))
