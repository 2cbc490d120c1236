"""Caption styles as data: a ``CaptionStyle`` in ``CAPTION_PRESETS`` is a preset."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Color: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0..255."""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

# For the second speaker onwards: distinguishable with any kind of color vision (after Okabe and Ito, 2008), and light
# enough to be read on black, or dark enough for white letters on top.
LIGHT_PALETTE: tuple[Color, ...] = ((86, 204, 255), (255, 145, 77), (150, 240, 120), (255, 140, 205), (200, 170, 255))
DARK_PALETTE: tuple[Color, ...] = ((0, 108, 178), (193, 66, 0), (0, 122, 88), (176, 40, 120), (96, 96, 112))


_MIN_COLOR_DISTANCE = 60.0  # Euclidean, in RGB 0..255, for two colors not to be confused


@dataclass(frozen=True, slots=True)
class Paint:
    """A color with opacity (0..1)."""

    color: Color
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """A drop shadow; a hard one with ``blur`` 0, a glow with a light color. Lengths are in em."""

    offset_y: float = 0.05
    blur: float = 0.08
    opacity: float = 0.6
    color: Color = BLACK


@dataclass(frozen=True, slots=True)
class Plate:
    """A rounded rectangle behind words. Lengths are in em."""

    fill: Paint
    padding_x: float = 0.18
    padding_top: float = 0.2  # above the capitals
    padding_bottom: float = 0.3  # below the baseline
    radius: float = 0.18


@dataclass(frozen=True, slots=True)
class CaptionStyle:
    """One style. Lengths are in em unless noted, so that a style looks the same at every size.

    The active word is the one being spoken; upcoming words have not been spoken yet.
    """

    package: str  # the Python package that ships the font; empty when ``file`` is the path of the user's own
    file: str
    weight: int
    size: float  # one em, as a share of the shorter side of the picture
    text: Paint = Paint(WHITE)  # upcoming words
    highlight: Paint = Paint((255, 221, 0))  # the active word
    spoken: Paint | None = None  # words already spoken; None: as ``text``
    emphasis: Paint | None = Paint((110, 255, 140))  # key words; None: not emphasized
    speaker_palette: tuple[Color, ...] = LIGHT_PALETTE  # highlight colors from the second speaker onwards
    outline: Paint = Paint(BLACK)
    outline_width: float = 0.0
    shadow: Shadow | None = None
    glow: Shadow | None = None  # around the active word, in its highlight color
    hollow: bool = False  # upcoming words are outlines only
    reveal: bool = False  # upcoming words are hidden
    active_word_plate: Plate | None = None
    other_words_plate: Plate | None = None  # behind each of the other words
    line_plate: Plate | None = None
    pop_scale: float = 0.0  # relative growth of the active word
    uppercase: bool = False
    line_height: float = 1.2
    word_space: float = 0.26
    max_words: int = 5  # on screen at once

    @property
    def highlight_color(self) -> Color:
        """The color that marks the active word: of its plate where it has one, else of its letters."""
        return self.highlight.color if self.active_word_plate is None else self.active_word_plate.fill.color

    def with_highlight(self, color: Color) -> CaptionStyle:
        """The style with another ``highlight_color``."""
        plate = self.active_word_plate
        if plate is not None:
            return replace(self, active_word_plate=replace(plate, fill=replace(plate.fill, color=color)))
        spoken = None if self.spoken is None else replace(self.spoken, color=color)
        return replace(self, highlight=replace(self.highlight, color=color), spoken=spoken)

    def with_speaker_color(self, color: Color) -> CaptionStyle:
        """The style in a speaker's color. Where the highlight has the color of the text, the whole text changes."""
        style = self
        if self.active_word_plate is None and self.highlight.color == self.text.color:
            style = replace(self, text=replace(self.text, color=color))
        return style.with_highlight(color)

    def speaker_colors(self, *, emphasis: bool) -> tuple[Color, ...]:
        """The colors from the second speaker onwards, without those too close to the color of key words."""
        if self.emphasis is None or not emphasis:
            return self.speaker_palette
        key = self.emphasis.color
        return tuple(color for color in self.speaker_palette if math.dist(color, key) >= _MIN_COLOR_DISTANCE)


_ANTON = ("fontpkg_anton", "Anton-Regular.ttf", 900)  # named Regular, but as dark as the Black of other families
_BEBAS = ("fontpkg_bebas_neue", "BebasNeue-Regular.ttf", 700)
_LUCKIEST = ("fontpkg_luckiest_guy", "LuckiestGuy-Regular.ttf", 900)
_MONTSERRAT = ("fontpkg_montserrat", "Montserrat[[]wght].ttf")
_POPPINS_BLACK = ("fontpkg_poppins", "Poppins-Black.ttf", 900)
_POPPINS_BOLD = ("fontpkg_poppins", "Poppins-Bold.ttf", 700)
_POPPINS_MEDIUM = ("fontpkg_poppins", "Poppins-Medium.ttf", 600)

Preset = Literal[
    "bold", "clean", "karaoke", "panel", "punch", "comic", "neon", "headline", "minimal", "reveal", "sticker", "hollow",
]  # fmt: skip

CAPTION_PRESETS: dict[Preset, CaptionStyle] = {
    "bold": CaptionStyle(
        *_ANTON,
        size=0.094,
        outline_width=0.085,
        shadow=Shadow(offset_y=0.07, blur=0.1, opacity=0.7),
        pop_scale=0.06,
        uppercase=True,
        line_height=1.06,
        word_space=0.3,
    ),
    "clean": CaptionStyle(
        *_MONTSERRAT,
        800,
        size=0.068,
        highlight=Paint(WHITE),
        emphasis=Paint((255, 222, 89)),
        speaker_palette=DARK_PALETTE,
        outline=Paint((16, 16, 24), 0.5),
        outline_width=0.028,
        shadow=Shadow(offset_y=0.04, blur=0.14, opacity=0.7),
        active_word_plate=Plate(Paint((112, 64, 255))),
        line_height=1.42,
        word_space=0.3,
    ),
    "karaoke": CaptionStyle(
        *_MONTSERRAT,
        900,
        size=0.074,
        text=Paint(WHITE),
        highlight=Paint((60, 255, 150)),
        spoken=Paint((60, 255, 150)),
        emphasis=Paint((255, 222, 89)),
        speaker_palette=((86, 204, 255), (255, 145, 77), (255, 140, 205), (200, 170, 255), (255, 236, 120)),
        outline=Paint((8, 12, 24)),
        outline_width=0.075,
        shadow=Shadow(offset_y=0.03, blur=0.16, opacity=0.6),
        uppercase=True,
        line_height=1.22,
        word_space=0.3,
    ),
    "panel": CaptionStyle(
        *_MONTSERRAT,
        700,
        size=0.062,
        text=Paint(WHITE, 0.62),
        highlight=Paint(WHITE),
        spoken=Paint(WHITE),
        emphasis=Paint((255, 208, 92)),
        line_plate=Plate(Paint((14, 14, 18), 0.72), padding_x=0.42, padding_top=0.34, padding_bottom=0.4, radius=0.32),
        line_height=1.4,
    ),
    "punch": CaptionStyle(
        *_ANTON,
        size=0.15,
        highlight=Paint(WHITE),
        emphasis=Paint((255, 214, 10)),
        outline_width=0.06,
        shadow=Shadow(offset_y=0.06, blur=0.1, opacity=0.75),
        pop_scale=0.1,
        uppercase=True,
        line_height=1.02,
        max_words=1,
    ),
    "comic": CaptionStyle(
        *_LUCKIEST,
        size=0.098,
        highlight=Paint((255, 226, 36)),
        emphasis=Paint((255, 104, 74)),
        speaker_palette=((92, 214, 255), (150, 240, 100), (255, 150, 60), (255, 150, 215), (205, 175, 255)),
        outline=Paint((20, 16, 40)),
        outline_width=0.11,
        shadow=Shadow(offset_y=0.11, blur=0.0, opacity=1.0, color=(20, 16, 40)),
        pop_scale=0.08,
        uppercase=True,
        line_height=1.34,
        word_space=0.34,
        max_words=4,
    ),
    "neon": CaptionStyle(
        *_POPPINS_BLACK,
        size=0.076,
        text=Paint(WHITE),
        highlight=Paint((92, 246, 255)),
        emphasis=Paint((255, 120, 214)),
        speaker_palette=((255, 120, 214), (180, 255, 110), (255, 190, 90), (190, 160, 255), (255, 255, 140)),
        outline=Paint((18, 10, 44), 0.85),
        outline_width=0.05,
        shadow=Shadow(offset_y=0.02, blur=0.2, opacity=0.75, color=(10, 4, 34)),
        glow=Shadow(offset_y=0.0, blur=0.16, opacity=0.95),
        line_height=1.28,
        word_space=0.3,
    ),
    "headline": CaptionStyle(
        *_BEBAS,
        size=0.092,
        highlight=Paint((255, 235, 59)),
        emphasis=None,
        speaker_palette=((160, 220, 255), (190, 255, 170), (255, 205, 160), (255, 200, 235), (220, 205, 255)),
        line_plate=Plate(Paint((202, 12, 30)), padding_x=0.26, padding_top=0.16, padding_bottom=0.18, radius=0.0),
        uppercase=True,
        line_height=1.46,
        word_space=0.24,
        max_words=6,
    ),
    "minimal": CaptionStyle(
        *_POPPINS_MEDIUM,
        size=0.054,
        text=Paint(WHITE, 0.74),
        highlight=Paint(WHITE),
        emphasis=None,
        outline=Paint((0, 0, 0), 0.28),
        outline_width=0.02,
        shadow=Shadow(offset_y=0.03, blur=0.16, opacity=0.85),
        line_height=1.32,
        word_space=0.28,
        max_words=7,
    ),
    "reveal": CaptionStyle(
        *_POPPINS_BOLD,
        size=0.07,
        highlight=Paint(WHITE),
        emphasis=Paint((255, 214, 64)),
        outline=Paint((0, 0, 0), 0.6),
        outline_width=0.035,
        shadow=Shadow(offset_y=0.05, blur=0.13, opacity=0.8),
        reveal=True,
        pop_scale=0.06,
        line_height=1.28,
        word_space=0.36,
    ),
    "sticker": CaptionStyle(
        *_POPPINS_BLACK,
        size=0.066,
        text=Paint((18, 18, 22)),
        highlight=Paint((18, 18, 22)),
        emphasis=None,
        speaker_palette=((112, 214, 255), (255, 170, 110), (170, 240, 140), (255, 175, 220), (214, 192, 255)),
        active_word_plate=Plate(Paint((255, 216, 40)), padding_x=0.2, padding_top=0.2, padding_bottom=0.22, radius=0.2),
        other_words_plate=Plate(Paint(WHITE), padding_x=0.2, padding_top=0.2, padding_bottom=0.22, radius=0.2),
        uppercase=True,
        line_height=1.68,
        word_space=0.5,
        max_words=4,
    ),
    "hollow": CaptionStyle(
        *_MONTSERRAT,
        900,
        size=0.086,
        text=Paint(WHITE),
        highlight=Paint((255, 92, 72)),
        spoken=Paint(WHITE),
        emphasis=Paint((255, 208, 92)),
        speaker_palette=((64, 196, 255), (255, 176, 66), (128, 232, 110), (255, 130, 205), (196, 164, 255)),
        outline=Paint((10, 10, 16), 0.9),
        outline_width=0.03,
        shadow=Shadow(offset_y=0.03, blur=0.14, opacity=0.7),
        hollow=True,
        uppercase=True,
        line_height=1.16,
        max_words=4,
    ),
}
