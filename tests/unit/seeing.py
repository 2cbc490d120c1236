"""Analysers for tests that find what generated videos hold: a bright square stands for a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import SpeakerDetector
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.context import Context
from clipy.types import Box, Track, Video


class Squares(FaceDetector):
    """Finds the yellow square that ``fixtures.media.moving`` draws."""

    calls: ClassVar[int] = 0

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        type(self).calls += 1
        return [self._square(picture.astype(int)) for picture in pictures]

    def _square(self, picture: NDArray[np.int64]) -> list[Detection]:
        rows, columns = np.nonzero((picture[..., 0] > 225) & (picture[..., 1] > 205) & (picture[..., 2] < 110))
        if len(rows) < 9:
            return []
        low, high = (5, 95)
        x1, x2 = np.percentile(columns, [low, high])
        y1, y2 = np.percentile(rows, [low, high])
        return [Detection(Box(float(x1), float(y1), float(x2) + 1, float(y2) + 1), 0.9)]


class EverybodySpeaks(SpeakerDetector):
    """Every face speaks, surely."""

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        return [replace(track, speaking=np.full(len(track.times), 0.9, dtype=np.float32)) for track in tracks]
