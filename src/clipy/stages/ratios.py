"""The shapes that the platforms show: upright, portrait, square and wide."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

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


def _even(side: Fraction) -> int:
    return max(16, round(side / 2) * 2)
