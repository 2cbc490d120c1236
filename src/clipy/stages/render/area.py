"""The part of a picture that the platforms leave free."""

from __future__ import annotations

from clipy.stages.render.layout import Area

_SLIM = 0.8  # pictures narrower than this times their height are watched full screen, under a platform's buttons


def safe_area(width: int, height: int, position: float | None = None, clear: bool = True) -> Area:
    """Where text may be, symmetrical about the picture's middle.

    Upright pictures: the box that YouTube, Meta and TikTok all leave free, x 120-888 and y 288-1248 of 1080x1920, as
    their guidelines for advertisers give it. The box is off the middle; text is on it, as wide as the box allows.
    """
    if width < _SLIM * height and clear:
        half, top, bottom, middle = 348 / 1080, 288 / 1920, 1248 / 1920, 0.595
    else:
        half, top, bottom, middle = 0.44, 0.05, 0.95, 0.8
    wanted = height * (middle if position is None else position)
    return Area(width * (0.5 - half), height * top, width * (0.5 + half), height * bottom, wanted)
