"""Watermark: a logo, a line of text, or both, in a corner."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.frame import Frame, Plane
from clipy.stages.base import Pizzazz
from clipy.storage.store import file_digest
from clipy.types import Box, Edit, Span, Video, seconds
from clipy.typography.brand import HEX, brand_digests, colour_of, load_brand
from clipy.typography.fonts import Face, Fonts, digests, packaged
from clipy.typography.glyph_masks import Type
from clipy.typography.occupied import OccupiedRegion, as_json
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import free_area
from clipy.typography.styles import BLACK

log = logging.getLogger(__name__)

_LETTERS = 0.3  # size of the text as a share of the watermark's own
_GAP = 0.35  # em between logo and text
_SHADE, _BLUR = 0.55, 0.14  # of the shadow that keeps white letters readable on white; the blur is in em


class Watermark(Pizzazz):
    """Your mark in a corner, all through the clip."""

    version = 2

    class Options(Pizzazz.Options):
        image: Path | None = Field(None, description="A picture, best a PNG with transparency; else the brand's logo.")
        text: str = Field("", max_length=80, description="A line below the picture, or instead of it.")
        brand: Path | None = Field(None, description="A brand kit (TOML or JSON) with a logo, a font and colours.")
        corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = Field(
            "top-left", description="In which corner."
        )
        size: float = Field(0.14, ge=0.02, le=1, description="Longer side, as a share of the picture's shorter side.")
        opacity: float = Field(0.85, gt=0, le=1, description="How much of it there is.")
        margin: float = Field(
            0.01, ge=0, le=0.4, description="Space to the corner, as a share of the picture's shorter side."
        )
        color: str | None = Field(None, pattern=HEX, description="Colour of the text, as #rrggbb.")
        safe_area: bool = Field(True, description="Keep clear of what TikTok, Reels and Shorts draw.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Say which part of the picture is taken. Raises ConfigError for a picture that cannot be read."""
        drawn = self._drawn(edit.crop.width, edit.crop.height)
        if drawn is None:
            log.warning("the watermark has neither a picture nor a text: set image, text or brand")
            return edit
        box = Box(drawn.x, drawn.y, drawn.x + drawn.width, drawn.y + drawn.height)
        taken = as_json([OccupiedRegion(Span(seconds(0), edit.duration), box)])
        return replace(edit, plans={**edit.plans, self.name: {"taken": taken}})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        mark = self._drawn(edit.crop.width, edit.crop.height)
        return frames if mark is None else _marked(frames, mark)

    def identity(self) -> dict[str, object]:
        """Without paths: what the files hold counts, and ``weights`` tells."""
        options = self.options.model_dump(mode="json", exclude={"image", "brand"})
        return {**super().identity(), "options": options}

    def input_digests(self) -> tuple[str, ...]:
        """The pictures and fonts that decide what it looks like."""
        image = self.options.image
        own = () if image is None or not image.is_file() else (file_digest(image),)
        return (*digests(), *own, *brand_digests(self.options.brand))

    def _drawn(self, width: int, height: int) -> Overlay | None:
        """The mark on its place; None when there is nothing to draw."""
        options, brand, side = self.options, load_brand(self.options.brand), min(width, height)
        image = options.image or brand.logo
        logo = None if image is None else _logo(image, options.size * side)
        em = options.size * side * _LETTERS
        face = packaged("fontpkg_montserrat", "Montserrat[[]wght].ttf", 700)
        face = face if brand.font is None else Face(brand.font, 0, 700)
        letters = Type(Fonts(face), em).masks(options.text).letters if options.text.strip() else None
        if logo is None and letters is None:
            return None
        sizes = [part.shape[:2] for part in (logo, letters) if part is not None]
        gap = round(_GAP * em) if len(sizes) > 1 else 0
        soft = round(3 * _BLUR * em / 2) * 2 if letters is not None else 0
        high, wide = sum(size[0] for size in sizes) + gap + 2 * soft, max(size[1] for size in sizes) + 2 * soft
        x, y = self._corner(width, height, wide, high)
        made = Overlay(x, y, wide + wide % 2, high + high % 2)
        top = y + soft
        if logo is not None:
            made.lay(np.ascontiguousarray(logo[..., :3]), logo[..., 3], x + (wide - logo.shape[1]) // 4 * 2, top)
            top += logo.shape[0] + gap
        if letters is not None:
            colour = colour_of(options.color or brand.text_color or "#ffffff")
            left = x + (wide - letters.shape[1]) // 2
            shade = cv2.GaussianBlur(np.pad(letters, soft), (0, 0), _BLUR * em)
            made.paint(np.asarray(shade, np.uint8), left - soft, top - soft, BLACK, _SHADE)
            made.paint(letters, left, top, colour)
        made.fade(options.opacity)
        return made

    def _corner(self, width: int, height: int, wide: int, high: int) -> tuple[int, int]:
        edges = free_area(width, height) if self.options.safe_area else (0, 0, width, height)
        left, top, right, bottom = edges
        margin = self.options.margin * min(width, height)
        x = left + margin if "left" in self.options.corner else right - margin - wide
        y = top + margin if "top" in self.options.corner else bottom - margin - high
        return max(0, round(x / 2) * 2), max(0, round(y / 2) * 2)


def _marked(frames: Iterator[Frame], mark: Overlay) -> Iterator[Frame]:
    for frame in frames:
        mark.onto(frame)
        yield frame


def _logo(path: Path, longest: float) -> Plane:
    """A picture as (h, w, 4) RGBA with even sides, its longer one as asked. Raises ConfigError."""
    data = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    found = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if found is None:
        raise ConfigError("cannot read the watermark's picture", where=path, do="Use a PNG, JPEG or WebP file")
    picture = (found / (257.0 if found.dtype == np.uint16 else 1.0)).astype(np.float32)
    if picture.ndim == 2:
        picture = np.dstack([picture] * 3)
    if picture.shape[2] == 3:
        picture = np.dstack([picture, np.full(picture.shape[:2], 255, np.float32)])
    scale = longest / max(picture.shape[:2])
    size = [max(2, round(side * scale / 2) * 2) for side in (picture.shape[1], picture.shape[0])]
    # Colours are weighed by their opacity, so that what is transparent does not bleed into the edges.
    alpha = picture[..., 3:] / 255
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shrunk = np.clip(cv2.resize(np.dstack([picture[..., :3] * alpha, alpha * 255]), size, interpolation=how), 0, 255)
    cover = np.maximum(shrunk[..., 3:] / 255, 1e-3)
    plain = np.clip(shrunk[..., 2::-1] / cover, 0, 255)
    return np.asarray(np.dstack([plain, shrunk[..., 3]]) + 0.5, np.uint8)
