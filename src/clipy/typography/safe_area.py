"""The part of a picture that the platforms leave free: whoever draws keeps to it, whoever reviews measures by it."""

from __future__ import annotations

SLIM = 0.8  # pictures narrower than this times their height are watched full screen, under a platform's buttons


def free_area(width: int, height: int) -> tuple[float, float, float, float]:
    """Where a mark may be: left, top, right and bottom of what the platforms leave free around an ordinary post.

    Of 1080x1920 x 60-940 and y 220-1420, between the tabs at the top, the buttons at the right and the description.
    """
    if width < SLIM * height:
        return width * 60 / 1080, height * 220 / 1920, width * 940 / 1080, height * 1420 / 1920
    return width * 0.04, height * 0.05, width * 0.96, height * 0.95
