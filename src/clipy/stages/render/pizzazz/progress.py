"""``pizzazz = "progress"``: a thin progress bar along an edge of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.types import Edit
from clipy.typography.brand import HEX_COLOR, brand_digests, load_brand_kit, parse_color
from clipy.typography.overlay import Overlay
from clipy.typography.styles import BLACK


class Progress(Pizzazz):
    """A bar along an edge of the picture: viewers who see that the end is near tend to stay."""

    digested_options: ClassVar[frozenset[str]] = frozenset(("brand",))

    class Options(Pizzazz.Options):
        edge: Literal["top", "bottom"] = Field("bottom", description="Edge of the picture.")
        thickness: float = Field(0.008, ge=0.001, le=0.1, description="Thickness, as a share of the picture's height.")
        color: str | None = Field(
            None, pattern=HEX_COLOR, description="Color of the bar, as #rrggbb. Default: the brand's."
        )
        track: float = Field(0.4, ge=0, le=1, description="Opacity of the dark track that the bar has yet to fill.")
        brand: Path | None = Field(None, description="Brand kit (TOML or JSON) that supplies the highlight color.")

    options: Options

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        color = parse_color(self.options.color or load_brand_kit(self.options.brand).highlight_color or "#ff3b5c")
        track: Overlay | None = None
        for frame in frames:
            track = track or self._empty_track(frame)
            bar = track.copy()
            length = min(1.0, float(frame.time / edit.duration)) * frame.width
            row = np.clip(length - np.arange(frame.width), 0, 1) * 255  # antialiased end, which moves by subpixels
            bar.paint(np.tile(row.astype(np.uint8), (bar.height, 1)), 0, bar.y, color)
            bar.blend_onto(frame)
            yield frame

    def input_digests(self) -> tuple[str, ...]:
        """The brand kit, which supplies the color."""
        return brand_digests(self.options.brand)

    def _empty_track(self, frame: Frame) -> Overlay:
        height = max(2, round(self.options.thickness * frame.height / 2) * 2)
        track = Overlay(0, 0 if self.options.edge == "top" else frame.height - height, frame.width, height)
        track.paint(np.full((height, frame.width), 255, np.uint8), 0, track.y, BLACK, self.options.track)
        return track
