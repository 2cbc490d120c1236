"""Text detection: slides, screens, titles, captions.

Text is a row of short strokes of high contrast. The morphological gradient finds the strokes, a closing joins those of
a line, and components with the shape of a line of text are kept. Without a network this is coarse: it separates pages
of text from scenes and locates captions, but misses single words on a busy background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.types import Box

Gray = NDArray[np.uint8]

HEIGHT = 360  # pixels, height of the input: letters of readable text are 8 to 40 pixels high

_STROKE = 40  # smallest difference in luma of a letter and its background
_LOW, _TALL = 0.018, 0.14  # height of a line of text, as shares of the picture's height
_LONG = 2.2  # smallest ratio of width to height of a line of text
_FULL = (0.3, 0.9)  # share of a line's box filled by strokes: less is an outline, more is a texture
_RHYTHM = 1.1  # strokes crossed by a horizontal line through the text, per line height, at least
_STILL = 0.6  # share of the frames in which persistent text must be
_FLAT = 6  # gradient below which a pixel is flat background
_BOARD_LINES = 3  # lines of text that make a board
_BOARD_FLAT = 0.6  # share of a board that is flat background
_BOARD_AREA = 0.06  # share of the picture's area that a board covers, at least


@dataclass(frozen=True, slots=True)
class TextLayout:
    """The text in one frame: its lines, and the share of the frame that is flat background."""

    lines: tuple[Box, ...]
    flat: float


def detect_text_lines(gray: Gray) -> TextLayout:
    """Detect lines of text in a frame (h, w), about ``HEIGHT`` pixels high, in its own pixels."""
    high = gray.shape[0]
    gradient = np.asarray(cv2.morphologyEx(gray, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)
    strokes = np.asarray(gradient >= _STROKE, np.uint8)
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((1, max(3, round(0.03 * high))), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, max(3, round(0.015 * high))), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    lines = [Box(x, y, x + wide, y + tall) for x, y, wide, tall, _ in found[1:].tolist() if _LOW * high <= tall]
    return TextLayout(
        tuple(box for box in lines if _is_line(box, strokes, gray, high)), float(np.mean(gradient < _FLAT))
    )


def _is_line(box: Box, strokes: NDArray[np.uint8], gray: Gray, high: int) -> bool:
    if box.height > _TALL * high or box.width < _LONG * box.height:
        return False
    top, bottom, left, right = int(box.y1), int(box.y2), int(box.x1), int(box.x2)
    if not _FULL[0] <= float(strokes[top:bottom, left:right].mean()) <= _FULL[1]:
        return False
    # Letters and background have two colours, which alternate along the middle of the line.
    part = gray[top:bottom, left:right].astype(np.float32)
    middle = part[int(0.3 * len(part)) : max(int(0.3 * len(part)) + 1, int(0.7 * len(part)))]
    level = (float(part.min()) + float(part.max())) / 2
    crossings = float(np.abs(np.diff(middle > level, axis=1)).sum(axis=1).mean())
    return crossings >= _RHYTHM * box.width / box.height


def persistent_text(pages: Sequence[TextLayout], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(h, w): where most of the frames, of ``shape``, have text."""
    count = np.zeros(shape, np.float32)
    for page in pages:
        here = np.zeros(shape, np.float32)
        for box in page.lines:
            here[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = 1
        count += here
    return np.asarray(count >= max(1.0, _STILL * len(pages)))


def find_board(lines: Sequence[Box], gray: Gray) -> Box | None:
    """The rectangle around lines of text that lie on one flat ground, as on a slide; None without one.

    ``lines`` are the lasting lines of a shot, ``gray`` one of its frames (h, w), in whose pixels they are.
    """
    if len(lines) < _BOARD_LINES:
        return None
    board = Box(
        min(line.x1 for line in lines),
        min(line.y1 for line in lines),
        max(line.x2 for line in lines),
        max(line.y2 for line in lines),
    )
    part = gray[int(board.y1) : int(board.y2), int(board.x1) : int(board.x2)]
    if not part.size or board.width * board.height < _BOARD_AREA * gray.size:
        return None
    gradient = cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return board if float(np.mean(gradient < _FLAT)) >= _BOARD_FLAT else None
