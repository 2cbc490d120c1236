"""Analysis of a shot apart from its faces: black bars, text, picture-in-picture.

These last for a whole shot, so a few frames suffice. They are taken next to keyframes, where decoding can start, since
decoding the whole clip again would cost more than the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.picture import bars
from clipy.analysis.picture.picture_in_picture import Borders
from clipy.analysis.picture.text_detection import HEIGHT, TextLayout, detect_text_lines, find_board, persistent_text
from clipy.context import Context
from clipy.geometry import share_inside
from clipy.media.media_info import keyframe_times
from clipy.media.read import pictures
from clipy.types import Box, Seconds, Shot, Span, Video

_ENOUGH, _MOST = 4, 12  # frames per shot, at least (unless it is shorter) and at most
_STEP = Fraction(2, 5)  # seconds between frames where there are too few keyframes
_LINES = 4  # lines of text that make a page
_INSTANT = Fraction(1, 90_000)  # a span that ends this much after a time includes its frame
_IN_TILE = 0.9  # share of a face that is inside its tile
_COVER = 0.015  # share of the picture that text covers
_FLAT = 0.68  # share of a page that is flat background: scenes with text have less
_LOWER = 0.55  # share of the picture's height below which text is a name or a quote
_LEGIBLE = 0.025  # smallest line of text that is meant to be read, as a share of the picture's height


@dataclass(frozen=True)
class ShotAnalysis:
    """One shot, in display pixels of the source.

    ``picture`` is the area inside black bars. ``page``: the shot shows a slide, a screen or a title rather than a
    scene. ``writing`` are the regions of persistent text; ``board`` is all of it where it is lines on a flat ground,
    as on a slide beside a presenter. ``borders`` find the pane of a face.
    """

    span: Span
    picture: Box
    page: bool
    writing: tuple[Box, ...]
    borders: Borders
    scale: float
    board: Box | None = None

    def pane(self, face: Box) -> Box | None:
        """The picture-in-picture or gallery tile around a face; None without one."""
        small = _scaled(face, 1 / self.scale)
        found = next((tile for tile in self.tiles if share_inside(small, tile) >= _IN_TILE), None)
        return self._kept(found or self.borders.pane(small))

    def disc(self, face: Box) -> Box | None:
        """The square around the round picture-in-picture of a face; None without one."""
        return self._kept(self.borders.disc(_scaled(face, 1 / self.scale)))

    def lower_thirds(self) -> tuple[Box, ...]:
        """Legible text in the lower part of the picture, such as a speaker's name."""
        high, wide, top = self.picture.height, self.picture.width, self.picture.y1
        return tuple(
            box
            for box in self.writing
            if box.y1 >= top + _LOWER * high and box.height >= _LEGIBLE * high and box.width >= 3 * _LEGIBLE * wide
        )

    def is_still(self, part: Box) -> bool:
        """Whether a part of the picture is a still one: the photograph of a face, not somebody who is seen."""
        return self.borders.is_still(_scaled(part, 1 / self.scale))

    @cached_property
    def tiles(self) -> list[Box]:
        return self.borders.tiles()

    def _kept(self, found: Box | None) -> Box | None:
        if found is None:
            return None
        inner = _scaled(found, self.scale)
        kept = Box(
            max(inner.x1, self.picture.x1),
            max(inner.y1, self.picture.y1),
            min(inner.x2, self.picture.x2),
            min(inner.y2, self.picture.y2),
        )
        return kept if kept.width > 0 and kept.height > 0 else None


@dataclass
class _Notes:
    """Measurements of one shot, accumulated over its frames."""

    brightest: bars.MaxPicture = field(default_factory=bars.MaxPicture)
    borders: Borders = field(default_factory=Borders)
    pages: list[TextLayout] = field(default_factory=list)
    last: NDArray[np.uint8] | None = None

    def see(self, gray: NDArray[np.uint8]) -> None:
        self.brightest.see(gray)
        self.borders.see(gray)
        self.last = _enlarged(gray)
        self.pages.append(detect_text_lines(self.last))


def analyze_shots(video: Video, shots: Sequence[Shot], ctx: Context) -> list[ShotAnalysis]:
    """Analyse a few frames of each shot."""
    keys = keyframe_times(video)
    height = min(HEIGHT, video.height)
    scale = video.height / height
    notes = []
    for index, shot in enumerate(shots):
        ctx.report("Analysing shots", index / len(shots))
        note = _Notes()
        for times in _runs(shot.clear, [key for key in keys if key in shot.clear]):
            span = Span(times[0], times[-1] + _INSTANT)
            for _, gray in pictures(video, span, times=times, height=height, gray=True):
                note.see(gray)
        notes.append(note)
    brightest = [note.brightest.picture for note in notes]
    areas = bars.inside(brightest)
    return [
        _scene(video, shot, note, area, (picture.shape[0], picture.shape[1]), scale)
        for shot, note, area, picture in zip(shots, notes, areas, brightest, strict=True)
    ]


def _runs(span: Span, keys: Sequence[Seconds]) -> list[list[Seconds]]:
    """The times of the frames to analyse, grouped into runs that start at a keyframe."""
    if len(keys) >= _ENOUGH:
        return [[keys[round(k)]] for k in np.linspace(0, len(keys) - 1, min(len(keys), _MOST)).tolist()]
    starts = list(keys) or [span.start + span.duration / 4]
    each = -(-_ENOUGH // len(starts))
    runs = []
    for start, until in zip(starts, [*starts[1:], span.end], strict=True):
        step = min(_STEP, (until - start) / each)
        runs.append([start + step * k for k in range(each)])
    return runs


def _scene(video: Video, shot: Shot, note: _Notes, area: Box, shape: tuple[int, int], scale: float) -> ShotAnalysis:
    lasted = persistent_text(note.pages, (HEIGHT, max(1, round(shape[1] * HEIGHT / shape[0]))))
    lines = sorted(len(page.lines) for page in note.pages)[len(note.pages) // 2]
    flat = float(np.median([page.flat for page in note.pages]))
    page = lines >= _LINES and float(lasted.mean()) >= _COVER and flat >= _FLAT
    picture = _scaled(area, scale)
    within = Box(picture.x1, picture.y1, min(picture.x2, video.width), min(picture.y2, video.height))
    blocks = list(_blocks(lasted))
    board = None if note.last is None else find_board(blocks, note.last)
    by = video.height / HEIGHT
    writing = tuple(_scaled(box, by) for box in blocks)
    return ShotAnalysis(
        shot.span, within, page, writing, note.borders, scale, None if board is None else _scaled(board, by)
    )


def _enlarged(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale to ``HEIGHT`` pixels, so that strokes of text have the same width for any source."""
    if gray.shape[0] == HEIGHT:
        return gray
    wide = max(1, round(gray.shape[1] * HEIGHT / gray.shape[0]))
    return np.asarray(cv2.resize(gray, (wide, HEIGHT), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _blocks(mask: NDArray[np.bool_]) -> Iterator[Box]:
    _, _, found, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for x, y, wide, tall, _ in found[1:].tolist():
        yield Box(x, y, x + wide, y + tall)


def _scaled(box: Box, by: float) -> Box:
    return Box(box.x1 * by, box.y1 * by, box.x2 * by, box.y2 * by)
