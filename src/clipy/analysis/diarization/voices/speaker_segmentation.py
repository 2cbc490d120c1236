"""Speaker segmentation within ten seconds: the network of pyannote's segmentation 3.0.

H. Bredin, A. Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation" (2021); A. Plaquet, H. Bredin,
"Powerset multi-class cross entropy loss for neural speaker diarization" (2023). It separates up to three voices, two of
them simultaneous; their labels are valid only within one window.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.models import inference

Floats = NDArray[np.float32]

RATE = 16_000
LENGTH = 10 * RATE  # samples per window
STEP, CENTRE = 270, 495  # samples between frames, and from the start of a window to the centre of its first frame
VOICES = 3
_CLASSES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)


class SpeakerSegmentation:
    """The network; see ``activity``."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        (self._network,) = inference.load(["segmentation"], path, device, "speaker segmentation")

    def activity(self, sound: Floats) -> Floats:
        """Activity of each voice in windows (n, LENGTH): float32 (n, frames, 3) of zeros and ones."""
        return np.asarray(_CLASSES[self._network(sound=sound).argmax(axis=2)])
