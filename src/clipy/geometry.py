"""Rectangles and the shapes of pictures: how boxes overlap, and the aspect ratios that the platforms show."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from clipy.types import Box

RATIOS: Mapping[str, Fraction] = {
    "9:16": Fraction(9, 16),
    "4:5": Fraction(4, 5),
    "1:1": Fraction(1),
    "16:9": Fraction(16, 9),
}
"""Width to height, by name."""

_SHORTER = 1080  # pixels, where no side is set


def sized(ratio: str, given: Mapping[str, object]) -> dict[str, int]:
    """The width and height of a shape, both even; a side that is given decides the other."""
    shape = RATIOS[ratio]
    width, height = given.get("width"), given.get("height")
    if isinstance(width, int):
        return {"height": _even(width / shape)}
    if isinstance(height, int):
        return {"width": _even(height * shape)}
    if shape < 1:
        return {"width": _SHORTER, "height": _even(_SHORTER / shape)}
    return {"width": _even(_SHORTER * shape), "height": _SHORTER}


def fits(ratio: str, width: int, height: int) -> bool:
    """Whether a size has a shape, as nearly as even sides can."""
    shape = RATIOS[ratio]
    return abs(width - height * shape) <= 2 or abs(height - width / shape) <= 2


def ratio_of(width: int, height: int) -> str | None:
    """The name of a size's shape; None for one without."""
    return next((ratio for ratio in RATIOS if fits(ratio, width, height)), None)


def _even(side: Fraction) -> int:
    return max(16, round(side / 2) * 2)


def smoothstep(value: float) -> float:
    """An S-curve from 0 to 1 for easing; values outside 0..1 are clamped."""
    t = min(1.0, max(0.0, value))
    return t * t * (3 - 2 * t)


def share_inside(part: Box, other: Box) -> float:
    """Which share of a box's area another one covers, in 0..1."""
    wide = max(0.0, min(part.x2, other.x2) - max(part.x1, other.x1))
    high = max(0.0, min(part.y2, other.y2) - max(part.y1, other.y1))
    return wide * high / max(1e-9, part.width * part.height)


def iou(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = min(a.x2, b.x2) - max(a.x1, b.x1)
    high = min(a.y2, b.y2) - max(a.y1, b.y1)
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (a.width * a.height + b.width * b.height - shared)
