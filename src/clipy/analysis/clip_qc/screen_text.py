"""The text that a finished clip shows, line by line, with when each line is on screen.

Looked for on the pictures themselves, so that it works on any file: captions, titles, signs in the scene. Where text is
in the picture is found on a picture every two seconds; the rows that hold any are then looked at five times per second,
searched where they have changed, and read where a line is new.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.analysis.clip_qc.inspection import Inspection
from clipy.analysis.clip_qc.text_reader import Line, Picture, TextReader, cut_out
from clipy.context import Context
from clipy.geometry import iou
from clipy.media.checks.proxy import PROXY_RATE, proxy_frames
from clipy.types import Box, Seconds, Span

RATE = PROXY_RATE  # a second: a line's beginning is known to half of the time between two, on average
_FIRST_LOOKS = Fraction(1, 2)  # a second
_LEAST_LOOKS = 10
_LIKE = 0.8  # correlation from which on two cuts show the same line
_SMALL = (96, 16)  # pixels of the cuts that are compared
_SAME_PLACE = 0.6  # intersection over union
_SAME_BOX = 0.85  # from which on a box is the same one, found a little otherwise
_SAME_TEXT = 0.8  # ratio of letters: what is misread differs less, the next caption of a rhyme more
_READABLE = 0.6  # how sure a line must be
_WIDEST = 2.0  # times its height that a letter is wide, at most: in a wider box most was not read
_STROKE, _FRESH = 40, 24  # luma by which a pixel changes where a letter comes or goes; pixels of a short small word
_FOUND = 20  # pixels of a line's height at which it is found; half of that is enough, so that smaller ones are, too
_SMALLEST = 0.35  # of the picture's size
_BRIEF = 3  # seconds after which a line is no caption but a sign, beside which others come and go
_MARGIN = 0.6  # of a line's height, above and below rows that hold text


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """A line of text and when it is on screen, in clip time; ``box`` in display pixels of the clip."""

    span: Span
    box: Box
    text: str
    sure: float


def screen_text(inspection: Inspection, reader: TextReader, ctx: Context) -> list[ScreenLine]:
    """Every line of text that the clip shows, in order of its beginning, then from top to bottom.

    Raises ModelError when the networks that read cannot be had.
    """
    proxy = inspection.proxy
    ctx.report("Reading on-screen text")
    rate = max(_FIRST_LOOKS, Fraction(_LEAST_LOOKS) / max(Fraction(1, 2), proxy.duration))
    boxes = [box for _, picture in proxy_frames(proxy, rate=rate) for box in reader.find(picture)]
    if not boxes:
        return []
    followed, strips = _Followed(), [_Strip(top, bottom, _shrink(top, bottom, boxes)) for top, bottom in _rows(boxes)]
    for time, picture in proxy_frames(proxy, rate=RATE):
        found = [
            strip.boxes(picture, reader, same=followed.stay(time, picture, strip.top, strip.bottom)) for strip in strips
        ]
        followed.update(time, picture, [box for boxes in found for box in boxes], reader)
    across, down = inspection.scale
    return [replace(line, box=_wider(line.box, across, down)) for line in followed.lines()]


def alike(first: str, second: str) -> float:
    """How alike two texts are by their letters, in 0..1, whatever their case, spaces and punctuation."""
    a, b = letters(first), letters(second)
    return SequenceMatcher(None, a, b, autojunk=False).ratio() if a and b else float(a == b)


def letters(text: str) -> str:
    """The letters and digits of a text, small and without accents: what a reader of pictures tells apart."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


@dataclass
class _Strip:
    """Rows of the picture, searched again only where pixels change: a new word changes many of them.

    While the lines in them stay, it is mostly what lies behind that moves: then they are searched every other time.
    """

    top: int
    bottom: int
    scale: float  # at which they are searched, in pixels of the picture
    _before: NDArray[np.uint8] | None = None
    _found: Sequence[Box] = ()
    _passed: bool = False

    def boxes(self, picture: Picture, reader: TextReader, *, same: bool) -> Sequence[Box]:
        """The lines of text in these rows, in pixels of the picture. ``same``: those found before are still there."""
        part = picture[self.top : min(self.bottom, picture.shape[0])]
        now = np.asarray(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        if self._before is None or np.count_nonzero(cv2.absdiff(now, self._before) > _STROKE) >= _FRESH:
            if same and not self._passed:
                self._passed = True
                return self._found
            found = reader.find(part, self.scale)
            self._found = [Box(box.x1, box.y1 + self.top, box.x2, box.y2 + self.top) for box in found]
            self._before, self._passed = now, False
        return self._found


@dataclass
class _Open:
    """A line that is on screen now: since when, how it looked last, and the surest reading of it."""

    since: Seconds
    until: Seconds
    line: Line
    look: NDArray[np.float32]


class _Followed:
    """Follows lines from look to look."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._closed: list[ScreenLine] = []

    def update(self, time: Seconds, picture: Picture, boxes: Sequence[Box], reader: TextReader) -> None:
        """What is seen at a time: lines go on, begin, or end."""
        step, still = 1 / RATE, list[_Open]()
        for box in boxes:
            look = _look(picture, box)
            same = next((old for old in self._open if _stays(old, box, look, picture)), None)
            if same is None:
                line = reader.read(picture, box)
                if line.sure < _READABLE or box.width > _WIDEST * box.height * len(letters(line.text)):
                    continue
                same = next((old for old in self._open if _goes_on(old.line, line)), None)
                if same is None:
                    same = _Open(time, time, line, look)
                elif line.sure > same.line.sure or len(line.text) > len(same.line.text):
                    same.line = line
            if same in self._open:
                self._open.remove(same)
            same.until, same.look = time + step, _look(picture, same.line.box)
            still.append(same)
        self._closed += [_shown(old) for old in self._open]
        self._open = still

    def stay(self, time: Seconds, picture: Picture, top: int, bottom: int) -> bool:
        """Whether rows hold lines that came on lately, as captions do, and all of them look as before."""
        inside = [old for old in self._open if top <= old.line.box.center[1] < bottom]
        brief = all(time - old.since < _BRIEF for old in inside)
        return bool(inside) and brief and all(_like(old.look, _look(picture, old.line.box)) for old in inside)

    def lines(self) -> list[ScreenLine]:
        self._closed += [_shown(old) for old in self._open]
        self._open = []
        return sorted(self._closed, key=lambda line: (line.span.start, line.box.y1))


def _shown(line: _Open) -> ScreenLine:
    return ScreenLine(Span(line.since, line.until), line.line.box, line.line.text, line.line.sure)


def _look(picture: Picture, box: Box) -> NDArray[np.float32]:
    gray = cv2.cvtColor(np.ascontiguousarray(cut_out(picture, box)), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray, _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(1e-6, float(np.linalg.norm(small))), dtype=np.float32)


def _like(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    return float((first * second).sum()) > _LIKE


def _goes_on(old: Line, new: Line) -> bool:
    """Whether a line repeats the previous one: at the same height, with the same text or more of it."""
    high = min(old.box.y2, new.box.y2) - max(old.box.y1, new.box.y1)
    if high < 0.5 * min(old.box.height, new.box.height):
        return False
    before, after = letters(old.text), letters(new.text)
    return after.startswith(before) or alike(before, after) >= _SAME_TEXT


def _stays(old: _Open, box: Box, look: NDArray[np.float32], picture: Picture) -> bool:
    """Whether what is found in a box is a line that was there before and looks the same: it need not be read."""
    shared = iou(old.line.box, box)
    if shared >= _SAME_PLACE and _like(old.look, look):
        return True
    return shared >= _SAME_BOX and _like(old.look, _look(picture, old.line.box))


def _rows(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """The stretches of rows that hold text, with room around, in order and apart."""
    joined: list[tuple[int, int]] = []
    for box in sorted(boxes, key=lambda box: box.y1):
        top = max(0, int(box.y1 - _MARGIN * box.height))
        bottom = int(box.y2 + _MARGIN * box.height) + 1
        if joined and top <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], bottom))
        else:
            joined.append((top, bottom))
    return joined


def _shrink(top: int, bottom: int, boxes: Sequence[Box]) -> float:
    """How small rows may be searched: big letters are found at a third of the cost."""
    heights = [box.height for box in boxes if top <= (box.y1 + box.y2) / 2 < bottom]
    return max(_SMALLEST, min(1.0, _FOUND / float(np.percentile(heights, 25))))


def _wider(box: Box, across: float, down: float) -> Box:
    return Box(box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down)
