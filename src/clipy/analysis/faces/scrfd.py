"""SCRFD: a face detector of the InsightFace project, from a file that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.faces.tracking.nms import detections
from clipy.context import Context
from clipy.errors import ModelError

_SIDE = 640  # pixels of the square that the published files expect
_STRIDES = (8, 16, 32)
_ANCHORS = 2  # for each cell

_RUNNING = Lock()  # a network of OpenCV's is for one thread at a time


class Scrfd(FaceDetector):
    """Faces with five landmarks (Guo et al., "Sample and Computation Redistribution", 2021).

    InsightFace publishes its weights for research that is not commercial: clipy neither fetches nor chooses them. Name
    a file whose outputs hold landmarks, such as ``scrfd_2.5g_kps.onnx``.
    """

    version = 5

    class Options(FaceDetector.Options):
        path: Path | None = Field(None, description="An SCRFD file with landmarks (ONNX); there is no default.")
        confidence: float = Field(0.5, gt=0, lt=1, description="How sure a face must be to be reported.")

    options: Options

    def __init__(self, options: FaceDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: Any = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.digest(self._path()),)

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        with _RUNNING:
            if self._network is None:
                self._network = cv2.dnn.readNetFromONNX(str(self._path()))
        return [self._faces(picture) for picture in pictures]

    def _faces(self, picture: NDArray[np.uint8]) -> list[Detection]:
        height, width = picture.shape[:2]
        scale = _SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        square = np.zeros((_SIDE, _SIDE, 3), dtype=np.uint8)
        square[: size[1], : size[0]] = cv2.resize(picture, size)
        with _RUNNING:
            self._network.setInput(cv2.dnn.blobFromImage(square, 1 / 128, mean=(127.5, 127.5, 127.5)))
            outputs = self._network.forward(self._network.getUnconnectedOutLayersNames())
        sure, boxes, points = (
            np.concatenate(parts) for parts in zip(*map(_level, _STRIDES, _by_level(outputs)), strict=True)
        )
        found = detections(boxes, sure, self.options.confidence, points)
        return [face.scaled(width / size[0], height / size[1]) for face in found]

    def _path(self) -> Path:
        return models.own_file(self.options.path, "SCRFD", "Name a file: --set faces.path=FILE")


def _by_level(outputs: Sequence[NDArray[np.float32]]) -> list[tuple[NDArray[np.float32], ...]]:
    """Confidence (n, 1), box (n, 4) and landmarks (n, 10) of each stride, identified by their shapes."""
    by_width: dict[int, list[NDArray[np.float32]]] = {1: [], 4: [], 10: []}
    for output in outputs:
        flat = output.reshape(-1, output.shape[-1])
        if flat.shape[1] not in by_width:
            raise ModelError("this is not an SCRFD model with landmarks", do="Choose another: --set faces.path=FILE")
        by_width[flat.shape[1]].append(flat)
    for parts in by_width.values():
        parts.sort(key=lambda part: -len(part))
    return list(zip(by_width[1], by_width[4], by_width[10], strict=True))


def _level(
    stride: int, outputs: tuple[NDArray[np.float32], ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Confidence (n,), boxes (n, 4) xyxy and landmarks (n, 5, 2) in pixels of the square."""
    sure, sides, points = outputs
    cells = _SIDE // stride
    rows, columns = np.mgrid[:cells, :cells]
    centers = np.repeat(np.stack([columns, rows], axis=-1).reshape(-1, 2) * stride, _ANCHORS, axis=0).astype(np.float32)
    boxes = np.concatenate([centers - sides[:, :2] * stride, centers + sides[:, 2:] * stride], axis=1)
    return sure[:, 0], boxes, centers[:, None] + points.reshape(-1, 5, 2) * stride
