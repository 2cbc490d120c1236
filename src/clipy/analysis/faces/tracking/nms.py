"""Many overlapping boxes -> one detection for each face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.detections import Detection
from clipy.types import Box

_OVERLAP = 0.3  # intersection over union above which two boxes are the same face


def detections(
    boxes: NDArray[np.float32],
    confidence: NDArray[np.float32],
    least: float,
    landmarks: NDArray[np.float32] | None = None,
) -> list[Detection]:
    """The surest of boxes that overlap, if at least ``least`` sure. ``boxes`` (n, 4) xyxy, ``landmarks`` (n, 5, 2)."""
    sure = np.flatnonzero(confidence >= least)
    corners = boxes[sure]
    sides = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sides.tolist(), confidence[sure].tolist(), least, _OVERLAP) if len(sure) else ()
    found = []
    for index in np.asarray(kept, dtype=int).flatten():
        points = () if landmarks is None else tuple((float(x), float(y)) for x, y in landmarks[sure[index]])
        found.append(Detection(Box(*corners[index].tolist()), confidence[sure[index]].item(), points))
    return found
