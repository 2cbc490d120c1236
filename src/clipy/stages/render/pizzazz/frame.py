"""Frame: rounded corners, a border, a shadow and a backdrop of colour where the whole picture is shown (``fit``)."""

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
from clipy.stages.render.pizzazz.crop_windows.letterboxed import Fitted, Rectangle, as_json, fitted, from_json
from clipy.types import CropShot, Edit, Panel, Video
from clipy.typography.brand import HEX, colour_of
from clipy.typography.occupied import leave_alone
from clipy.typography.overlay import Overlay, rounded, softened
from clipy.typography.styles import BLACK, Colour

_SHADOW = 0.03  # standard deviation of the shadow, as a share of the picture's shorter side


class Framed(Pizzazz):
    """The picture as a card: inset from the edges, with round corners, a border, and a backdrop of your choice."""

    class Options(Pizzazz.Options):
        backdrop: Literal["picture", "color", "gradient"] = Field(
            "picture",
            description="picture: what is there (the blurred picture); color; gradient: from color to second_color.",
        )
        color: str = Field("#1b1464", pattern=HEX, description="Colour of the backdrop, at its top, as #rrggbb.")
        second_color: str = Field("#d6336c", pattern=HEX, description="Colour of a gradient at its bottom, as #rrggbb.")
        margin: float = Field(
            0.045, ge=0, le=0.4, description="Space left and right, as a share of the picture's shorter side."
        )
        radius: float = Field(0.035, ge=0, le=0.3, description="Of the corners, as a share of the shorter side.")
        border: float = Field(0.004, ge=0, le=0.05, description="Width of the border, as a share of the shorter side.")
        border_color: str = Field("#ffffff", pattern=HEX, description="Colour of the border, as #rrggbb.")
        shadow: float = Field(0.5, ge=0, le=1, description="How dark the shadow around the picture is.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Inset the fitted pictures, so that they are drawn once at their size, and keep where they are."""
        leave_alone(edit, self.name)
        if not fitted(video, edit):
            return edit
        crop = replace(edit.crop, shots=tuple(self._inset(shot, edit) for shot in edit.crop.shots))
        edit = replace(edit, crop=crop)
        return replace(edit, plans={**edit.plans, self.name: {"fit": as_json(fitted(video, edit))}})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.name not in edit.plans:
            return frames
        return self._framed(frames, from_json(edit.plans[self.name]["fit"]), edit)

    def _inset(self, shot: CropShot, edit: Edit) -> CropShot:
        if shot.layout != "fit":
            return shot
        room = 1 - 2 * self.options.margin * min(edit.crop.width, edit.crop.height) / edit.crop.width
        panels = []
        for panel in shot.panels:
            x1, y1, x2, y2 = panel.into
            wide, high = (max(2, round((b - a) * room / 2) * 2) for a, b in ((x1, x2), (y1, y2)))
            left, top = round((x1 + x2 - wide) / 4) * 2, round((y1 + y2 - high) / 4) * 2
            panels.append(Panel(panel.keyframes, (left, top, left + wide, top + high)))
        return replace(shot, panels=tuple(panels))

    def _framed(self, frames: Iterator[Frame], stretches: tuple[Fitted, ...], edit: Edit) -> Iterator[Frame]:
        artist = _Artist(self.options, edit.crop.width, edit.crop.height)
        for frame in frames:
            on = next((stretch for stretch in stretches if frame.time in stretch.span), None)
            if on is not None:
                artist.draw(frame, on.into)
            yield frame


class _Artist:
    """Everything that is the same in each frame is drawn once."""

    def __init__(self, options: Framed.Options, width: int, height: int) -> None:
        side = min(width, height)
        self._options, self._width, self._height = options, width, height
        self._radius, self._border = options.radius * side, options.border * side
        self._soft = _SHADOW * side if options.shadow else 0.0
        self._flat = None if options.backdrop == "picture" else self._backdrop()
        self._strips = lru_cache(maxsize=8)(self._made_strips)

    def draw(self, frame: Frame, into: Rectangle) -> None:
        planes = frame.planes
        if self._flat is not None:
            for plane, flat, step in zip(planes, self._flat, (1, 2, 2), strict=True):
                _outside(plane, flat, into, step)
        if self._radius >= 1:
            for plane, step in zip(planes, (1, 2, 2), strict=True):
                _cut_corners(plane, into, self._radius, step)
        for strip in self._strips(into):
            strip.onto(frame)

    def _backdrop(self) -> Planes:
        first = colour_of(self._options.color)
        second = colour_of(self._options.second_color) if self._options.backdrop == "gradient" else first
        return rgb_to_yuv(_gradient(first, second, self._width, self._height))

    def _made_strips(self, into: Rectangle) -> tuple[Overlay, ...]:
        """Border and shadow, as four strips around a picture whose middle is left alone."""
        x1, y1, x2, y2 = into
        reach = 2 * int(np.ceil((3 * self._soft + self._border) / 2) + 1)
        inner = 2 * int(np.ceil((self._radius + self._border) / 2) + 1)
        whole = Overlay(x1 - reach, y1 - reach, x2 - x1 + 2 * reach, y2 - y1 + 2 * reach)
        shape = np.pad(rounded(x2 - x1, y2 - y1, self._radius), reach)
        if self._soft:
            shade = softened(shape, self._soft)
            ring = np.asarray(cv2.multiply(shade, 255 - shape, scale=1 / 255), np.uint8)
            whole.paint(ring, whole.x, whole.y, BLACK, self._options.shadow)
        if self._border >= 0.5:
            edge = round(self._border)
            hole = np.pad(rounded(x2 - x1 - 2 * edge, y2 - y1 - 2 * edge, self._radius - edge), reach + edge)
            edges = np.asarray(cv2.subtract(shape, hole), np.uint8)
            whole.paint(edges, whole.x, whole.y, colour_of(self._options.border_color))
        thick = min(reach + inner, whole.height // 4 * 2, whole.width // 4 * 2)
        tall = whole.height - 2 * thick
        return (
            whole.part(whole.x, whole.y, whole.width, thick),
            whole.part(whole.x, whole.y + whole.height - thick, whole.width, thick),
            whole.part(whole.x, whole.y + thick, thick, tall),
            whole.part(whole.x + whole.width - thick, whole.y + thick, thick, tall),
        )


def _outside(plane: Plane, flat: Plane, into: Rectangle, step: int) -> None:
    """Copy one plane over another everywhere but in a rectangle."""
    x1, y1, x2, y2 = (edge // step for edge in into)
    plane[:y1], plane[y2:] = flat[:y1], flat[y2:]
    plane[y1:y2, :x1], plane[y1:y2, x2:] = flat[y1:y2, :x1], flat[y1:y2, x2:]


def _cut_corners(plane: Plane, into: Rectangle, radius: float, step: int) -> None:
    """Round the corners of a rectangle: outside of them, its surroundings go on."""
    x1, y1, x2, y2 = (edge // step for edge in into)
    size = int(np.ceil(radius / step))
    kept = _corner(size, radius / step)
    for upside, mirrored in ((False, False), (False, True), (True, False), (True, True)):
        # Seen from its own corner outwards, each of the four is a top left one.
        view = plane[::-1] if upside else plane
        view = view[:, ::-1] if mirrored else view
        top = plane.shape[0] - y2 if upside else y1
        left = plane.shape[1] - x2 if mirrored else x1
        patch = view[top : top + size, left : left + size]
        behind = _continued(view, top, left, size)
        patch[:] = np.clip(behind + (patch - behind) * kept + 0.5, 0, 255).astype(np.uint8)


def _continued(plane: Plane, top: int, left: int, size: int) -> NDArray[np.float32]:
    """What a smooth backdrop would be under a corner: the sum of how it runs above and how it runs beside it."""
    above = plane[top - 1, left : left + size].astype(np.float32)[None, :] if top else None
    beside = plane[top : top + size, left - 1].astype(np.float32)[:, None] if left else None
    if above is not None and beside is not None:
        return np.asarray(above + beside - np.float32(plane[top - 1, left - 1]), np.float32)
    known = above if above is not None else beside
    return np.zeros((size, size), np.float32) if known is None else np.broadcast_to(known, (size, size))


@lru_cache(maxsize=16)
def _corner(size: int, radius: float) -> NDArray[np.float32]:
    """How much of the picture is kept in the square of its top left corner."""
    return np.asarray(rounded(4 * size, 4 * size, radius)[:size, :size] / 255, np.float32)


def _gradient(first: Colour, second: Colour, width: int, height: int) -> Plane:
    """A picture that goes from one colour at the top left to another at the bottom right, dithered against bands."""
    across, down = np.linspace(0, 0.25, width, dtype=np.float32), np.linspace(0, 0.75, height, dtype=np.float32)
    share = across[None, :] + down[:, None]
    noise = np.random.default_rng(0).random((height, width), np.float32)
    channels = (share * (end - start) + (start + noise) for start, end in zip(first, second, strict=True))
    return np.dstack([np.minimum(channel, 255).astype(np.uint8) for channel in channels])
