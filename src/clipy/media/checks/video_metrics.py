"""Watches a whole file once, and says where it is black, stands still, flashes, shakes, is soft or broken.

One pass over every picture at full rate; most is judged on the small copy that is made meanwhile, only the fineness of
detail on whole pictures, once a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from clipy.media.checks.flashes import FlashDetector
from clipy.media.checks.lost_bytes import LostBytesDetector
from clipy.media.checks.motion import MotionEstimator, motion_luma
from clipy.media.checks.proxy import ProxyWriter, shrink
from clipy.media.checks.sharpness import finest_detail
from clipy.media.checks.spans import SpanRecorder
from clipy.media.color import yuv_planes
from clipy.media.frame import Plane, Planes
from clipy.media.safe_open import open_media, video_stream
from clipy.types import Array, Seconds, Span, Video

_ACROSS = 120  # pixels of the copy that is looked at: coding noise averages out, captions stay visible
_DARK = 32  # luma code, limited range; 16 is black
_DARK_SHARE = 0.98  # of a black picture's pixels
_VOID, _VOID_SHARE = 18, 0.85  # ... or of one that is black but for its captions
_PLAIN = 1.5  # standard deviation, in codes, of a picture that shows nothing but one colour
_CHANGE = 6  # luma codes by which some spot must change for the picture to move
_CUT = 12  # mean change that is another picture rather than movement
_SOFT_EVERY = Fraction(1)  # seconds between the pictures whose detail is measured
# Damage is told, and block edges are smoothed only where further pictures are made from them: a tenth of the work.
_DECODING = {"err_detect": "explode", "skip_loop_filter": "noref"}


@dataclass(frozen=True, slots=True)
class FrozenSpan:
    """A stretch without movement. ``after_cut`` says that it began as a new picture: an inserted photo, not a stop."""

    span: Span
    after_cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class VideoMetrics:
    """What the pictures of a file are like. Spans are the stretches during which something held, longest or not.

    ``times`` float64 (n,) are when each picture comes on; ``changes`` float32 (n,) the mean change of
    its luma, in codes, since the one before; ``shifts`` float32 (n, 2) how far each has moved across and
    down since the one before, in shares of the width, NaN where that cannot be told. ``detail`` float32 (m, 2) is, once
    a second, the time and the width in pixels of the finest detail, NaN where there is no texture. ``flashes`` are the
    changes of brightness of which two make a flash. Times in ``broken`` are of what cannot be decoded, or not whole.
    """

    frames: int
    start: Seconds
    end: Seconds
    longest_step: Seconds
    black: tuple[Span, ...]
    blank: tuple[Span, ...]
    frozen: tuple[FrozenSpan, ...]
    flashes: tuple[Seconds, ...]
    broken: tuple[Seconds, ...]
    times: Array
    changes: Array
    shifts: Array
    detail: Array


def measure_video(video: Video, proxy: Path) -> VideoMetrics:
    """Decode every picture, and write a small copy of all to ``proxy``.

    Damage that a player would hide is reported in ``broken``. Raises MediaError when no picture can be decoded.
    """
    broken: list[Seconds] = []
    gauges = _Gauges()
    with ProxyWriter(proxy, video) as small:
        for time, frame in _strictly_decoded(video, broken):
            planes = shrink(frame, video)
            small.add(time, planes)
            gauges.see(time, planes)
            if gauges.wants_detail(time, smooth=frame.pict_type != PictureType.B):
                gauges.see_detail(time, _luma(frame))
    return gauges.seen(1 / video.frame_rate, tuple(broken))


@dataclass
class _Gauges:
    """Everything that is measured, told picture by picture."""

    times: list[Seconds] = field(default_factory=list)
    detail: list[tuple[float, float]] = field(default_factory=list)
    black: SpanRecorder = field(default_factory=SpanRecorder)
    blank: SpanRecorder = field(default_factory=SpanRecorder)
    same: SpanRecorder = field(default_factory=SpanRecorder)
    flashes: FlashDetector = field(default_factory=FlashDetector)
    motion: MotionEstimator = field(default_factory=MotionEstimator)
    cuts: set[Seconds] = field(default_factory=set)
    changes: list[float] = field(default_factory=list)
    _before: Plane | None = None
    _reference: Plane | None = None
    _next_detail: Seconds = Fraction(0)

    def see(self, time: Seconds, planes: Planes) -> None:
        small = motion_luma(planes[0])
        luma = _tiny(small)
        dark, void = (np.count_nonzero(luma <= level) / luma.size for level in (_DARK, _VOID))
        black = dark >= _DARK_SHARE or void >= _VOID_SHARE
        self.black.note(time, holds=bool(black))
        self.blank.note(time, holds=not black and all(_spread(plane) < _PLAIN for plane in (luma, *planes[1:])))
        self._compare(time, luma)
        self.changes.append(0.0 if self._before is None else _mean(cv2.absdiff(luma, self._before)))
        self._before = luma
        self.flashes.see(time, luma)
        self.motion.see(small)
        self.times.append(time)

    def _compare(self, time: Seconds, luma: Plane) -> None:
        """A picture is compared with the last one that differed, so that slow changes add up."""
        change = None if self._reference is None else cv2.absdiff(luma, self._reference)
        moved = change is None or int(change.max()) > _CHANGE
        if moved:
            self._reference = luma
            if change is None or _mean(change) > _CUT:
                self.cuts.add(time)
        self.same.note(time, holds=not moved, since=self.times[-1] if self.times else time)

    def wants_detail(self, time: Seconds, *, smooth: bool) -> bool:
        """Once a second, if possible of a picture whose block edges are ``smooth``: others look too sharp."""
        return time >= self._next_detail + (0 if smooth else _SOFT_EVERY)

    def see_detail(self, time: Seconds, luma: Plane) -> None:
        self.detail.append((float(time), finest_detail(luma)))
        self._next_detail = time + _SOFT_EVERY

    def seen(self, step: Seconds, broken: tuple[Seconds, ...]) -> VideoMetrics:
        times = self.times
        end = times[-1] + step if times else Fraction(0)
        return VideoMetrics(
            frames=len(times),
            start=times[0] if times else Fraction(0),
            end=end,
            longest_step=max((b - a for a, b in pairwise(times)), default=Fraction(0)),
            black=self.black.spans(end),
            blank=self.blank.spans(end),
            frozen=tuple(FrozenSpan(span, span.start in self.cuts) for span in self.same.spans(end)),
            flashes=tuple(self.flashes.changes),
            broken=broken,
            times=np.array([float(time) for time in times], dtype=np.float64),
            changes=np.array(self.changes, dtype=np.float32),
            shifts=np.array(self.motion.shifts, dtype=np.float32).reshape(-1, 2),
            detail=np.array(self.detail, dtype=np.float32).reshape(-1, 2),
        )


def _strictly_decoded(video: Video, broken: list[Seconds]) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        stream.thread_type = "AUTO"
        stream.codec_context.options = {**stream.codec_context.options, **_DECODING}
        holes = LostBytesDetector(stream.codec_context)
        time = Fraction(0)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                broken.append(time)
                continue
            if holes.inside(packet):
                broken.append(time)
            for frame in frames:
                if frame.pts is not None and frame.time_base is not None:
                    time = frame.pts * frame.time_base - video.start
                if frame.is_corrupt:
                    broken.append(time)
                yield time, frame


def _luma(frame: av.VideoFrame) -> Plane:
    """The whole picture's luma as coded; how many bits and which range matter little to its detail."""
    (luma, _, _), colours = yuv_planes(frame)
    return np.asarray(cv2.convertScaleAbs(luma, alpha=0.25) if colours.light is not None else luma, dtype=np.uint8)


def _mean(values: NDArray[Any]) -> float:
    return float(cv2.mean(values)[0])


def _spread(values: NDArray[Any]) -> float:
    """The standard deviation, at a tenth of NumPy's cost."""
    return float(cv2.meanStdDev(values)[1][0, 0])


def _tiny(luma: Plane) -> Plane:
    """From a copy that is little bigger: there, interpolating averages as well, at a fifth of the cost."""
    size = (_ACROSS, max(1, round(_ACROSS * luma.shape[0] / luma.shape[1])))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
