"""Text in a picture: where each line is, and what it says.

Two networks of PP-OCRv4 (Apache-2.0): one marks where text is (Liao et al., "Real-time Scene Text Detection with
Differentiable Binarization", 2020), one reads a line (Du et al., "SVTR", 2022). They know Latin letters, digits and
Chinese.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy import models
from clipy.models import inference
from clipy.types import Box

_SIDE = 224  # pixels of the shorter side of the picture in which text is looked for
_MULTIPLE = 32  # of the sides that the first network takes
_THRESHOLD = 0.3  # from which on a pixel is text; the authors' own
_SURE = 0.6  # mean over a line
_GROWS = 1.6  # the network marks the core of a line; the authors' own ratio of areas to have all of it
_SMALLEST = 4  # pixels that a core is high
_HEIGHT = 48  # of a line as the second network takes it
_NARROWEST = 48

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: where it is (pixels of the picture), what it says, and how sure that is in 0..1."""

    box: Box
    text: str
    sure: float


class TextReader:
    """Finds and reads lines in pictures (h, w, 3) RGB. Weights load on first use."""

    def __init__(self, report: Callable[[str, float | None], None]) -> None:
        self._report = report
        self._finder: Any = None
        self._reader: Any = None
        self._letters: list[str] = []

    def find(self, picture: Picture, scale: float | None = None) -> list[Box]:
        """Where lines of text are, from top to bottom. ``scale``: at which size; a whole picture's unless given."""
        self._load()
        height, width = picture.shape[:2]
        scale = scale or min(1.0, _SIDE / min(height, width))
        wide, high = (max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height))
        likely = self._finder.run(
            None, {"x": _as_input(cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA))}
        )
        return sorted(
            (_scaled(box, width / wide, height / high, width, height) for box in _cores(likely[0][0, 0])),
            key=lambda box: (box.y1, box.x1),
        )

    def read(self, picture: Picture, box: Box) -> Line:
        """What one line says."""
        self._load()
        cut = cut_out(picture, box)
        wide = max(_NARROWEST, round(cut.shape[1] * _HEIGHT / max(1, cut.shape[0])))
        scores = self._reader.run(None, {"x": _as_input(cv2.resize(cut, (wide, _HEIGHT)))})[0][0]
        best, sure = scores.argmax(axis=1), scores.max(axis=1)
        kept = (best != 0) & np.append(True, best[1:] != best[:-1])  # CTC: blanks and repetitions are no letters
        text = "".join(self._letters[index] for index in best[kept])
        return Line(box, text.strip(), float(sure[kept].mean()) if kept.any() else 0.0)

    def _load(self) -> None:
        if self._finder is not None:
            return
        folder = models.fetch(models.TEXT_READER, report=self._report)
        self._finder, self._reader = (
            inference.session(folder / file.name, "cpu", "text reader") for file in models.TEXT_READER.files
        )
        known = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *known, " "]  # the first is the blank of CTC


def cut_out(picture: Picture, box: Box) -> Picture:
    """The part of a picture inside a box; at least a pixel."""
    x, y = int(max(0, box.x1)), int(max(0, box.y1))
    return picture[y : max(y + 1, int(box.y2)), x : max(x + 1, int(box.x2))]


def _as_input(picture: NDArray[Any]) -> NDArray[np.float32]:
    """(1, 3, h, w) in -1..1."""
    return np.asarray(picture.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1, dtype=np.float32)


def _cores(likely: NDArray[np.float32]) -> list[Box]:
    """The boxes of the lines, grown to hold all of each."""
    marked = np.asarray(likely > _THRESHOLD, dtype=np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked)
    found = []
    for index in range(1, count):
        x, y, wide, high, area = (int(value) for value in stats[index])
        inside = labels[y : y + high, x : x + wide] == index
        if high < _SMALLEST or float(likely[y : y + high, x : x + wide][inside].mean()) < _SURE:
            continue
        more = area * _GROWS / (2 * (wide + high))
        found.append(Box(x - more, y - more, x + wide + more, y + high + more))
    return found


def _scaled(box: Box, x: float, y: float, width: int, height: int) -> Box:
    return Box(max(0.0, box.x1 * x), max(0.0, box.y1 * y), min(width, box.x2 * x), min(height, box.y2 * y))
