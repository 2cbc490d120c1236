"""How captions look, as data: add a ``Look`` to ``LOOKS`` and it is a preset."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0..255."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

# For the second speaker and those after: apart from one another for every kind of colour vision (after Okabe and Ito,
# 2008), light enough to be read on black, or dark enough to carry white letters.
LIGHT: tuple[Colour, ...] = ((86, 204, 255), (255, 145, 77), (150, 240, 120), (255, 140, 205), (200, 170, 255))
DARK: tuple[Colour, ...] = ((0, 108, 178), (193, 66, 0), (0, 122, 88), (176, 40, 120), (96, 96, 112))


_APART = 60.0  # how far red, green and blue of two colours, 0..255, must be apart for nobody to take one for the other


@dataclass(frozen=True, slots=True)
class Ink:
    """A colour and how much of it there is."""

    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shape below the letters: soft and dark, hard with no blur, a glow with a colour. Lengths are in em."""

    down: float = 0.05
    blur: float = 0.08
    opacity: float = 0.6
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Plate:
    """A rounded rectangle behind words. Lengths are in em."""

    ink: Ink
    across: float = 0.18  # from the letters to the left and right edges
    above: float = 0.2  # from the tops of capitals and from the baseline to the edges
    below: float = 0.3
    radius: float = 0.18


@dataclass(frozen=True, slots=True)
class Look:
    """One style. Lengths are in em unless they say otherwise, so that a look is the same at every size."""

    package: str  # the Python package that brings the font; empty when ``file`` is a path of the user's
    file: str
    weight: int
    size: float  # one em, as a share of the shorter side of the picture
    text: Ink = Ink(WHITE)  # words that are still to come
    highlight: Ink = Ink((255, 221, 0))  # the word that is being spoken
    spoken: Ink | None = None  # words that have been spoken; as ``text`` when there is none
    emphasis: Ink | None = Ink((110, 255, 140))  # key words, spoken or not; None: they look like the others
    palette: tuple[Colour, ...] = LIGHT  # what is highlighted of the second speaker, the third, ...
    outline: Ink = Ink(BLACK)
    outline_width: float = 0.0
    shadow: Shadow | None = None
    glow: Shadow | None = None  # around the word that is being spoken, in the colour of its highlight
    hollow: bool = False  # words that are still to come are an outline only
    reveal: bool = False  # words that are still to come are not there yet
    word_plate: Plate | None = None  # behind the word that is being spoken
    rest_plate: Plate | None = None  # behind each of the other words
    card_plate: Plate | None = None  # behind each line
    pop: float = 0.0  # by how much of its size the spoken word grows
    uppercase: bool = False
    line_height: float = 1.2
    word_space: float = 0.26
    words: int = 5  # on screen at once


_ANTON = ("fontpkg_anton", "Anton-Regular.ttf", 900)  # called regular, and as dark as other faces' black
_BEBAS = ("fontpkg_bebas_neue", "BebasNeue-Regular.ttf", 700)
_LUCKIEST = ("fontpkg_luckiest_guy", "LuckiestGuy-Regular.ttf", 900)
_MONTSERRAT = ("fontpkg_montserrat", "Montserrat[[]wght].ttf")
_POPPINS_BLACK = ("fontpkg_poppins", "Poppins-Black.ttf", 900)
_POPPINS_BOLD = ("fontpkg_poppins", "Poppins-Bold.ttf", 700)
_POPPINS_MEDIUM = ("fontpkg_poppins", "Poppins-Medium.ttf", 600)

LOOKS: dict[str, Look] = {
    "bold": Look(
        *_ANTON,
        size=0.094,
        outline_width=0.085,
        shadow=Shadow(down=0.07, blur=0.1, opacity=0.7),
        pop=0.06,
        uppercase=True,
        line_height=1.06,
        word_space=0.3,
    ),
    "clean": Look(
        *_MONTSERRAT,
        800,
        size=0.068,
        highlight=Ink(WHITE),
        emphasis=Ink((255, 222, 89)),
        palette=DARK,
        outline=Ink((16, 16, 24), 0.5),
        outline_width=0.028,
        shadow=Shadow(down=0.04, blur=0.14, opacity=0.7),
        word_plate=Plate(Ink((112, 64, 255))),
        line_height=1.42,
        word_space=0.3,
    ),
    "karaoke": Look(
        *_MONTSERRAT,
        900,
        size=0.074,
        text=Ink(WHITE),
        highlight=Ink((60, 255, 150)),
        spoken=Ink((60, 255, 150)),
        emphasis=Ink((255, 222, 89)),
        palette=((86, 204, 255), (255, 145, 77), (255, 140, 205), (200, 170, 255), (255, 236, 120)),
        outline=Ink((8, 12, 24)),
        outline_width=0.075,
        shadow=Shadow(down=0.03, blur=0.16, opacity=0.6),
        uppercase=True,
        line_height=1.22,
        word_space=0.3,
    ),
    "panel": Look(
        *_MONTSERRAT,
        700,
        size=0.062,
        text=Ink(WHITE, 0.62),
        highlight=Ink(WHITE),
        spoken=Ink(WHITE),
        emphasis=Ink((255, 208, 92)),
        card_plate=Plate(Ink((14, 14, 18), 0.72), across=0.42, above=0.34, below=0.4, radius=0.32),
        line_height=1.4,
    ),
    "punch": Look(
        *_ANTON,
        size=0.15,
        highlight=Ink(WHITE),
        emphasis=Ink((255, 214, 10)),
        outline_width=0.06,
        shadow=Shadow(down=0.06, blur=0.1, opacity=0.75),
        pop=0.1,
        uppercase=True,
        line_height=1.02,
        words=1,
    ),
    "comic": Look(
        *_LUCKIEST,
        size=0.098,
        highlight=Ink((255, 226, 36)),
        emphasis=Ink((255, 104, 74)),
        palette=((92, 214, 255), (150, 240, 100), (255, 150, 60), (255, 150, 215), (205, 175, 255)),
        outline=Ink((20, 16, 40)),
        outline_width=0.11,
        shadow=Shadow(down=0.11, blur=0.0, opacity=1.0, colour=(20, 16, 40)),
        pop=0.08,
        uppercase=True,
        line_height=1.34,
        word_space=0.34,
        words=4,
    ),
    "neon": Look(
        *_POPPINS_BLACK,
        size=0.076,
        text=Ink(WHITE),
        highlight=Ink((92, 246, 255)),
        emphasis=Ink((255, 120, 214)),
        palette=((255, 120, 214), (180, 255, 110), (255, 190, 90), (190, 160, 255), (255, 255, 140)),
        outline=Ink((18, 10, 44), 0.85),
        outline_width=0.05,
        shadow=Shadow(down=0.02, blur=0.2, opacity=0.75, colour=(10, 4, 34)),
        glow=Shadow(down=0.0, blur=0.16, opacity=0.95),
        line_height=1.28,
        word_space=0.3,
    ),
    "headline": Look(
        *_BEBAS,
        size=0.092,
        highlight=Ink((255, 235, 59)),
        emphasis=None,
        palette=((160, 220, 255), (190, 255, 170), (255, 205, 160), (255, 200, 235), (220, 205, 255)),
        card_plate=Plate(Ink((202, 12, 30)), across=0.26, above=0.16, below=0.18, radius=0.0),
        uppercase=True,
        line_height=1.46,
        word_space=0.24,
        words=6,
    ),
    "minimal": Look(
        *_POPPINS_MEDIUM,
        size=0.054,
        text=Ink(WHITE, 0.74),
        highlight=Ink(WHITE),
        emphasis=None,
        outline=Ink((0, 0, 0), 0.28),
        outline_width=0.02,
        shadow=Shadow(down=0.03, blur=0.16, opacity=0.85),
        line_height=1.32,
        word_space=0.28,
        words=7,
    ),
    "reveal": Look(
        *_POPPINS_BOLD,
        size=0.07,
        highlight=Ink(WHITE),
        emphasis=Ink((255, 214, 64)),
        outline=Ink((0, 0, 0), 0.6),
        outline_width=0.035,
        shadow=Shadow(down=0.05, blur=0.13, opacity=0.8),
        reveal=True,
        pop=0.06,
        line_height=1.28,
        word_space=0.36,
    ),
    "sticker": Look(
        *_POPPINS_BLACK,
        size=0.066,
        text=Ink((18, 18, 22)),
        highlight=Ink((18, 18, 22)),
        emphasis=None,
        palette=((112, 214, 255), (255, 170, 110), (170, 240, 140), (255, 175, 220), (214, 192, 255)),
        word_plate=Plate(Ink((255, 216, 40)), across=0.2, above=0.2, below=0.22, radius=0.2),
        rest_plate=Plate(Ink(WHITE), across=0.2, above=0.2, below=0.22, radius=0.2),
        uppercase=True,
        line_height=1.68,
        word_space=0.5,
        words=4,
    ),
    "hollow": Look(
        *_MONTSERRAT,
        900,
        size=0.086,
        text=Ink(WHITE),
        highlight=Ink((255, 92, 72)),
        spoken=Ink(WHITE),
        emphasis=Ink((255, 208, 92)),
        palette=((64, 196, 255), (255, 176, 66), (128, 232, 110), (255, 130, 205), (196, 164, 255)),
        outline=Ink((10, 10, 16), 0.9),
        outline_width=0.03,
        shadow=Shadow(down=0.03, blur=0.14, opacity=0.7),
        hollow=True,
        uppercase=True,
        line_height=1.16,
        words=4,
    ),
}


def highlighted(look: Look, colour: Colour) -> Look:
    """The look with another highlight: of the plate behind the spoken word where there is one, else of its letters."""
    if look.word_plate is not None:
        return replace(look, word_plate=replace(look.word_plate, ink=Ink(colour, look.word_plate.ink.opacity)))
    spoken = None if look.spoken is None else replace(look.spoken, colour=colour)
    return replace(look, highlight=replace(look.highlight, colour=colour), spoken=spoken)


def voices(look: Look, *, emphasis: bool) -> tuple[Colour, ...]:
    """The colours of the second speaker, the third, ...: none that would be taken for that of key words."""
    if look.emphasis is None or not emphasis:
        return look.palette
    key = look.emphasis.colour
    return tuple(colour for colour in look.palette if math.dist(colour, key) >= _APART)


def voiced(look: Look, colour: Colour) -> Look:
    """The look in another speaker's colour. Where the highlight is as white as the text, all of the text changes."""
    if look.word_plate is None and look.highlight.colour == look.text.colour:
        look = replace(look, text=replace(look.text, colour=colour))
    return highlighted(look, colour)
