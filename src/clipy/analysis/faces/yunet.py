"""YuNet: a tiny face detector that OpenCV runs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Box

_OVERLAP = 0.3  # intersection over union above which two boxes are the same face


class YuNet(FaceDetector):
    """Faces with five landmarks, quickly (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023).

    Quicker than CenterFace, and less sure of small and turned faces.
    """

    version = 5

    class Options(FaceDetector.Options):
        confidence: float = Field(0.6, gt=0, lt=1, description="How sure a face must be to be reported.")
        path: Path | None = Field(None, description="Another YuNet file (ONNX) than the one that clipy fetches.")

    options: Options

    def __init__(self, options: FaceDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: Any = None

    def input_digests(self) -> tuple[str, ...]:
        path = self.options.path
        return (models.sha256(models.YUNET) if path is None else models.digest(_there(path)),)

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        if self._network is None:
            path = self.options.path
            file = models.fetch(models.YUNET, report=ctx.report) if path is None else _there(path)
            self._network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), self.options.confidence, _OVERLAP)
        return [self._faces(picture) for picture in pictures]

    def _faces(self, picture: NDArray[np.uint8]) -> list[Detection]:
        self._network.setInputSize((picture.shape[1], picture.shape[0]))
        _, rows = self._network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return [] if rows is None else [_detection(row) for row in rows]


def _detection(row: NDArray[np.float32]) -> Detection:
    """From x, y, width, height, the five landmarks' x and y, and the confidence."""
    x, y, wide, high, *points, confidence = row.tolist()
    return Detection(Box(x, y, x + wide, y + high), confidence, tuple(zip(points[::2], points[1::2], strict=True)))


def _there(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_file():
        raise ModelError("there is no such YuNet file", where=path, do="Correct faces.path, or leave it out")
    return path
