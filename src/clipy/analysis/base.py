"""The core classes of perception: what several stages want to know about a video. None of them knows a stage.

An analyser is handed all that its result depends on (the video, a span, tracks, ...), so that its results can be stored
under its inputs alone; it never asks the context for another analyser.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clipy.backend import Backend
from clipy.context import Context
from clipy.types import Box, Shot, Span, Track, Transcript, Video


class Analyser(Backend):
    """A part of perception that the user picks by name."""


class Transcriber(Analyser):
    """Speech -> words with times."""

    group: ClassVar[str] = "transcribe"

    @abstractmethod
    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        """Return every word spoken in the video; an empty transcript when nobody speaks. The video has sound."""


class ShotDetector(Analyser):
    """Finds the cuts."""

    group: ClassVar[str] = "shots"

    @abstractmethod
    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        """Return the shots of a span in order, without gaps: the first starts and the last ends with it."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in one picture. ``landmarks``: five (x, y) - right eye, left eye, nose, mouth corners - or none."""

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...] = ()


class FaceDetector(Analyser):
    """Finds faces in pictures."""

    group: ClassVar[str] = "faces"

    @abstractmethod
    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        """Return the faces of each (h, w, 3) RGB picture of a batch, in that picture's own pixels."""


class SpeakerDetector(Analyser):
    """Tells which face on screen is the one that is heard."""

    group: ClassVar[str] = "speakers"

    @abstractmethod
    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        """Return the same tracks, in order, with ``speaking`` filled in: one value in 0..1 for each sampled time."""
