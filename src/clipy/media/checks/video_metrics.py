"""Video metrics of a whole file in one pass: black, frozen, flashing, shaky, soft and damaged frames.

Every frame is decoded; most is measured on the proxy that is made along the way, only sharpness on full frames, once a
second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from clipy.media.checks.flashes import FlashDetector
from clipy.media.checks.motion import MotionEstimator, motion_luma
from clipy.media.checks.proxy import ProxyWriter, proxy_size, shrink, shrink_planes
from clipy.media.checks.sharpness import finest_detail
from clipy.media.checks.spans import SpanRecorder
from clipy.media.color import yuv_planes
from clipy.media.frame import Plane, Planes
from clipy.media.safe_open import open_media, video_stream
from clipy.types import Array, Seconds, Span, Video

_WIDTH = 120  # pixels of the measured copy: coding noise averages out, captions stay visible
_DARK = 32  # luma code value in limited range; black is 16
_DARK_SHARE = 0.98  # of the pixels of a black frame
_VOID, _VOID_SHARE = 18, 0.85  # the same for a frame that is black except for captions
_PLAIN = 1.5  # maximum standard deviation, in code values, of a single-color frame
_CHANGE = 6  # minimum luma change of some pixel for the picture to count as moving
_CUT = 12  # mean luma change of a cut rather than of motion
_SHARPNESS_INTERVAL = Fraction(1)  # seconds between frames whose sharpness is measured
# Report damage, and deblock only reference frames: saves a tenth of the work.
_DECODING = {"err_detect": "explode", "skip_loop_filter": "noref"}
_ZEROS = bytes(3)


@dataclass(frozen=True, slots=True)
class FrozenSpan:
    """A span without motion. ``after_cut``: it started with a cut, like an inserted photo, not with a freeze."""

    span: Span
    after_cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class VideoMetrics:
    """Measurements of all frames of a file. Spans are those during which a condition holds, of any length.

    ``times``: float64 (n,), when each frame is shown. ``changes``: float32 (n,), mean luma change since the previous
    frame, in code values. ``shifts``: float32 (n, 2), displacement since the previous frame, right and down, as shares
    of the width; NaN if unknown. ``detail``: float32 (m, 2), once a second the time and the width in pixels of the
    finest detail; NaN without texture. ``flashes``: changes of brightness, of which two make a flash. ``broken``: times
    of frames that cannot be decoded completely.
    """

    frames: int
    start: Seconds
    end: Seconds
    max_frame_interval: Seconds
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
    """Measure every frame, and write a proxy of all to ``proxy``.

    Damage that a player would conceal is reported in ``broken``. Raises MediaError if no frame can be decoded.
    """
    broken: list[Seconds] = []
    meter = _Meter()
    with ProxyWriter(proxy, proxy_size(video.width, video.height)) as small:
        for time, frame in _strictly_decoded(video, broken):
            planes = shrink(frame, video)
            small.add(time, planes)
            meter.add(time, planes)
            if meter.wants_detail(time, smooth=frame.pict_type != PictureType.B):
                meter.add_detail(time, _luma(frame))
    return meter.metrics(1 / video.frame_rate, tuple(broken))


class FrameMeter:
    """Measures the frames of a clip while they are encoded, as ``measure_video`` does afterwards, and writes the proxy.

    Use as ``with FrameMeter(path, width, height) as meter: meter.add(time, planes)``. What goes into the encoder is
    measured; ``is_intact`` checks what came out.
    """

    def __init__(self, proxy: Path, width: int, height: int) -> None:
        self._meter, self._size = _Meter(), proxy_size(width, height)
        self._proxy = ProxyWriter(proxy, self._size)

    def add(self, time: Seconds, planes: Planes) -> None:
        """The next frame: Y, U and V in BT.709, limited range, and when it is shown."""
        small = cast("Planes", shrink_planes(planes, self._size))
        self._proxy.add(time, small)
        self._meter.add(time, small)
        if self._meter.wants_detail(time, smooth=True):
            self._meter.add_detail(time, planes[0])

    def metrics(self, rate: Fraction) -> VideoMetrics:
        """All measurements; each frame is shown for ``1 / rate`` seconds."""
        return self._meter.metrics(1 / rate, ())

    def __enter__(self) -> FrameMeter:
        self._proxy.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._proxy.__exit__(kind, error, trace)


def is_intact(video: Video, frames: int) -> bool:
    """Whether a file holds the packets of so many frames, none of which has lost bytes; nothing is decoded."""
    with open_media(video.path) as container:
        stream = video_stream(container, video.path)
        lost_bytes = LostBytesDetector(stream.codec_context)
        packets = [packet for packet in container.demux(stream) if packet.size]
        return len(packets) == frames and not any(lost_bytes.affects(packet) for packet in packets)


@dataclass
class _Meter:
    """Accumulates all measurements, frame by frame."""

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

    def add(self, time: Seconds, planes: Planes) -> None:
        small = motion_luma(planes[0])
        luma = _tiny(small)
        dark, void = (np.count_nonzero(luma <= level) / luma.size for level in (_DARK, _VOID))
        black = dark >= _DARK_SHARE or void >= _VOID_SHARE
        self.black.record(time, holds=bool(black))
        self.blank.record(time, holds=not black and all(_spread(plane) < _PLAIN for plane in (luma, *planes[1:])))
        self._compare(time, luma)
        self.changes.append(0.0 if self._before is None else _mean(cv2.absdiff(luma, self._before)))
        self._before = luma
        self.flashes.add(time, luma)
        self.motion.add(small)
        self.times.append(time)

    def _compare(self, time: Seconds, luma: Plane) -> None:
        """Compare with the last frame that differed, so that slow changes add up."""
        change = None if self._reference is None else cv2.absdiff(luma, self._reference)
        moved = change is None or int(change.max()) > _CHANGE
        if moved:
            self._reference = luma
            if change is None or _mean(change) > _CUT:
                self.cuts.add(time)
        self.same.record(time, holds=not moved, since=self.times[-1] if self.times else time)

    def wants_detail(self, time: Seconds, *, smooth: bool) -> bool:
        """Once a second, if possible for a deblocked (``smooth``) frame: others look too sharp."""
        return time >= self._next_detail + (0 if smooth else _SHARPNESS_INTERVAL)

    def add_detail(self, time: Seconds, luma: Plane) -> None:
        self.detail.append((float(time), finest_detail(luma)))
        self._next_detail = time + _SHARPNESS_INTERVAL

    def metrics(self, step: Seconds, broken: tuple[Seconds, ...]) -> VideoMetrics:
        times = self.times
        end = times[-1] + step if times else Fraction(0)
        return VideoMetrics(
            frames=len(times),
            start=times[0] if times else Fraction(0),
            end=end,
            max_frame_interval=max((b - a for a, b in pairwise(times)), default=Fraction(0)),
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
        lost_bytes = LostBytesDetector(stream.codec_context)
        time = Fraction(0)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                broken.append(time)
                continue
            if lost_bytes.affects(packet):
                broken.append(time)
            for frame in frames:
                if frame.pts is not None and frame.time_base is not None:
                    time = frame.pts * frame.time_base - video.start
                if frame.is_corrupt:
                    broken.append(time)
                yield time, frame


def _luma(frame: av.VideoFrame) -> Plane:
    """The full-size luma as coded; bit depth and range matter little to sharpness."""
    (luma, _, _), colors = yuv_planes(frame)
    return np.asarray(cv2.convertScaleAbs(luma, alpha=0.25) if colors.light is not None else luma, dtype=np.uint8)


def _mean(values: NDArray[Any]) -> float:
    return float(cv2.mean(values)[0])


def _spread(values: NDArray[Any]) -> float:
    """The standard deviation at a tenth of NumPy's cost."""
    return float(cv2.meanStdDev(values)[1][0, 0])


def _tiny(luma: Plane) -> Plane:
    """Reduce a copy that is only slightly larger: there, interpolation also averages, at a fifth of the cost."""
    size = (_WIDTH, max(1, round(_WIDTH * luma.shape[0] / luma.shape[1])))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


class LostBytesDetector:
    """Looks for what no encoder writes: three zero bytes in a row inside a NAL unit (ITU-T H.264 and H.265, 7.4.1).

    Only for streams with length-prefixed NAL units, as in MP4, MOV and Matroska; in others, zeros may be between units.
    """

    def __init__(self, context: av.CodecContext) -> None:
        head = bytes(context.extradata or b"")
        at = {"h264": 4, "hevc": 21}.get(context.name)
        prefixed = at is not None and len(head) > at and head[0] == 1
        self._prefix = (head[at] & 3) + 1 if prefixed and at is not None else 0

    def affects(self, packet: av.Packet[Any]) -> bool:
        """Whether the packet has lost bytes."""
        if not self._prefix or not packet.size:
            return False
        data = bytes(packet)
        at = 0
        while at + self._prefix < len(data):
            start = at + self._prefix
            at = start + int.from_bytes(data[at:start], "big")
            if data[start:at].rstrip(b"\0").find(_ZEROS) >= 0:
                return True
        return False
