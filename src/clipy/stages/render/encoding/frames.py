"""The pictures of a clip: source pictures on a constant frame rate, each window resampled straight to the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av

from clipy.errors import RenderError
from clipy.media.frame import Frame, Planes
from clipy.media.read import decode_frames
from clipy.media.resample import PanelWindow, Resampler
from clipy.types import CropShot, Edit, Seconds, Span, Video

STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(48),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
_NEAR = 0.005  # relative difference within which a measured average rate is taken for a standard one


def output_rate(average: Fraction) -> Fraction:
    """The standard rate for a source's average one: the same, a whole multiple or part of it, or the next higher.

    A variable-rate source averages less than the rate it was recorded at, so the next higher one loses no picture.
    """
    fits: list[tuple[float, float, Fraction]] = []  # how many times, how far off, the rate
    for rate in STANDARD_RATES:
        ratio = float(rate / average)
        times = max(1, round(ratio)) if ratio >= 1 - _NEAR else 1 / round(1 / ratio)
        if abs(ratio / times - 1) <= _NEAR:
            fits.append((max(times, 1 / times), abs(ratio / times - 1), rate))
    if fits:
        return min(fits)[2]
    return next((rate for rate in STANDARD_RATES if rate > average), STANDARD_RATES[-1])


def clip_frames(video: Video, edit: Edit, rate: Fraction, count: int, threads: int = 0) -> Iterator[Frame]:
    """Exactly ``count`` frames at ``rate``; frame k is at clip time k / rate.

    Each shows the source picture that is on screen at the middle of the frame, so sound and picture are never more
    than half a frame apart, and a source whose times are rounded does not stutter.
    """
    painter = _Painter(video, edit, rate)
    first, passed = 0, Fraction(0)
    for span in edit.keep:
        last = min(count, _frames_until(passed + span.duration, rate)) if span is not edit.keep[-1] else count
        offset = span.start - passed
        for index, picture in _on_screen(video, span, rate, offset, range(first, last), threads):
            yield Frame(index / rate, planes=painter.paint(picture, index / rate + offset, span))
        first, passed = last, passed + span.duration


def _frames_until(time: Fraction, rate: Fraction) -> int:
    """How many frames have their middle before a clip time."""
    return max(0, -((1 - 2 * time * rate) // 2))


@dataclass(frozen=True, slots=True)
class _Picture:
    """A decoded picture and when it is on screen."""

    start: Seconds
    frame: av.VideoFrame


def _on_screen(
    video: Video, span: Span, rate: Fraction, offset: Fraction, indices: range, threads: int
) -> Iterator[tuple[int, _Picture]]:
    """For each frame of the clip the source picture on screen at its middle; the first one before there is any."""
    if not indices:
        return
    waiting = iter(indices)
    index = next(waiting)
    current: _Picture | None = None
    for time, frame in decode_frames(video, span, threads):
        coming = _Picture(time, frame)
        while current is not None and (index + Fraction(1, 2)) / rate + offset < coming.start:
            yield index, current
            following = next(waiting, None)
            if following is None:
                return
            index = following
        current = coming
    if current is None:
        raise RenderError("there is no picture to show", where=video.path)
    yield index, current
    for index in waiting:
        yield index, current


class _Painter:
    """Draws the shot that is on at a time; a picture that is shown again in the same window is drawn once."""

    def __init__(self, video: Video, edit: Edit, rate: Fraction) -> None:
        if not edit.crop.shots:
            raise RenderError("the crop path is empty", do="Give at least one shot")
        self._resampler = Resampler(video, edit.crop.width, edit.crop.height)
        self._shots = edit.crop.shots
        self._half_source, self._half_output = 1 / video.frame_rate / 2, 1 / rate / 2
        self._repeats = video.frame_rate < rate * Fraction(95, 100)  # else a copy is never worth its time
        self._drawn: tuple[av.VideoFrame, CropShot, list[PanelWindow], Planes] | None = None

    def paint(self, picture: _Picture, time: Seconds, span: Span) -> Planes:
        """The output for a source picture shown at a source time of a kept span."""
        # A cut lies between two pictures: the shot is the one that the middle of the picture's own time belongs to.
        middle = min(picture.start + self._half_source, time + self._half_output)
        shot = self._shot_at(max(middle, span.start))
        at = min(max(time, shot.span.start), shot.span.end)
        panels = [PanelWindow(panel.window(at), panel.into) for panel in shot.panels]
        last = self._drawn
        if last is not None and last[0] is picture.frame and last[1] is shot and last[2] == panels:
            return _copied(last[3])
        planes = self._resampler.draw(picture.frame, panels, fit=shot.layout == "fit")
        if self._repeats:  # what is handed on may be drawn over
            self._drawn = (picture.frame, shot, panels, _copied(planes))
        return planes

    def _shot_at(self, time: Seconds) -> CropShot:
        return next((shot for shot in self._shots if time < shot.span.end), self._shots[-1])


def _copied(planes: Planes) -> Planes:
    y, u, v = planes
    return y.copy(), u.copy(), v.copy()
