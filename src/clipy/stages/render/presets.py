"""How captions look, as data: add a ``Look`` to ``LOOKS`` and it is a preset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0..255."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Ink:
    """A colour and how much of it there is."""

    colour: Colour
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """A soft dark shape below the letters. Lengths are in em."""

    down: float = 0.05
    blur: float = 0.08
    opacity: float = 0.6


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

    package: str  # the Python package that brings the font, and the file in it
    file: str
    weight: int
    size: float  # one em, as a share of the shorter side of the picture
    text: Ink = Ink(WHITE)  # words that are still to come
    highlight: Ink = Ink((255, 221, 0))  # the word that is being spoken
    spoken: Ink | None = None  # words that have been spoken; as ``text`` when there is none
    outline: Ink = Ink(BLACK)
    outline_width: float = 0.0
    shadow: Shadow | None = None
    word_plate: Plate | None = None  # behind the word that is being spoken
    card_plate: Plate | None = None  # behind each line
    pop: float = 0.0  # by how much of its size the spoken word grows
    uppercase: bool = False
    line_height: float = 1.2
    word_space: float = 0.26


_ANTON = ("fontpkg_anton", "Anton-Regular.ttf", 900)  # called regular, and as dark as other faces' black
_MONTSERRAT = ("fontpkg_montserrat", "Montserrat[[]wght].ttf")

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
        text=Ink((255, 255, 255), 0.62),
        highlight=Ink(WHITE),
        spoken=Ink(WHITE),
        card_plate=Plate(Ink((14, 14, 18), 0.72), across=0.42, above=0.34, below=0.4, radius=0.32),
        line_height=1.4,
    ),
}
