"""What the source of a clip shows at the moments of the clip: a fault of the source's own is none of the clip's."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.base import FaceDetector
from clipy.context import Context
from clipy.media.read import pictures
from clipy.types import Box, CropPath, Edit, Seconds, Span, Video

_LOOKS = 6
_HEIGHT = 240  # display pixels of the analysed source
_FOR_FACES = 384  # ... and at which it is searched for faces
_FACE = 0.5  # confidence from which a face counts
_ACROSS = 60  # pixels of the copy of a window: coding noise averages out
_CHANGE = 8  # luma codes by which some spot of it must change for the source to move


def stands_still(video: Video, edit: Edit, span: Span) -> bool:
    """Whether the source stands still, too, in a stretch of the clip (clip time), inside the windows that are shown."""
    times = [edit.source_time(span.start + span.duration * (2 * part + 1) / (2 * _LOOKS)) for part in range(_LOOKS)]
    windows = _windows(edit.crop, times[0], video)
    seen = pictures(video, Span(times[0], times[-1] + Fraction(1, 1000)), times=times, height=_HEIGHT, gray=True)
    parts = [[_small(picture, box, video) for box in windows] for _, picture in seen]
    return all(
        int(cv2.absdiff(part, first).max()) <= _CHANGE
        for later in parts[1:]
        for part, first in zip(later, parts[0], strict=True)
    )


def shows_somebody_else(video: Video, edit: Edit, span: Span, ctx: Context) -> bool:
    """Whether the source shows a face outside of the windows in most of a stretch of the clip (clip time)."""
    times = [edit.source_time(span.start + span.duration * (2 * part + 1) / 6) for part in range(3)]
    seen = list(pictures(video, Span(times[0], times[-1] + Fraction(1, 1000)), times=times, height=_FOR_FACES))
    found = ctx.analyser(FaceDetector).detect([picture for _, picture in seen], ctx)
    outside = 0
    for (time, picture), faces in zip(seen, found, strict=True):
        scale = (video.width / picture.shape[1], video.height / picture.shape[0])
        sure = [face.scaled(*scale).box.center for face in faces if face.confidence >= _FACE]
        windows = _windows(edit.crop, time, video)
        outside += any(not any(_holds(box, x, y) for box in windows) for x, y in sure)
    return 2 * outside > len(seen)


def _holds(box: Box, x: float, y: float) -> bool:
    return box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2


def _windows(crop: CropPath, time: Seconds, video: Video) -> list[Box]:
    """What of the source is seen at a time; all of it where no window is."""
    panels = [panel for shot in crop.shots if time in shot.span and shot.layout != "fit" for panel in shot.panels]
    return [panel.window(time) for panel in panels] or [Box(0, 0, video.width, video.height)]


def _small(picture: NDArray[np.uint8], box: Box, video: Video) -> NDArray[np.uint8]:
    down, across = picture.shape[0] / video.height, picture.shape[1] / video.width
    top, bottom = max(0, int(box.y1 * down)), max(1, round(box.y2 * down))
    left, right = max(0, int(box.x1 * across)), max(1, round(box.x2 * across))
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    size = (_ACROSS, max(1, round(_ACROSS * part.shape[0] / part.shape[1])))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
