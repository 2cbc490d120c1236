"""The part of a picture that the platforms leave free: whoever draws keeps to it, whoever reviews measures by it."""

from __future__ import annotations

from clipy.typography.layout import Area

_SLIM = 0.8  # pictures narrower than this times their height are watched full screen, under a platform's buttons


def free_area(width: int, height: int) -> tuple[float, float, float, float]:
    """Where a mark may be: left, top, right and bottom of what the platforms leave free around an ordinary post.

    Of 1080x1920 x 60-940 and y 220-1420, between the tabs at the top, the buttons at the right and the description.
    """
    if width < _SLIM * height:
        return width * 60 / 1080, height * 220 / 1920, width * 940 / 1080, height * 1420 / 1920
    return width * 0.04, height * 0.05, width * 0.96, height * 0.95


def safe_area(width: int, height: int, position: float | None = None, clear: bool = True) -> Area:
    """Where text may be, symmetrical about the picture's middle.

    Upright pictures: the box that YouTube, Meta and TikTok all leave free, x 120-888 and y 288-1248 of 1080x1920, as
    their guidelines for advertisers give it. The box is off the middle; text is on it, as wide as the box allows. Below
    an ordinary post the platforms draw less: down to y 1420 is spare room.
    """
    if width < _SLIM * height and clear:
        half, top, bottom, middle, spare = 348 / 1080, 288 / 1920, 1248 / 1920, 0.595, 1420 / 1920
    else:
        half, top, bottom, middle, spare = 0.44, 0.05, 0.95, 0.8, 0.95
    wanted = height * (middle if position is None else position)
    sides = width * (0.5 - half), width * (0.5 + half)
    return Area(sides[0], height * top, sides[1], height * bottom, wanted, height * spare)
