"""Two people made of squares, and an analyser that sees them: tests of framing need to know who is where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.base import SpeakerDetector
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.detections import Detection
from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.text.sentences import sentences
from clipy.types import Box, Highlight, Span, Track, Video
from fixtures.media import Picture, moving

ANNA, BEN = (250, 230, 60), (60, 230, 250)  # yellow on the left, cyan on the right
_SIDE = 60


def draw(time: float, size: tuple[int, int]) -> Picture:
    """A textured wall that drifts, with Anna on the left and Ben on the right."""
    picture = (moving(time, size) // 4).astype(np.uint8)
    width, height = size
    for color, middle in ((ANNA, 0.2), (BEN, 0.8)):
        left, top = int(width * middle) - _SIDE // 2, int(height * 0.4) - _SIDE // 2
        picture[top : top + _SIDE, left : left + _SIDE] = color
    return picture


class Squares(FaceDetector):
    """Sees the two squares."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]], ctx: Context) -> list[list[Detection]]:
        return [[d for color in (ANNA, BEN) for d in _square(picture.astype(int), color)] for picture in pictures]


def _square(picture: NDArray[np.int64], color: tuple[int, int, int]) -> list[Detection]:
    rows, columns = np.nonzero((np.abs(picture - np.array(color)) < 60).all(axis=2))
    if len(rows) < 9:
        return []
    box = Box(float(columns.min()), float(rows.min()), float(columns.max()) + 1, float(rows.max()) + 1)
    return [Detection(box, 0.9)]


class AnnaSpeaks(SpeakerDetector):
    """Whoever is on the left speaks."""

    def score(self, video: Video, tracks: list[Track], ctx: Context) -> list[Track]:
        middle = video.width / 2
        return [
            replace(t, speaking=np.full(len(t.times), 0.9 if t.boxes[0, 0] < middle else 0.1, dtype=np.float32))
            for t in tracks
        ]


class Sentences(Highlighter):
    """Every second sentence and the one after it, more than are wanted."""

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        found = sentences(ctx.transcript(video))
        pairs = [(found[n], found[n + 1]) for n in range(0, len(found) - 1, 2)]
        return [
            Highlight(
                Span(a.words[0].start, b.words[-1].end), 0.9 - n / 10, a.words[-1].text, "two sentences", {"a": 0.5}
            )
            for n, (a, b) in enumerate(pairs)
        ]


def declare(folder: Path) -> None:
    """Declare both as backends of an installed package: ``folder`` must be on ``sys.path``."""
    info = folder / "clipy_squares-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: clipy-squares\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[clipy.faces]\nsquares = tests.studio.people:Squares\n"
        "[clipy.highlight]\npairs = tests.studio.people:Sentences\n"
        "[clipy.speakers]\nanna = tests.studio.people:AnnaSpeaks\n"
    )
