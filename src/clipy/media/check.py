"""Watches and listens to a whole file once, and says where it is black, stands still, is silent or broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.colour import planes_of
from clipy.media.loudness import Loudness, amplitude, measure
from clipy.media.probe import opened, picture_stream
from clipy.media.read import sound
from clipy.types import Seconds, Span, Video

_ACROSS = 120  # pixels of the small copy that is looked at: coding noise averages out, captions stay visible
_DARK = 32  # luma code, limited range; 16 is black
_DARK_SHARE = 0.98  # of a black picture's pixels
_CHANGE = 6  # luma codes by which some spot of the small copy must change for the picture to move
_QUIET = amplitude(-60.0)
_RATE = 48_000
_LISTEN = _RATE // 10  # samples judged at a time


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures of a file are like. Spans are the stretches during which something held, longest or not."""

    frames: int
    end: Seconds
    longest_step: Seconds
    black: tuple[Span, ...]
    frozen: tuple[Span, ...]
    broken: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What the first sound track of a file is like."""

    end: Seconds
    silent: tuple[Span, ...]
    loudness: Loudness


def watch(video: Video) -> Seen:
    """Decode every picture. Damage that a player would hide is reported in ``broken``."""
    dark, same = _Stretches(), _Stretches()
    broken: list[Seconds] = []
    reference: NDArray[np.uint8] | None = None
    frames, last, longest = 0, Fraction(0), Fraction(0)
    step = 1 / video.frame_rate
    for time, frame in _strictly_decoded(video, broken):
        luma = _small(frame)
        longest = max(longest, time - last) if frames else longest
        dark.note(time, holds=float(np.mean(luma <= _DARK)) >= _DARK_SHARE)
        moved = reference is None or int(cv2.absdiff(luma, reference).max()) > _CHANGE
        if moved:
            reference = luma
        same.note(time, holds=not moved, since=last)
        frames, last = frames + 1, time
    end = last + step if frames else Fraction(0)
    return Seen(frames, end, longest, dark.spans(end), same.spans(end), tuple(broken))


def listen(video: Video) -> Heard:
    """Decode the first sound track, which must be there."""
    quiet = _Stretches()

    def noted() -> Iterator[NDArray[np.float32]]:
        position = 0
        for block in sound(video, video.span, rate=_RATE, channels=2):
            yield block
            for begin in range(0, block.shape[1], _LISTEN):
                loudest = float(np.abs(block[:, begin : begin + _LISTEN]).max())
                quiet.note(Fraction(position + begin, _RATE), holds=loudest < _QUIET)
            position += block.shape[1]

    loudness = measure(noted(), _RATE)
    return Heard(_sound_end(video), quiet.spans(video.duration), loudness)


def _sound_end(video: Video) -> Seconds:
    """Where the first sound track ends as the container tells it; with the file, where it does not."""
    with opened(video.path) as container:
        stream = container.streams[video.audio[0].index]
        if stream.duration is None or stream.time_base is None:
            return video.duration
        return video.audio[0].start + stream.duration * stream.time_base


def _strictly_decoded(video: Video, broken: list[Seconds]) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    with opened(video.path) as container:
        stream = picture_stream(container, video.path)
        stream.thread_type = "AUTO"
        stream.codec_context.options = {"err_detect": "explode"}
        time = Fraction(0)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                broken.append(time)
                continue
            for frame in frames:
                if frame.pts is not None and frame.time_base is not None:
                    time = frame.pts * frame.time_base - video.start
                yield time, frame


def _small(frame: av.VideoFrame) -> NDArray[np.uint8]:
    (luma, _, _), colours = planes_of(frame)
    size = (_ACROSS, max(1, round(_ACROSS * luma.shape[0] / luma.shape[1])))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    if colours.light is not None:  # ten bits
        small = cv2.convertScaleAbs(small, alpha=0.25)
    if colours.full_range:
        small = cv2.convertScaleAbs(small, alpha=219 / 255, beta=16)
    return np.asarray(small, dtype=np.uint8)


class _Stretches:
    """Joins moments at which something held into spans."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._since: Seconds | None = None

    def note(self, time: Seconds, *, holds: bool, since: Seconds | None = None) -> None:
        """From ``time`` on it holds, or not. A stretch begins at ``since`` where that is earlier."""
        if holds and self._since is None:
            self._since = time if since is None else since
        elif not holds and self._since is not None:
            self._spans.append(Span(self._since, time))
            self._since = None

    def spans(self, end: Seconds) -> tuple[Span, ...]:
        if self._since is not None and end > self._since:
            return (*self._spans, Span(self._since, end))
        return tuple(self._spans)
