"""Where text may be on a picture: inside what every platform leaves free."""

from __future__ import annotations

from clipy.typography.layout import Area
from clipy.typography.safe_area import SLIM


def safe_area(width: int, height: int, position: float | None = None, clear: bool = True) -> Area:
    """Where text may be, symmetrical about the picture's middle.

    Upright pictures: the box that YouTube, Meta and TikTok all leave free, x 120-888 and y 288-1248 of 1080x1920, as
    their guidelines for advertisers give it. The box is off the middle; text is on it, as wide as the box allows. Below
    an ordinary post the platforms draw less: down to y 1420 is spare room.
    """
    if width < SLIM * height and clear:
        half, top, bottom, middle, spare = 348 / 1080, 288 / 1920, 1248 / 1920, 0.595, 1420 / 1920
    else:
        half, top, bottom, middle, spare = 0.44, 0.05, 0.95, 0.8, 0.95
    wanted = height * (middle if position is None else position)
    sides = width * (0.5 - half), width * (0.5 + half)
    return Area(sides[0], height * top, sides[1], height * bottom, wanted, height * spare)
