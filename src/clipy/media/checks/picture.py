"""Watches a whole file once, and says where it is black, stands still or is broken; makes its small copy meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.checks.proxy import ProxyWriter, shrunk
from clipy.media.checks.stretches import Stretches
from clipy.media.opening import opened, picture_stream
from clipy.types import Seconds, Span, Video

_ACROSS = 120  # pixels of the small copy that is looked at: coding noise averages out, captions stay visible
_DARK = 32  # luma code, limited range; 16 is black
_DARK_SHARE = 0.98  # of a black picture's pixels
_CHANGE = 6  # luma codes by which some spot of the small copy must change for the picture to move


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures of a file are like. Spans are the stretches during which something held, longest or not."""

    frames: int
    start: Seconds
    end: Seconds
    longest_step: Seconds
    black: tuple[Span, ...]
    frozen: tuple[Span, ...]
    broken: tuple[Seconds, ...]


def watch(video: Video, proxy: Path) -> Seen:
    """Decode every picture, and write a small copy of all to ``proxy``.

    Damage that a player would hide is reported in ``broken``. Raises MediaError when no picture can be decoded.
    """
    dark, same = Stretches(), Stretches()
    broken: list[Seconds] = []
    reference: NDArray[np.uint8] | None = None
    frames, first, last, longest = 0, Fraction(0), Fraction(0), Fraction(0)
    step = 1 / video.frame_rate
    with ProxyWriter(proxy, video) as small:
        for time, frame in _strictly_decoded(video, broken):
            planes = shrunk(frame, video)
            small.add(time, planes)
            luma = _tiny(planes[0])
            longest = max(longest, time - last) if frames else longest
            first = first if frames else time
            dark.note(time, holds=float(np.mean(luma <= _DARK)) >= _DARK_SHARE)
            moved = reference is None or int(cv2.absdiff(luma, reference).max()) > _CHANGE
            if moved:
                reference = luma
            same.note(time, holds=not moved, since=last)
            frames, last = frames + 1, time
    end = last + step if frames else Fraction(0)
    return Seen(frames, first, end, longest, dark.spans(end), same.spans(end), tuple(broken))


def _strictly_decoded(video: Video, broken: list[Seconds]) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    with opened(video.path) as container:
        stream = picture_stream(container, video.path)
        stream.thread_type = "AUTO"
        stream.codec_context.options = {**stream.codec_context.options, "err_detect": "explode"}
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


def _tiny(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (_ACROSS, max(1, round(_ACROSS * luma.shape[0] / luma.shape[1])))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
