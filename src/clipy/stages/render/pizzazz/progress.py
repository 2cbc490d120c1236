"""Progress: a thin bar that fills as the clip goes by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.types import Edit
from clipy.typography.brand import HEX, brand_digests, colour_of, load_brand
from clipy.typography.overlay import Overlay
from clipy.typography.styles import BLACK


class Progress(Pizzazz):
    """A bar along an edge of the picture: viewers stay when they see that the end is near."""

    class Options(Pizzazz.Options):
        edge: Literal["top", "bottom"] = Field("bottom", description="At which edge of the picture.")
        thickness: float = Field(0.008, ge=0.001, le=0.1, description="As a share of the picture's height.")
        color: str | None = Field(None, pattern=HEX, description="Colour of the bar, as #rrggbb; else the brand's.")
        track: float = Field(0.4, ge=0, le=1, description="How dark the part that is still to come is.")
        brand: Path | None = Field(None, description="A brand kit (TOML or JSON) whose highlight colour it takes.")

    options: Options

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        colour = colour_of(self.options.color or load_brand(self.options.brand).highlight_color or "#ff3b5c")
        track: Overlay | None = None
        for frame in frames:
            track = track or self._track(frame)
            bar = track.copy()
            length = min(1.0, float(frame.time / edit.duration)) * frame.width
            columns = np.clip(length - np.arange(frame.width), 0, 1) * 255  # its end moves by parts of a pixel
            mask = np.tile(columns.astype(np.uint8), (bar.height, 1))
            bar.paint(mask, 0, bar.y, colour)
            bar.onto(frame)
            yield frame

    def identity(self) -> dict[str, object]:
        """Without paths: what the files hold counts, and ``weights`` tells."""
        options = self.options.model_dump(mode="json", exclude={"brand"})
        return {**super().identity(), "options": options}

    def input_digests(self) -> tuple[str, ...]:
        """The brand kit: it decides the colour."""
        return brand_digests(self.options.brand)

    def _track(self, frame: Frame) -> Overlay:
        height = max(2, round(self.options.thickness * frame.height / 2) * 2)
        empty = Overlay(0, 0 if self.options.edge == "top" else frame.height - height, frame.width, height)
        empty.paint(np.full((height, frame.width), 255, np.uint8), 0, empty.y, BLACK, self.options.track)
        return empty
