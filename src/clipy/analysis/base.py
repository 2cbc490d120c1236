"""The core classes of perception: what several stages want to know about a video. None of them knows a stage.

An analyser is handed all that its result depends on (the video, a span, tracks, ...), so that its results can be stored
under its inputs alone; it never asks the context for another analyser.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.backend import Backend
from clipy.context import Context
from clipy.media.read import pictures
from clipy.types import Array, Box, Seconds, Shot, Span, Track, Transcript, Turn, Video, seconds

T = TypeVar("T")

_ENLARGED = 2.0  # a small picture is searched at most this much bigger, for its small faces


class Analyser(Backend):
    """A part of perception that the user picks by name."""


class Transcriber(Analyser):
    """Speech -> words with times."""

    group: ClassVar[str] = "transcribe"
    listens: ClassVar[bool] = True
    """Whether the words come from the video's own sound; else they cannot be heard anew in a finished clip."""

    @abstractmethod
    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        """Return every word spoken in the video; an empty transcript when nobody speaks. The video has sound."""


class Aligner(Analyser):
    """Puts the times of known words right."""

    group: ClassVar[str] = "align"

    @abstractmethod
    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        """Return the same words in the same order with better times. The video has sound."""


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

    def scaled(self, x: float, y: float) -> Detection:
        """The same face in a picture that is ``x`` times as wide and ``y`` times as high."""
        box = Box(self.box.x1 * x, self.box.y1 * y, self.box.x2 * x, self.box.y2 * y)
        return Detection(box, self.confidence, tuple((px * x, py * y) for px, py in self.landmarks))


@dataclass(frozen=True, slots=True)
class Sighting:
    """The faces in the picture that is on screen at one time, in display pixels of the source."""

    time: Seconds
    faces: tuple[Detection, ...]


class FaceDetector(Analyser):
    """Finds faces in pictures. A backend overrides ``detect``; ``look`` is what a video's faces come from."""

    group: ClassVar[str] = "faces"

    class Options(Analyser.Options):
        rate: float = Field(5, gt=0, le=60, description="How many pictures a second are searched for faces.")
        size: int = Field(
            360, ge=64, le=4320, description="Shorter side of the pictures that are searched, in pixels at most."
        )
        batch: int = Field(8, ge=1, le=256, description="How many pictures are searched at once.")

    options: Options

    @abstractmethod
    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        """Return the faces of each (h, w, 3) RGB picture of a batch, in that picture's own pixels."""

    def look(self, video: Video, shots: list[Shot], ctx: Context) -> list[Sighting]:
        """Search several pictures a second of adjoining shots, each shot's first and last among them, in one pass."""
        times = [time for shot in shots for time in self._times(video, shot.span)]
        shrink = min(_ENLARGED, self.options.size / min(video.width, video.height))
        span = Span(shots[0].span.start, shots[-1].span.end)
        seen = pictures(video, span, times=times, height=max(1, round(video.height * shrink)))
        sightings: list[Sighting] = []
        for group in batched(seen, self.options.batch):
            ctx.report("Looking for faces", len(sightings) / len(times))
            found = self.detect([picture for _, picture in group], ctx)
            for (time, picture), faces in zip(group, found, strict=True):
                scale = (video.width / picture.shape[1], video.height / picture.shape[0])
                sightings.append(Sighting(time, tuple(face.scaled(*scale) for face in faces)))
        return sightings

    def _times(self, video: Video, shot: Span) -> list[Seconds]:
        step = 1 / seconds(self.options.rate)
        last = max(shot.start, shot.end - 1 / video.frame_rate)
        count = int((last - shot.start) / step) + 1
        times = [shot.start + index * step for index in range(count)]
        return times if times[-1] == last else [*times, last]


class SpeakerDetector(Analyser):
    """Tells which face on screen is the one that is heard."""

    group: ClassVar[str] = "speakers"

    @abstractmethod
    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        """Return the same tracks, in order, with ``speaking`` filled in: one value in 0..1 for each sampled time."""

    def gains_from_voices(self) -> bool:
        """Whether it was measured to be right more often once each voice is given to a face over the whole video."""
        return False


class Diarizer(Analyser):
    """Tells who speaks when, from the sound alone."""

    group: ClassVar[str] = "diarize"

    class Options(Analyser.Options):
        speakers: int | None = Field(None, ge=1, le=100, description="How many people speak; found out when not given.")

    options: Options

    @abstractmethod
    def diarize(self, video: Video, ctx: Context) -> list[Turn]:
        """Return the turns in order of their beginning; none when nobody speaks. People who talk at once overlap."""


class Embedder(Analyser):
    """Text -> meaning: sentences that mean alike get vectors that point alike."""

    group: ClassVar[str] = "embed"

    @abstractmethod
    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        """Return a unit vector for each text, float32 (n, d); their dot products are similarities."""


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive groups of ``size`` items; the last may be smaller."""
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group
