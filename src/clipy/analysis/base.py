"""The core classes of perception: what several stages want to know about a video. None of them knows a stage.

An analyser is handed all that its result depends on (the video, a span, tracks, ...), so that its results can be stored
under its inputs alone; it never asks the context for another analyser.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.analysis.faces.identities import appearance
from clipy.analysis.faces.regions import Region, within
from clipy.analysis.faces.search import Search, moments
from clipy.analysis.faces.sightings import Detection, Picture, Sighting, with_looks
from clipy.backend import Backend
from clipy.context import Context
from clipy.media.read import pictures
from clipy.types import Array, Shot, Span, Track, Transcript, Turn, Video

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

    def again(self, language: str) -> Transcriber:
        """What hears a finished clip to check it, more quickly where it can be; itself unless overridden.

        ``language`` is what the clip is spoken in, or empty where that is to be found out.
        """
        return self


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


class FaceDetector(Analyser):
    """Finds faces in pictures. A backend overrides ``detect``; ``look`` is what a video's faces come from."""

    group: ClassVar[str] = "faces"

    class Options(Analyser.Options):
        rate: float = Field(5, gt=0, le=60, description="How many pictures a second are searched where faces move.")
        stride: int = Field(
            3,
            ge=1,
            le=60,
            description="Where faces stay, only every so manieth of these pictures is searched, three in four of them"
            " only around the faces.",
        )
        size: int = Field(
            360, ge=64, le=4320, description="Shorter side of the pictures that are searched, in pixels at most."
        )
        batch: int = Field(8, ge=1, le=256, description="How many pictures are searched at once.")

    options: Options

    @abstractmethod
    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        """Return the faces of each (h, w, 3) RGB picture of a batch, in that picture's own pixels."""

    def look(self, video: Video, shots: list[Shot], ctx: Context) -> list[Sighting]:
        """Search pictures of adjoining shots in one pass.

        Every ``stride``-th picture is searched at once, and each shot's first and last, most of them only around the
        faces of those that are searched whole; between two of them only where the two differ, the middle first, so that
        time goes where faces come, go or move. There boxes between sightings would be wrong.
        """
        rate, stride = self.options.rate, self.options.stride
        due = [
            moment for number, shot in enumerate(shots) for moment in moments(number, shot.span, video, rate, stride)
        ]
        shrink = min(_ENLARGED, self.options.size / min(video.width, video.height))
        span = Span(shots[0].span.start, shots[-1].span.end)
        times = [moment.time for moment in due]
        seen = pictures(video, span, times=times, height=max(1, round(video.height * shrink)))

        def found(some: Sequence[Picture], parts: Sequence[Sequence[Region]]) -> list[list[Detection]]:
            faces = within(some, parts, lambda cut: self.detect(cut, ctx), self.options.batch)
            return with_looks(some, faces)

        search = Search(found, video, self.options.batch)
        for number, (moment, (_, picture)) in enumerate(zip(due, seen, strict=True)):
            if number % self.options.batch == 0:
                ctx.report("Looking for faces", number / len(due))
            search.add(moment, picture)
        return search.sightings()

    def appearance(self, video: Video, tracks: list[Track], ctx: Context) -> Array:
        """Return what each of some tracks (at least one) looks like: float32 (n, d), unit vectors.

        Their dot products say how alike two are. By the colours of head and clothes, unless overridden.
        """
        return appearance(video, tracks, ctx)


class SpeakerDetector(Analyser):
    """Tells which face on screen is the one that is heard."""

    group: ClassVar[str] = "speakers"

    @abstractmethod
    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        """Return the same tracks, in order, with ``speaking`` filled in: one value in 0..1 for each sampled time."""

    def early(self) -> float:
        """Seconds by which its probabilities rise before somebody's first word, as it looks around each moment."""
        return 0.0

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
    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        """Return the turns in some spans (in order, apart), in order of their beginning; none when nobody speaks.

        People who talk at once overlap. Somebody who is heard in several spans has one name in all of them.
        """


class Embedder(Analyser):
    """Text -> meaning: sentences that mean alike get vectors that point alike."""

    group: ClassVar[str] = "embed"

    @abstractmethod
    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        """Return a unit vector for each text, float32 (n, d); their dot products are similarities."""
