"""``pizzazz = "blur-background"``: the backdrop of letterboxed pictures (layout ``fit``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame, Plane
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.crop_windows.letterboxed import (
    LetterboxedRegion,
    Rectangle,
    letterboxed_plan,
    letterboxed_regions,
    planned_regions,
    rectangle_at,
)
from clipy.types import Edit, Video
from clipy.typography.occupied_regions import refuse_to_paint_over

_BLUR_WIDTH = 96  # pixels; width of the backdrop while it is blurred
_MAX_SIGMA = 9.0  # standard deviation of the strongest blur, in those pixels


class BlurBackground(Pizzazz):
    """The picture as its own backdrop: enlarged to cover the output, blurred, darkened or brightened."""

    class Options(Pizzazz.Options):
        blur: float = Field(0.35, ge=0, le=1, description="Strength of the blur: 0 hardly any, 1 colors only.")
        light: float = Field(0.7, ge=0, le=1.5, description="Brightness, relative to the picture.")
        saturation: float = Field(1.25, ge=0, le=3, description="Saturation, relative to the picture; 0 is gray.")
        zoom: float = Field(1.15, ge=1, le=4, description="Enlargement beyond what covers the output.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """``plans[name]`` holds the letterboxed regions under ``fit``."""
        refuse_to_paint_over(edit, self.name)
        regions = letterboxed_regions(video, edit)
        return replace(edit, plans={**edit.plans, self.name: letterboxed_plan(regions)}) if regions else edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._draw(frames, planned_regions(edit.plans[self.name]))

    def _draw(self, frames: Iterator[Frame], regions: tuple[LetterboxedRegion, ...]) -> Iterator[Frame]:
        for frame in frames:
            into = rectangle_at(regions, frame.time)
            if into is not None:
                for index, plane in enumerate(frame.planes):
                    self._surround(plane, into, chroma=index > 0)
            yield frame

    def _surround(self, plane: Plane, into: Rectangle, *, chroma: bool) -> None:
        """Paint a plane outside of a rectangle with a backdrop made from what is inside."""
        step = 2 if chroma else 1
        x1, y1, x2, y2 = (edge // step for edge in into)
        backdrop = self._backdrop(plane[y1:y2, x1:x2], plane.shape, chroma=chroma)
        for rows, columns in (
            (slice(0, y1), slice(None)),
            (slice(y2, None), slice(None)),
            (slice(y1, y2), slice(0, x1)),
            (slice(y1, y2), slice(x2, None)),
        ):
            plane[rows, columns] = backdrop[rows, columns]

    def _backdrop(self, picture: Plane, shape: tuple[int, ...], *, chroma: bool) -> Plane:
        options, (height, width) = self.options, (shape[0], shape[1])
        small_width = _BLUR_WIDTH // 2 if chroma else _BLUR_WIDTH
        size = (small_width, max(1, round(small_width * height / width)))
        small = cv2.resize(_center_crop(picture, width / height, options.zoom), size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(small, (0, 0), max(0.4, options.blur * _MAX_SIGMA) / (2 if chroma else 1))
        # Luma scales from black (16); chroma from neutral (128), by brightness and saturation together.
        gain, origin = (options.light * options.saturation, 128) if chroma else (options.light, 16)
        toned = np.clip((blurred.astype(np.float32) - origin) * gain + origin, 16, 240 if chroma else 235)
        enlarged = cv2.resize(toned.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(enlarged, np.uint8)


def _center_crop(picture: Plane, aspect: float, zoom: float) -> Plane:
    """The largest centered part with an aspect ratio, reduced by ``zoom``."""
    height, width = picture.shape[:2]
    crop_width = max(1, round(min(width, height * aspect) / zoom))
    crop_height = max(1, round(min(height, width / aspect) / zoom))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return picture[top : top + crop_height, left : left + crop_width]
