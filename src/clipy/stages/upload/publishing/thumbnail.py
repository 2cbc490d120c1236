"""A clip's thumbnail: the sharpest of some pictures from its first third."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2

from clipy.errors import OutputError
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.types import Clip, Span

_AT = Fraction(1, 3)  # of the clip: past the first words, before the end
_CANDIDATES = 12  # pictures around that moment, of which the sharpest becomes the thumbnail
_JPEG_QUALITY = 90


def thumbnail(clip: Clip) -> bytes:
    """A JPEG of the clip's own size."""
    video = probe(clip.path)
    start = min(clip.duration * _AT, max(Fraction(0), clip.duration - 1))
    span = Span(start, min(clip.duration, start + 1))
    shown = [picture for _, picture in pictures(video, span, rate=Fraction(_CANDIDATES))]
    sharpest = max(shown, key=lambda rgb: float(cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()))
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    encoded, data = cv2.imencode(".jpg", cv2.cvtColor(sharpest, cv2.COLOR_RGB2BGR), quality)
    if not encoded:
        raise OutputError("cannot make the thumbnail", where=Path(clip.path))
    return data.tobytes()
