"""S3FD: the face detector of the published active-speaker pipelines, from a file of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy import models
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.analysis.faces.tracking.nms import detections
from clipy.context import Context
from clipy.models import inference

_PUBLISHED = "https://github.com/TaoRuijie/TalkNet-ASD"


class S3fd(FaceDetector):
    """Faces at six scales by a VGG network (Zhang et al., ICCV 2017): sure, and heavy without a graphics card.

    The weights ``sfd_face.pth`` are published on a drive that gives no checksum, so that clipy cannot fetch them by
    itself: name the file. Only numbers are read. It reports no landmarks.
    """

    version = 6

    class Options(FaceDetector.Options):
        path: Path | None = Field(None, description="File of S3FD's published weights; there is no default.")
        confidence: float = Field(0.6, gt=0, lt=1, description="How sure a face must be to be reported.")

    options: Options

    def __init__(self, options: FaceDetector.Options | None = None) -> None:
        super().__init__(options)
        self._network: inference.Network | None = None

    def input_digests(self) -> tuple[str, ...]:
        return (models.digest(self._path()),)

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        if self._network is None:
            (self._network,) = inference.load(["s3fd"], self._path(), ctx.device, "s3fd")
        boxes, confidence = self._network.outputs(pictures=np.stack(pictures))
        return [detections(b, c, self.options.confidence) for b, c in zip(boxes, confidence, strict=True)]

    def _path(self) -> Path:
        do = f"Get sfd_face.pth as {_PUBLISHED} says, and name it: --set faces.path=FILE"
        return models.own_file(self.options.path, "S3FD", do)
