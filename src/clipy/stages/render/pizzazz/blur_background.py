"""Blur background: how the backdrop looks where the whole picture is shown (layout ``fit``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame, Plane
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.crop_windows.letterboxed import Fitted, Rectangle, as_json, fitted, from_json
from clipy.types import Edit, Video
from clipy.typography.occupied import leave_alone

_ACROSS = 96  # pixels across the backdrop before it is enlarged
_WIDEST = 9.0  # standard deviation of the strongest blur, in those pixels


class BlurBackground(Pizzazz):
    """The picture itself as its backdrop: enlarged until it covers the output, blurred, darker or lighter."""

    class Options(Pizzazz.Options):
        blur: float = Field(0.35, ge=0, le=1, description="From hardly any (0) to only colours (1).")
        light: float = Field(0.7, ge=0, le=1.5, description="Its brightness, as a share of the picture's own.")
        saturation: float = Field(1.25, ge=0, le=3, description="How colourful it is; 1 is as the picture, 0 is grey.")
        zoom: float = Field(1.15, ge=1, le=4, description="How much further it is enlarged than needed.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Find the stretches with a backdrop: ``plans[name]`` holds them under ``fit``."""
        leave_alone(edit, self.name)
        found = fitted(video, edit)
        return replace(edit, plans={**edit.plans, self.name: {"fit": as_json(found)}}) if found else edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._drawn(frames, from_json(edit.plans[self.name]["fit"]))

    def _drawn(self, frames: Iterator[Frame], stretches: tuple[Fitted, ...]) -> Iterator[Frame]:
        for frame in frames:
            on = next((stretch for stretch in stretches if frame.time in stretch.span), None)
            if on is not None:
                for number, plane in enumerate(frame.planes):
                    self._surround(plane, on.into, chroma=number > 0)
            yield frame

    def _surround(self, plane: Plane, into: Rectangle, *, chroma: bool) -> None:
        """Paint one plane outside of a rectangle with what is inside of it."""
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
        options, (high, wide) = self.options, (shape[0], shape[1])
        across = _ACROSS // 2 if chroma else _ACROSS
        size = (across, max(1, round(across * high / wide)))
        small = cv2.resize(_middle(picture, wide / high, options.zoom), size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(small, (0, 0), max(0.4, options.blur * _WIDEST) / (2 if chroma else 1))
        # Black is 16 and no colour 128: light scales from the one, colour and light together from the other.
        alpha, zero = (options.light * options.saturation, 128) if chroma else (options.light, 16)
        toned = np.clip((blurred.astype(np.float32) - zero) * alpha + zero, 16, 240 if chroma else 235)
        drawn = cv2.resize(toned.astype(np.uint8), (wide, high), interpolation=cv2.INTER_CUBIC)
        return np.asarray(drawn, np.uint8)


def _middle(picture: Plane, aspect: float, zoom: float) -> Plane:
    """The biggest part with given proportions from a plane's middle, smaller by ``zoom``."""
    high, wide = picture.shape[:2]
    width = max(1, round(min(wide, high * aspect) / zoom))
    height = max(1, round(min(high, wide / aspect) / zoom))
    left, top = (wide - width) // 2, (high - height) // 2
    return picture[top : top + height, left : left + width]
