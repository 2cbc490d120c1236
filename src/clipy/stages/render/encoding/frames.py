"""The frames of a clip: source pictures at a constant frame rate, each panel resampled straight to the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av

from clipy.errors import RenderError
from clipy.media.frame import Frame, Planes
from clipy.media.read import decode_frames
from clipy.media.resample import PanelWindow, Resampler
from clipy.types import LETTERBOXED, CropShot, Edit, Seconds, Span, Video

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
_TOLERANCE = 0.005  # relative difference within which a measured average rate counts as a standard one


def output_rate(average: Fraction) -> Fraction:
    """The standard rate for a source's average one: equal, a whole multiple or fraction, or the next higher.

    A variable-rate source averages below the rate it was recorded at, so the next higher one drops no frame.
    """
    matches: list[tuple[float, float, Fraction]] = []  # multiple, deviation, rate
    for rate in STANDARD_RATES:
        ratio = float(rate / average)
        multiple = max(1, round(ratio)) if ratio >= 1 - _TOLERANCE else 1 / round(1 / ratio)
        deviation = abs(ratio / multiple - 1)
        if deviation <= _TOLERANCE:
            matches.append((max(multiple, 1 / multiple), deviation, rate))
    if matches:
        return min(matches)[2]
    return next((rate for rate in STANDARD_RATES if rate > average), STANDARD_RATES[-1])


def clip_frames(video: Video, edit: Edit, rate: Fraction, count: int, threads: int = 0) -> Iterator[Frame]:
    """Exactly ``count`` frames at ``rate``; frame k is at clip time k / rate.

    Each frame shows the source picture on screen at the frame's middle: sound and picture are never more than half a
    frame apart, and sources with rounded timestamps do not stutter.
    """
    composer = _FrameComposer(video, edit, rate)
    first, elapsed = 0, Fraction(0)
    for span in edit.keep:
        last = min(count, _frame_count(elapsed + span.duration, rate)) if span is not edit.keep[-1] else count
        offset = span.start - elapsed
        for index, picture in _on_screen(video, span, rate, offset, range(first, last), threads):
            yield Frame(index / rate, planes=composer.compose(picture, index / rate + offset, span))
        first, elapsed = last, elapsed + span.duration


def _frame_count(time: Fraction, rate: Fraction) -> int:
    """The number of frames whose middle lies before a clip time."""
    return max(0, -((1 - 2 * time * rate) // 2))


@dataclass(frozen=True, slots=True)
class _Picture:
    """A decoded picture and the source time from which it is on screen."""

    start: Seconds
    frame: av.VideoFrame


def _on_screen(
    video: Video, span: Span, rate: Fraction, offset: Fraction, indices: range, threads: int
) -> Iterator[tuple[int, _Picture]]:
    """For each frame index, the source picture on screen at the frame's middle; the first one if none is yet."""
    if not indices:
        return
    remaining = iter(indices)
    index = next(remaining)
    current: _Picture | None = None
    for time, frame in decode_frames(video, span, threads):
        following = _Picture(time, frame)
        while current is not None and (index + Fraction(1, 2)) / rate + offset < following.start:
            yield index, current
            next_index = next(remaining, None)
            if next_index is None:
                return
            index = next_index
        current = following
    if current is None:
        raise RenderError("there is no picture to show", where=video.path)
    yield index, current
    for index in remaining:
        yield index, current


class _FrameComposer:
    """Composes the panels of the current shot; repeated pictures in unchanged windows are composed once."""

    def __init__(self, video: Video, edit: Edit, rate: Fraction) -> None:
        if not edit.crop.shots:
            raise RenderError("the crop path is empty", do="Give at least one shot")
        self._resampler = Resampler(video, edit.crop.width, edit.crop.height)
        self._shots = edit.crop.shots
        self._half_source, self._half_output = 1 / video.frame_rate / 2, 1 / rate / 2
        self._repeats = video.frame_rate < rate * Fraction(95, 100)  # else keeping a copy does not pay
        self._last: tuple[av.VideoFrame, CropShot, list[PanelWindow], Planes] | None = None

    def compose(self, picture: _Picture, time: Seconds, span: Span) -> Planes:
        """The output for a source picture, shown at a source time of a kept span."""
        # A cut lies between two pictures: the shot is the one at the middle of the picture's own time.
        middle = min(picture.start + self._half_source, time + self._half_output)
        shot = self._shot_at(max(middle, span.start))
        at = min(max(time, shot.span.start), shot.span.end)
        panels = [PanelWindow(panel.window(at), panel.into) for panel in shot.panels]
        last = self._last
        if last is not None and last[0] is picture.frame and last[1] is shot and last[2] == panels:
            return _copy(last[3])
        planes = self._resampler.draw(picture.frame, panels, fit=shot.layout in LETTERBOXED)
        if self._repeats:  # effects may draw on the planes that are handed out
            self._last = (picture.frame, shot, panels, _copy(planes))
        return planes

    def _shot_at(self, time: Seconds) -> CropShot:
        return next((shot for shot in self._shots if time < shot.span.end), self._shots[-1])


def _copy(planes: Planes) -> Planes:
    y, u, v = planes
    return y.copy(), u.copy(), v.copy()
