"""How rectangles lie to each other."""

from __future__ import annotations

from clipy.types import Box


def share_inside(part: Box, other: Box) -> float:
    """Which share of a box's area another one covers, in 0..1."""
    wide = max(0.0, min(part.x2, other.x2) - max(part.x1, other.x1))
    high = max(0.0, min(part.y2, other.y2) - max(part.y1, other.y1))
    return wide * high / max(1e-9, part.width * part.height)
