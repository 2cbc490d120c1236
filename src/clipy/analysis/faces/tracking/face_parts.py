"""Where the parts of a face lie in a detector's box, which reaches from the hairline to the chin.

Shares of the box's height, measured on frontal faces with landmarks.
"""

from __future__ import annotations

from clipy.types import Box

_HAIR = (-0.25, 0.28)
_EYES = (0.28, 0.52)
_MOUTH = (0.66, 0.94)


def hair(face: Box) -> Box:
    """The part of the head above the eyes: the forehead, and the hair that a detector's box leaves out."""
    return _band(face, *_HAIR)


def eyes(face: Box) -> Box:
    """The band of the eyes, with the brows."""
    return _band(face, *_EYES)


def mouth(face: Box) -> Box:
    """The part of the face that shows who speaks, from the nose to the chin."""
    return _band(face, *_MOUTH)


def _band(face: Box, top: float, bottom: float) -> Box:
    return Box(face.x1, face.y1 + top * face.height, face.x2, face.y1 + bottom * face.height)
