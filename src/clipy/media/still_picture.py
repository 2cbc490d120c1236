"""The picture of a file that has only sound: its cover over a blurred copy of itself, or a plain ground without one.

A podcast without a picture thus goes through the same pipeline as any video; what moves is drawn later (``waveform``).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from clipy.media.safe_open import MAX_PIXELS
from clipy.types import Seconds, Span

log = logging.getLogger(__name__)

STILL_SIZE = (1080, 1920)
STILL_RATE = Fraction(25)
_GROUND = (22, 24, 31)
_COVER_SIDE, _COVER_MIDDLE = 640, 0.315  # pixels; share of the height: above what is drawn and captioned
_DIMMED, _BLUR = 0.38, 40.0


def cover_place(height: int) -> tuple[float, float]:
    """Top and bottom of the cover in a clip of that height that shows the whole picture."""
    middle, half = _COVER_MIDDLE * height, _COVER_SIDE / STILL_SIZE[1] * height / 2
    return middle - half, middle + half


def still_frames(
    container: av.container.InputContainer, path: Path, span: Span, times: Sequence[Seconds], *, first_only: bool
) -> Iterator[tuple[Seconds, av.VideoFrame]]:
    """The same picture at each frame of a span, or only where ``times`` need it; the first alone if asked so."""
    picture = av.VideoFrame.from_ndarray(_composed(_cover(container, path)), format="rgb24")
    frame = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    frame.colorspace = Colorspace.ITU709
    if times:
        wanted = dict.fromkeys(math.floor(time * STILL_RATE) for time in times)
    else:
        wanted = dict.fromkeys(range(math.floor(span.start * STILL_RATE), math.ceil(span.end * STILL_RATE)))
    for index in wanted:
        yield index / STILL_RATE, frame
        if first_only:
            return


def _cover(container: av.container.InputContainer, path: Path) -> NDArray[np.uint8] | None:
    """The picture that is attached to the sound, as players show it; None without a readable one."""
    for stream in container.streams.video:
        size = stream.codec_context.width * stream.codec_context.height if stream.codec_context else 0
        if not stream.disposition & av.stream.Disposition.attached_pic or not 0 < size <= MAX_PIXELS:
            continue
        try:
            for frame in container.decode(stream):
                return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        except av.error.FFmpegError as error:
            log.warning("The cover of %s cannot be read (%s): a plain ground is shown.", path.name, error.strerror)
    return None


def _composed(cover: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    width, height = STILL_SIZE
    if cover is None:
        return np.full((height, width, 3), _GROUND, np.uint8)
    picture = _backdrop(cover)
    scale = _COVER_SIDE / max(cover.shape[:2])
    size = (max(2, round(cover.shape[1] * scale)), max(2, round(cover.shape[0] * scale)))
    small = cv2.resize(cover, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (width - size[0]) // 2, round(height * _COVER_MIDDLE - size[1] / 2)
    picture[top : top + size[1], left : left + size[0]] = small
    return picture


def _backdrop(cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cover, filling the frame, blurred and dimmed. Blurred small: the eye sees no difference."""
    width, height = STILL_SIZE
    scale = max(width / cover.shape[1], height / cover.shape[0]) / 8
    size = (math.ceil(cover.shape[1] * scale), math.ceil(cover.shape[0] * scale))
    small = cv2.GaussianBlur(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), (0, 0), _BLUR / 8)
    left, top = (small.shape[1] - width // 8) // 2, (small.shape[0] - height // 8) // 2
    cut = small[top : top + height // 8, left : left + width // 8]
    wide = cv2.resize(cut, STILL_SIZE, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.convertScaleAbs(wide, alpha=_DIMMED), np.uint8)
