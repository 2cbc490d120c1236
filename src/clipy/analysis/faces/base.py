"""The core class of face detection: a backend finds faces in pictures, and inherits how a video is searched."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clipy.analysis import contracts
from clipy.analysis.base import Analyser
from clipy.analysis.faces.tracking.detections import Detection, FrameDetections, Picture, with_mean_colors
from clipy.analysis.faces.tracking.identities import appearance
from clipy.analysis.faces.tracking.recovery import recovered
from clipy.analysis.faces.tracking.regions import Region, within
from clipy.analysis.faces.tracking.search import Search, moments
from clipy.context import Context
from clipy.contract import call, keeps
from clipy.media.read import pictures
from clipy.types import Array, Shot, Span, Track, Video

_ENLARGED = 2.0  # a small picture is searched at most this much bigger, for its small faces


class FaceDetector(Analyser):
    """Finds faces in pictures. A backend overrides ``detect``; ``detect_in_video`` searches a whole video with it."""

    group: ClassVar[str] = "faces"
    version = 4

    class Options(Analyser.Options):
        rate: float = Field(5, gt=0, le=60, description="Sampled frames per second where faces move.")
        stride: int = Field(
            3,
            ge=1,
            le=60,
            description="Where faces stay put, run detection on every Nth sampled frame only, and on three out of four"
            " of those around the known faces only.",
        )
        size: int = Field(
            360, ge=64, le=4320, description="Shorter side of the frames that detection runs on, in pixels, at most."
        )
        batch: int = Field(8, ge=1, le=256, description="Frames per batch.")

    options: Options

    @abstractmethod
    @keeps(contracts.detected)
    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        """Return the faces of each (h, w, 3) RGB picture of a batch, in that picture's own pixels."""

    @keeps(contracts.searched)
    def detect_in_video(self, video: Video, shots: list[Shot], ctx: Context) -> list[FrameDetections]:
        """Detect faces in adjoining shots, in one pass.

        Every ``stride``-th picture is searched at once, and each shot's first and last, most of them only around the
        faces of those that are searched whole; between two of them only where the two differ, the middle first, so that
        time goes where faces come, go or move. Interpolated boxes would be wrong there. Faces that are lost within a
        shot are followed on, and looked for again where they were.
        """
        rate, stride = self.options.rate, self.options.stride
        due = [
            moment for number, shot in enumerate(shots) for moment in moments(number, shot.clear, video, rate, stride)
        ]
        shrink = min(_ENLARGED, self.options.size / min(video.width, video.height))
        span = Span(shots[0].span.start, shots[-1].span.end)
        times = [moment.time for moment in due]
        seen = pictures(video, span, times=times, height=max(1, round(video.height * shrink)))

        def found(some: Sequence[Picture], parts: Sequence[Sequence[Region]]) -> list[list[Detection]]:
            faces = within(some, parts, lambda cut: call(self.detect, (cut,), ctx), self.options.batch)
            return with_mean_colors(some, faces)

        search = Search(found, video, self.options.batch)
        for number, (moment, (_, picture)) in enumerate(zip(due, seen, strict=True)):
            if number % self.options.batch == 0:
                ctx.report("Looking for faces", number / len(due))
            search.add(moment, picture)
        return recovered(video, shots, search.frames(), self.options.size, lambda cut: call(self.detect, (cut,), ctx))

    @keeps(contracts.portrayed)
    def appearance(self, video: Video, tracks: list[Track], ctx: Context) -> Array:
        """Return what each of some tracks (at least one) looks like: float32 (n, d), unit vectors.

        Their dot products say how alike two are. By the colours of head and clothes, unless overridden.
        """
        return appearance(video, tracks, ctx)
