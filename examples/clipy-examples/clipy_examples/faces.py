"""``faces = "brightest"``: what to follow in a picture; ``FaceDetector`` knows how to search a whole video with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clipy import Box, Context, Detection, FaceDetector


class Brightest(FaceDetector):
    """Takes the brightest spot of a picture for a face: a lamp, a mascot, a puck."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        return [[self._spot(picture)] for picture in pictures]

    def _spot(self, picture: NDArray[np.uint8]) -> Detection:
        light = picture.astype(np.float32).mean(axis=2)
        ys, xs = np.nonzero(light >= light.max() - 10)
        x, y, half = float(xs.mean()), float(ys.mean()), picture.shape[0] / 8
        return Detection(Box(x - half, y - half, x + half, y + half), confidence=0.9)
