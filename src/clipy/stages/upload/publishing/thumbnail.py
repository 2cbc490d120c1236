"""Thumbnails: the sharpest of several frames about a third into the clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2

from clipy.errors import OutputError
from clipy.media.frame import Plane
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.types import Clip, Span

_POSITION = Fraction(1, 3)  # of the clip: past the first words, before the end
_CANDIDATES = 12  # frames within a second, of which the sharpest is taken
_JPEG_QUALITY = 90


def thumbnail(clip: Clip) -> bytes:
    """A JPEG in the clip's own size."""
    video = probe(clip.path)
    start = min(clip.duration * _POSITION, max(Fraction(0), clip.duration - 1))
    span = Span(start, min(clip.duration, start + 1))
    frames = [picture for _, picture in pictures(video, span, rate=Fraction(_CANDIDATES))]
    sharpest = max(frames, key=_sharpness)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(sharpest, cv2.COLOR_RGB2BGR), quality)
    if not encoded:
        raise OutputError("cannot encode the thumbnail", where=Path(clip.path))
    return data.tobytes()


def _sharpness(rgb: Plane) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())
