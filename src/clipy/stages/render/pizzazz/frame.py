"""``pizzazz = "frame"``: letterboxed pictures (layout ``fit``) as cards with corners, border, shadow and backdrop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame, Plane, Planes, rgb_to_yuv
from clipy.stages.base import Pizzazz
from clipy.stages.render.pizzazz.crop_windows.letterboxed import (
    LetterboxedRegion,
    Rectangle,
    letterboxed_plan,
    letterboxed_regions,
    planned_regions,
    rectangle_at,
)
from clipy.types import LETTERBOXED, CropShot, Edit, Panel, Video
from clipy.typography.brand import HEX_COLOR, parse_color
from clipy.typography.occupied_regions import refuse_to_paint_over
from clipy.typography.overlay import Overlay, gaussian_blur, rounded_rectangle
from clipy.typography.styles import BLACK, Color

_SHADOW_SIGMA = 0.03  # as a share of the picture's shorter side


class Framed(Pizzazz):
    """The picture as a card: inset from the edges, with round corners, a border, a shadow and a backdrop."""

    class Options(Pizzazz.Options):
        backdrop: Literal["picture", "color", "gradient"] = Field(
            "picture",
            description="picture: keep the blurred picture; color; gradient: from color to second_color.",
        )
        color: str = Field("#1b1464", pattern=HEX_COLOR, description="Backdrop color, or top of the gradient, #rrggbb.")
        second_color: str = Field("#d6336c", pattern=HEX_COLOR, description="Bottom of the gradient, as #rrggbb.")
        margin: float = Field(
            0.045, ge=0, le=0.4, description="Space left and right, as a share of the picture's shorter side."
        )
        radius: float = Field(0.035, ge=0, le=0.3, description="Corner radius, as a share of the shorter side.")
        border: float = Field(0.004, ge=0, le=0.05, description="Border width, as a share of the shorter side.")
        border_color: str = Field("#ffffff", pattern=HEX_COLOR, description="Border color, as #rrggbb.")
        shadow: float = Field(0.5, ge=0, le=1, description="Opacity of the shadow around the picture.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Inset the letterboxed panels, so that they are resampled once; ``plans[name]`` holds them under ``fit``."""
        refuse_to_paint_over(edit, self.name)
        if not letterboxed_regions(video, edit):
            return edit
        edit = replace(edit, crop=replace(edit.crop, shots=tuple(self._inset(shot, edit) for shot in edit.crop.shots)))
        plan = letterboxed_plan(letterboxed_regions(video, edit))
        return replace(edit, plans={**edit.plans, self.name: plan})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._draw(frames, planned_regions(edit.plans[self.name]), edit)

    def _inset(self, shot: CropShot, edit: Edit) -> CropShot:
        if shot.layout not in LETTERBOXED:
            return shot
        scale = 1 - 2 * self.options.margin * min(edit.crop.width, edit.crop.height) / edit.crop.width
        panels = []
        for panel in shot.panels:
            x1, y1, x2, y2 = panel.into
            width, height = (max(2, round((b - a) * scale / 2) * 2) for a, b in ((x1, x2), (y1, y2)))
            left, top = round((x1 + x2 - width) / 4) * 2, round((y1 + y2 - height) / 4) * 2
            panels.append(Panel(panel.keyframes, (left, top, left + width, top + height)))
        return replace(shot, panels=tuple(panels))

    def _draw(self, frames: Iterator[Frame], regions: tuple[LetterboxedRegion, ...], edit: Edit) -> Iterator[Frame]:
        painter = _FramePainter(self.options, edit.crop.width, edit.crop.height)
        for frame in frames:
            into = rectangle_at(regions, frame.time)
            if into is not None:
                painter.paint(frame, into)
            yield frame


class _FramePainter:
    """Paints the frame around a picture; whatever is the same in every frame is prepared once."""

    def __init__(self, options: Framed.Options, width: int, height: int) -> None:
        side = min(width, height)
        self._options, self._width, self._height = options, width, height
        self._radius, self._border = options.radius * side, options.border * side
        self._sigma = _SHADOW_SIGMA * side if options.shadow else 0.0
        self._backdrop = None if options.backdrop == "picture" else self._make_backdrop()
        self._strips = lru_cache(maxsize=8)(self._make_strips)

    def paint(self, frame: Frame, into: Rectangle) -> None:
        planes = frame.planes
        if self._backdrop is not None:
            for plane, backdrop, step in zip(planes, self._backdrop, (1, 2, 2), strict=True):
                _copy_outside(plane, backdrop, into, step)
        if self._radius >= 1:
            for plane, step in zip(planes, (1, 2, 2), strict=True):
                _round_corners(plane, into, self._radius, step)
        for strip in self._strips(into):
            strip.blend_onto(frame)

    def _make_backdrop(self) -> Planes:
        first = parse_color(self._options.color)
        second = parse_color(self._options.second_color) if self._options.backdrop == "gradient" else first
        return rgb_to_yuv(_gradient(first, second, self._width, self._height))

    def _make_strips(self, into: Rectangle) -> tuple[Overlay, ...]:
        """Border and shadow, as four strips around the untouched middle of the picture."""
        x1, y1, x2, y2 = into
        outside = 2 * int(np.ceil((3 * self._sigma + self._border) / 2) + 1)
        inside = 2 * int(np.ceil((self._radius + self._border) / 2) + 1)
        whole = Overlay(x1 - outside, y1 - outside, x2 - x1 + 2 * outside, y2 - y1 + 2 * outside)
        shape = np.pad(rounded_rectangle(x2 - x1, y2 - y1, self._radius), outside)
        if self._sigma:
            shadow = gaussian_blur(shape, self._sigma)
            ring = np.asarray(cv2.multiply(shadow, 255 - shape, scale=1 / 255), np.uint8)
            whole.paint(ring, whole.x, whole.y, BLACK, self._options.shadow)
        if self._border >= 0.5:
            edge = round(self._border)
            hole = rounded_rectangle(x2 - x1 - 2 * edge, y2 - y1 - 2 * edge, self._radius - edge)
            border = np.asarray(cv2.subtract(shape, np.pad(hole, outside + edge)), np.uint8)
            whole.paint(border, whole.x, whole.y, parse_color(self._options.border_color))
        thickness = min(outside + inside, whole.height // 4 * 2, whole.width // 4 * 2)
        side_height = whole.height - 2 * thickness
        return (
            whole.crop(whole.x, whole.y, whole.width, thickness),
            whole.crop(whole.x, whole.y + whole.height - thickness, whole.width, thickness),
            whole.crop(whole.x, whole.y + thickness, thickness, side_height),
            whole.crop(whole.x + whole.width - thickness, whole.y + thickness, thickness, side_height),
        )


def _copy_outside(plane: Plane, backdrop: Plane, into: Rectangle, step: int) -> None:
    """Copy one plane over another everywhere but in a rectangle."""
    x1, y1, x2, y2 = (edge // step for edge in into)
    plane[:y1], plane[y2:] = backdrop[:y1], backdrop[y2:]
    plane[y1:y2, :x1], plane[y1:y2, x2:] = backdrop[y1:y2, :x1], backdrop[y1:y2, x2:]


def _round_corners(plane: Plane, into: Rectangle, radius: float, step: int) -> None:
    """Round the corners of a rectangle by continuing the backdrop into them."""
    x1, y1, x2, y2 = (edge // step for edge in into)
    size = int(np.ceil(radius / step))
    mask = _corner_mask(size, radius / step)
    for flipped, mirrored in ((False, False), (False, True), (True, False), (True, True)):
        # Flipped and mirrored views make each of the four corners a top left one.
        view = plane[::-1] if flipped else plane
        view = view[:, ::-1] if mirrored else view
        top = plane.shape[0] - y2 if flipped else y1
        left = plane.shape[1] - x2 if mirrored else x1
        patch = view[top : top + size, left : left + size]
        behind = _extrapolate(view, top, left, size)
        patch[:] = np.clip(behind + (patch - behind) * mask + 0.5, 0, 255).astype(np.uint8)


def _extrapolate(plane: Plane, top: int, left: int, size: int) -> NDArray[np.float32]:
    """A smooth backdrop continued under a corner: the sum of its profiles above and beside the corner."""
    above = plane[top - 1, left : left + size].astype(np.float32)[None, :] if top else None
    beside = plane[top : top + size, left - 1].astype(np.float32)[:, None] if left else None
    if above is not None and beside is not None:
        return np.asarray(above + beside - np.float32(plane[top - 1, left - 1]), np.float32)
    known = above if above is not None else beside
    return np.zeros((size, size), np.float32) if known is None else np.broadcast_to(known, (size, size))


@lru_cache(maxsize=16)
def _corner_mask(size: int, radius: float) -> NDArray[np.float32]:
    """The share (0..1) of the picture that is kept in the square of its top left corner."""
    return np.asarray(rounded_rectangle(4 * size, 4 * size, radius)[:size, :size] / 255, np.float32)


def _gradient(first: Color, second: Color, width: int, height: int) -> Plane:
    """An RGB gradient from the top left to the bottom right, dithered against banding."""
    across, down = np.linspace(0, 0.25, width, dtype=np.float32), np.linspace(0, 0.75, height, dtype=np.float32)
    share = across[None, :] + down[:, None]
    noise = np.random.default_rng(0).random((height, width), np.float32)
    channels = (share * (end - start) + (start + noise) for start, end in zip(first, second, strict=True))
    return np.dstack([np.minimum(channel, 255).astype(np.uint8) for channel in channels])
