"""``pizzazz = "watermark"``: a logo, a line of text, or both, in a corner."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame, Plane
from clipy.media.opencv import read_image
from clipy.stages.base import Pizzazz
from clipy.storage.store import file_digest
from clipy.types import Box, Edit, Span, Video, seconds
from clipy.typography.brand import HEX_COLOR, brand_digests, load_brand_kit, parse_color
from clipy.typography.fonts import Face, FontStack, packaged_face, packaged_font_digests
from clipy.typography.glyph_masks import Font
from clipy.typography.occupied_regions import OccupiedRegion, regions_to_json
from clipy.typography.overlay import Overlay
from clipy.typography.safe_area import graphics_safe_area
from clipy.typography.styles import BLACK

log = logging.getLogger(__name__)

_FONT_SIZE = 0.3  # em, as a share of the watermark's size
_GAP = 0.35  # em between logo and text
_SHADOW_OPACITY, _SHADOW_BLUR = 0.55, 0.14  # keeps white letters readable on white; the blur is in em


class Watermark(Pizzazz):
    """Your logo or name in a corner for the whole clip."""

    version = 3
    digested_options: ClassVar[frozenset[str]] = frozenset(("image", "brand"))

    class Options(Pizzazz.Options):
        image: Path | None = Field(
            None, description="Image file, ideally a PNG with transparency. Default: the brand's logo."
        )
        text: str = Field("", max_length=80, description="Line of text below the image, or instead of it.")
        brand: Path | None = Field(None, description="Brand kit (TOML or JSON) with a logo, a font and colors.")
        corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = Field(
            "top-left", description="Corner of the picture."
        )
        size: float = Field(0.14, ge=0.02, le=1, description="Longer side, as a share of the picture's shorter side.")
        opacity: float = Field(0.85, gt=0, le=1, description="Opacity, from 0 (invisible) to 1.")
        margin: float = Field(
            0.01, ge=0, le=0.4, description="Distance from the corner, as a share of the picture's shorter side."
        )
        color: str | None = Field(None, pattern=HEX_COLOR, description="Text color, as #rrggbb.")
        safe_area: bool = Field(True, description="Keep clear of the overlays that TikTok, Reels and Shorts draw.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """``plans[name]`` holds the ``occupied`` region. Raises ConfigError for an unreadable image."""
        mark = self._overlay(edit.crop.width, edit.crop.height)
        if mark is None:
            log.warning("The watermark has neither an image nor a text. Set image, text or brand.")
            return edit
        box = Box(mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
        occupied = regions_to_json([OccupiedRegion(Span(seconds(0), edit.duration), box)])
        return replace(edit, plans={**edit.plans, self.name: {"occupied": occupied}})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        mark = self._overlay(edit.crop.width, edit.crop.height)
        return frames if mark is None else _draw(frames, mark)

    def input_digests(self) -> tuple[str, ...]:
        """The image, the fonts and the brand kit."""
        image = self.options.image
        own = () if image is None or not image.is_file() else (file_digest(image),)
        return (*packaged_font_digests(), *own, *brand_digests(self.options.brand))

    def _overlay(self, width: int, height: int) -> Overlay | None:
        """The watermark in its corner; None without image and text."""
        options, brand, side = self.options, load_brand_kit(self.options.brand), min(width, height)
        image = options.image or brand.logo
        logo = None if image is None else _load_logo(image, options.size * side)
        em = options.size * side * _FONT_SIZE
        face = packaged_face("fontpkg_montserrat", "Montserrat[[]wght].ttf", 700)
        face = face if brand.font is None else Face(brand.font, 0, 700)
        text = Font(FontStack(face), em).masks(options.text).glyphs if options.text.strip() else None
        if logo is None and text is None:
            return None
        sizes = [part.shape[:2] for part in (logo, text) if part is not None]
        gap = round(_GAP * em) if len(sizes) > 1 else 0
        soft = round(3 * _SHADOW_BLUR * em / 2) * 2 if text is not None else 0
        mark_height = sum(size[0] for size in sizes) + gap + 2 * soft
        mark_width = max(size[1] for size in sizes) + 2 * soft
        x, y = self._position(width, height, mark_width, mark_height)
        mark = Overlay(x, y, mark_width + mark_width % 2, mark_height + mark_height % 2)
        top = y + soft
        if logo is not None:
            left = x + (mark_width - logo.shape[1]) // 4 * 2
            mark.paint_image(np.ascontiguousarray(logo[..., :3]), logo[..., 3], left, top)
            top += logo.shape[0] + gap
        if text is not None:
            color = parse_color(options.color or brand.text_color or "#ffffff")
            left = x + (mark_width - text.shape[1]) // 2
            shadow = cv2.GaussianBlur(np.pad(text, soft), (0, 0), _SHADOW_BLUR * em)
            mark.paint(np.asarray(shadow, np.uint8), left - soft, top - soft, BLACK, _SHADOW_OPACITY)
            mark.paint(text, left, top, color)
        mark.fade(options.opacity)
        return mark

    def _position(self, width: int, height: int, mark_width: int, mark_height: int) -> tuple[int, int]:
        edges = graphics_safe_area(width, height) if self.options.safe_area else (0, 0, width, height)
        left, top, right, bottom = edges
        margin = self.options.margin * min(width, height)
        x = left + margin if "left" in self.options.corner else right - margin - mark_width
        y = top + margin if "top" in self.options.corner else bottom - margin - mark_height
        return max(0, round(x / 2) * 2), max(0, round(y / 2) * 2)


def _draw(frames: Iterator[Frame], mark: Overlay) -> Iterator[Frame]:
    for frame in frames:
        mark.blend_onto(frame)
        yield frame


def _load_logo(path: Path, longer_side: float) -> Plane:
    """An image as (h, w, 4) RGBA with even sides, scaled to its longer side in pixels. Raises ConfigError."""
    image = read_image(path, cv2.IMREAD_UNCHANGED)
    image = (image / (257.0 if image.dtype == np.uint16 else 1.0)).astype(np.float32)
    if image.ndim == 2:
        image = np.dstack([image] * 3)
    if image.shape[2] == 3:
        image = np.dstack([image, np.full(image.shape[:2], 255, np.float32)])
    scale = longer_side / max(image.shape[:2])
    size = [max(2, round(side * scale / 2) * 2) for side in (image.shape[1], image.shape[0])]
    # Resized with premultiplied alpha, so that transparent pixels do not bleed into the edges.
    alpha = image[..., 3:] / 255
    premultiplied = np.dstack([image[..., :3] * alpha, alpha * 255])
    resized = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    resized = np.clip(resized, 0, 255)
    rgb = np.clip(resized[..., 2::-1] / np.maximum(resized[..., 3:] / 255, 1e-3), 0, 255)
    return np.asarray(np.dstack([rgb, resized[..., 3]]) + 0.5, np.uint8)
