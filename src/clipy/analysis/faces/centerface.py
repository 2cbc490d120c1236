"""CenterFace: the default face detector, small and quick on a CPU, with weights from a package."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.context import Context
from clipy.types import Box

_STRIDE = 4  # pixels of the picture for each cell of the network's maps
_MULTIPLE = 32  # the network halves the picture five times
_OVERLAP = 0.3  # intersection over union above which two boxes are the same face
_OUTPUTS = ("537", "538", "539", "540")  # heatmap, scale, offset, landmarks, as the published file names them

_RUNNING = Lock()  # a network of OpenCV's is for one thread at a time


class CenterFace(FaceDetector):
    """Faces as points: a heatmap of face centres, with size, offset and five landmarks at each.

    Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2020. Runs on OpenCV's own
    inference, so that it needs no other package.
    """

    version = 6

    class Options(FaceDetector.Options):
        confidence: float = Field(0.35, gt=0, lt=1, description="How sure a face must be to be reported.")

    options: Options

    def __init__(self, options: FaceDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: Any = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.CENTERFACE),)

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        with _RUNNING:
            if self._network is None:
                self._network = cv2.dnn.readNetFromONNX(str(models.fetch(models.CENTERFACE, report=ctx.report)))
        return [self._faces(picture) for picture in pictures]

    def _faces(self, picture: NDArray[np.uint8]) -> list[Detection]:
        height, width = picture.shape[:2]
        padded = cv2.copyMakeBorder(
            picture, 0, -height % _MULTIPLE, 0, -width % _MULTIPLE, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        with _RUNNING:
            self._network.setInput(cv2.dnn.blobFromImage(padded))
            heat, scale, offset, points = (maps[0] for maps in self._network.forward(_OUTPUTS))
        rows, columns = np.nonzero(heat[0] >= self.options.confidence)
        if not len(rows):
            return []
        confidence = heat[0, rows, columns]
        high, wide = np.exp(scale[:, rows, columns]) * _STRIDE
        top = (rows + offset[0, rows, columns] + 0.5) * _STRIDE - high / 2
        left = (columns + offset[1, rows, columns] + 0.5) * _STRIDE - wide / 2
        boxes = np.stack([left, top, wide, high], axis=1)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidence.tolist(), self.options.confidence, _OVERLAP)
        across = left[:, None] + points[1::2, rows, columns].T * wide[:, None]
        down = top[:, None] + points[0::2, rows, columns].T * high[:, None]
        return [
            Detection(
                box=Box(left[k].item(), top[k].item(), (left[k] + wide[k]).item(), (top[k] + high[k]).item()),
                confidence=confidence[k].item(),
                landmarks=tuple(zip(across[k].tolist(), down[k].tolist(), strict=True)),
            )
            for k in np.asarray(kept, dtype=int).flatten()
        ]
