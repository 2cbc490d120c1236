"""Safe areas: the parts of the output that platform overlays (tabs, buttons, descriptions) leave free.

Pizzazz draws inside them and reviewers measure against them. All values are in output pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

_FULL_SCREEN_ASPECT = 0.8  # videos with a lower width:height ratio are watched full screen, under a platform's overlay


@dataclass(frozen=True, slots=True)
class Area:
    """The bounds of text in pixels, and the preferred height of a card's middle.

    ``spare``: a lower bottom that a card may use when the alternative is to cover something.
    """

    left: float
    top: float
    right: float
    bottom: float
    middle: float
    spare: float


def graphics_safe_area(width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what the platforms leave free around an organic post.

    Of 1080x1920: x 60-940, y 220-1420, between the tabs at the top, the buttons at the right and the description.
    """
    if _is_full_screen(width, height):
        return width * 60 / 1080, height * 220 / 1920, width * 940 / 1080, height * 1420 / 1920
    return width * 0.04, height * 0.05, width * 0.96, height * 0.95


def text_safe_area(width: int, height: int, position: float | None = None, avoid_overlays: bool = True) -> Area:
    """The area for text, symmetrical about the picture's vertical axis.

    Upright video: the box that the ad guidelines of YouTube, Meta and TikTok all leave free, x 120-888 and y 288-1248
    of 1080x1920, narrowed to be centered. Overlays on organic posts reach less high: down to y 1420 is spare.
    ``position`` is the preferred middle as a share of the height.
    """
    if _is_full_screen(width, height) and avoid_overlays:
        half, top, bottom, middle, spare = 348 / 1080, 288 / 1920, 1248 / 1920, 0.595, 1420 / 1920
    else:
        half, top, bottom, middle, spare = 0.44, 0.05, 0.95, 0.8, 0.95
    return Area(
        left=width * (0.5 - half),
        top=height * top,
        right=width * (0.5 + half),
        bottom=height * bottom,
        middle=height * (middle if position is None else position),
        spare=height * spare,
    )


def _is_full_screen(width: int, height: int) -> bool:
    return width < _FULL_SCREEN_ASPECT * height
