"""``pizzazz = "waveform"``: the sound as moving bars, and who speaks: a podcast without a picture as a video."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.context import Context
from clipy.media.frame import Frame, Plane
from clipy.media.loudness import block_levels
from clipy.media.read import sound
from clipy.media.still_picture import cover_place
from clipy.stages.base import Pizzazz
from clipy.types import Box, Edit, Span, Transcript, Video
from clipy.typography.brand import HEX_COLOR, brand_digests, load_brand_kit, parse_color
from clipy.typography.fonts import FontStack, packaged_face, packaged_font_digests, require_glyphs
from clipy.typography.glyph_masks import Font
from clipy.typography.occupied_regions import OccupiedRegion, regions_to_json
from clipy.typography.overlay import Overlay
from clipy.typography.styles import Color

_STEP = Fraction(1, 20)  # seconds of sound in a bar
_RATE = 8_000
_FLOOR = -60.0  # dBFS
_RANGE = 32.0  # dB between the lowest bar and the highest
_LEAST = 0.06  # of the full height: silence is a row of dots
_WIDTH = 0.64  # of the picture: the area that is free of overlays
_PITCH, _BAR = 0.0135, 0.0075  # of the picture's width: from bar to bar, and a bar
_NAME_SIZE = 0.034  # em, as a share of the picture's shorter side
_LABEL = re.compile(r"(speaker|spk|voice|person)?[\s_-]*([a-z]|\d+)", re.IGNORECASE)
_WHITE: Color = (255, 255, 255)


class Waveform(Pizzazz):
    """Bars that follow the sound, and the name of whoever speaks. Added by itself where a source has only sound."""

    digested_options: ClassVar[frozenset[str]] = frozenset(("brand",))

    class Options(Pizzazz.Options):
        color: str | None = Field(
            None, pattern=HEX_COLOR, description="Color of what has been heard, as #rrggbb. Default: the brand's."
        )
        position: float = Field(0.535, ge=0, le=1, description="Height of the middle, from 0 (top) to 1 (bottom).")
        height: float = Field(0.08, ge=0.01, le=0.5, description="Height of the bars, as a share of the picture's.")
        names: bool = Field(True, description="Show the name of whoever speaks, where names are known.")
        name_position: float = Field(0.125, ge=0, le=1, description="Height of the name, from 0 (top) to 1 (bottom).")
        brand: Path | None = Field(None, description="Brand kit (TOML or JSON) that supplies the highlight color.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """``plans[name]`` holds ``levels``, 0 to 100 for each twentieth of a second, and the ``occupied`` region."""
        if not video.audio:
            return edit
        width, height = edit.crop.width, edit.crop.height
        left, top, right, bottom = self._place(width, height)
        if video.sound_only:
            top = min(top, round(cover_place(height)[0]))  # captions go below, and leave the cover alone
        region = OccupiedRegion(Span(Fraction(0), edit.duration), Box(left, top, right, bottom))
        plan = {"kind": "waveform", "levels": _levels(video, edit), "occupied": regions_to_json([region])}
        return replace(edit, plans={**edit.plans, self.name: plan})

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        plan = edit.plans.get(self.name)
        if not isinstance(plan, dict):
            return frames
        return self._draw(frames, np.asarray(plan["levels"], np.float32) / np.float32(100), edit)

    def check(self, transcript: Transcript) -> None:
        if self.options.names:
            require_glyphs("".join(word.speaker or "" for word in transcript.words))

    def input_digests(self) -> tuple[str, ...]:
        """The font of the names and the brand kit."""
        return (*packaged_font_digests(), *brand_digests(self.options.brand))

    def _draw(self, frames: Iterator[Frame], levels: NDArray[np.float32], edit: Edit) -> Iterator[Frame]:
        color = parse_color(self.options.color or load_brand_kit(self.options.brand).highlight_color or "#ffd54a")
        names = _Names(edit, self.options.name_position) if self.options.names else None
        for frame in frames:
            self._bars(frame, levels, color).blend_onto(frame)
            name = None if names is None else names.at(frame)
            if name is not None:
                name.blend_onto(frame)
            yield frame

    def _place(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, all even."""
        wide, high = _even(_WIDTH * width), max(4, _even(self.options.height * height))
        left, top = _even((width - wide) / 2), _even(self.options.position * height - high / 2)
        top = min(max(0, top), height - high)
        return left, top, left + wide, top + high

    def _bars(self, frame: Frame, levels: NDArray[np.float32], color: Color) -> Overlay:
        """What was heard on the left in color, what comes on the right in white; now is in the middle."""
        left, top, right, bottom = self._place(frame.width, frame.height)
        overlay = Overlay(left, top, right - left, bottom - top)
        now = float(frame.time / _STEP)
        pitch, bar = _PITCH * frame.width, max(2, round(_BAR * frame.width))
        reach = int((right - left) / pitch / 2)
        masks = [np.zeros((bottom - top, right - left), np.uint8) for _ in range(2)]
        for index in range(int(now) - reach, int(now) + reach + 1):
            x = (right - left) / 2 + (index - now) * pitch
            level = float(levels[index]) if 0 <= index < len(levels) else 0.0
            _bar(masks[index > now], x, max(_LEAST, level), bar)
        overlay.paint(masks[0], left, top, color)
        overlay.paint(masks[1], left, top, _WHITE, 0.6)
        return overlay


class _Names:
    """The names of a clip's speakers, drawn once each, and when each speaks."""

    def __init__(self, edit: Edit, position: float) -> None:
        words = [word for word in edit.clip_words() if word.speaker and not _LABEL.fullmatch(word.speaker)]
        self._starts = [word.start for word in words]
        self._speakers = [word.speaker or "" for word in words]
        self._position = position
        self._drawn: dict[str, Overlay] = {}

    def at(self, frame: Frame) -> Overlay | None:
        """The name of whoever spoke last; None where nobody with a name has."""
        index = bisect_right(self._starts, frame.time) - 1
        if index < 0:
            return None
        name = self._speakers[index]
        if name not in self._drawn:
            self._drawn[name] = self._draw(name, frame)
        return self._drawn[name]

    def _draw(self, name: str, frame: Frame) -> Overlay:
        face = packaged_face("fontpkg_montserrat", "Montserrat[[]wght].ttf", 700)
        mask = Font(FontStack(face), _NAME_SIZE * min(frame.width, frame.height)).masks(name).glyphs
        mask = mask[:, : frame.width]
        wide, high = mask.shape[1] + mask.shape[1] % 2, mask.shape[0] + mask.shape[0] % 2
        left, top = _even((frame.width - wide) / 2), _even(self._position * frame.height - high / 2)
        overlay = Overlay(left, max(0, top), wide, high)
        overlay.paint(mask, left, max(0, top), _WHITE)
        return overlay


def _levels(video: Video, edit: Edit) -> list[int]:
    """How loud the clip is, from 0 to 100, relative to its loudest parts."""
    size = int(_RATE * _STEP)
    parts: list[NDArray[np.float32]] = []
    left = np.zeros((2, 0), np.float32)
    for span in edit.keep:
        for block in sound(video, span, rate=_RATE, channels=2, mix=video.clip_mix):
            samples = np.concatenate([left, block], axis=1)
            parts.append(block_levels(samples, size, _FLOOR))
            left = samples[:, len(parts[-1]) * size :]
    levels = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not levels.size:
        return []
    top = float(np.percentile(levels, 95))
    shares = np.clip((levels - (top - _RANGE)) / _RANGE, 0, 1)
    return [int(value) for value in np.rint(100 * shares)]


def _bar(mask: Plane, x: float, level: float, width: int) -> None:
    """A bar with its middle at ``x``, as high as its level, about the middle of the mask."""
    half = max(1.0, level * mask.shape[0] / 2)
    left, middle = round(x - width / 2), mask.shape[0] / 2
    cv2.rectangle(mask, (left, round(middle - half)), (left + width - 1, round(middle + half) - 1), 255, -1)


def _even(value: float) -> int:
    return round(value / 2) * 2
