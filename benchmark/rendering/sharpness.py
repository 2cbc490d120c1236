"""Sharpness: what the renderer draws against an ideal single resample, and against crop-then-resize."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from clipy.media.encoding import Encoding
from clipy.media.probe import probe
from clipy.media.read import decode_frames
from clipy.media.resample import Resampler
from clipy.media.write import Mp4Writer
from clipy.types import Box, Video

Floats = NDArray[np.float64]
SIZE = (1080, 1920)
_LOBES = 12  # of the ideal filter: longer than any that is used for video


def sharpness(picture: Path, folder: Path) -> dict[str, Any]:
    """SSIM of luma on a zone plate and on a real picture, for windows between whole pixels."""
    plate = _zone_plate_frame()
    video = replace(probe(picture), rotation=0)
    real = next(decode_frames(video, video.span))[1]
    found: dict[str, Any] = {}
    for name, frame in (("zone_plate", plate), ("picture", real)):
        own = replace(video, width=frame.width, height=frame.height, coded_width=frame.width, coded_height=frame.height)
        found[name] = _compared(name, frame, own, folder)
    return found


def _compared(name: str, frame: av.VideoFrame, video: Video, folder: Path) -> dict[str, float]:
    width = video.height * 9 / 16
    window = Box(video.width * 0.3 + 0.37, 0.0, video.width * 0.3 + 0.37 + width, float(video.height))
    luma = np.frombuffer(frame.planes[0], dtype=np.uint8).reshape(-1, frame.planes[0].line_size)  # type: ignore[call-overload]
    luma = luma[: frame.height, : frame.width]
    ideal = _zone_plate_at(window) if name == "zone_plate" else _ideal(luma.astype(np.float64), window)
    planes = Resampler(video, *SIZE).cut(frame, window, *SIZE)
    left, right = round(window.x1), round(window.x2)
    cropped = cv2.resize(luma[:, left:right], (608, 1080), interpolation=cv2.INTER_AREA)
    twice = cv2.resize(cropped, SIZE, interpolation=cv2.INTER_LINEAR)
    return {
        "ssim": ssim(ideal, planes[0]),
        "ssim_encoded": ssim(ideal, _encoded(planes, folder / f"{name}.mp4")),
        "ssim_crop_then_resize": ssim(ideal, twice),
    }


def _encoded(planes: Any, path: Path) -> NDArray[np.uint8]:
    """The same picture as the default quality keeps it."""
    with Mp4Writer(path, *SIZE, Fraction(25), Encoding(options={"preset": "veryfast", "crf": "18"})) as writer:
        for _ in range(3):
            writer.write_frame(planes)
    *_, (_, frame) = decode_frames(probe(path), probe(path).span)
    plane = frame.planes[0]
    rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    return np.asarray(rows[:, : plane.width])


def _zone_plate(x: Floats, y: Floats) -> Floats:
    """Rings that get finer outwards, up to 0.8 of what 1080 lines can hold in the corners of the picture."""
    reach = np.hypot(960, 540)
    return np.asarray(128 + 90 * np.cos(np.pi * 0.8 / (2 * reach) * ((x - 960) ** 2 + (y - 540) ** 2)))


def _zone_plate_frame() -> av.VideoFrame:
    y, x = np.mgrid[0:1080, 0:1920].astype(np.float64)
    frame = av.VideoFrame(1920, 1080, "yuv420p")
    for plane, values in zip(frame.planes, (np.rint(_zone_plate(x + 0.5, y + 0.5)), 128, 128), strict=True):
        rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        rows[:, : plane.width] = values
    frame.colorspace, frame.color_range = 1, 1
    return frame


def _zone_plate_at(window: Box) -> Floats:
    """The rings themselves, at the middle of each output pixel: no resampling at all."""
    x = window.x1 + (np.arange(SIZE[0]) + 0.5) * window.width / SIZE[0]
    y = window.y1 + (np.arange(SIZE[1]) + 0.5) * window.height / SIZE[1]
    return _zone_plate(x[None, :], y[:, None])


def _ideal(luma: Floats, window: Box) -> Floats:
    """One resample by a 24-tap windowed sinc in double precision."""
    across = _weights(window.x1, window.width, SIZE[0], luma.shape[1])
    down = _weights(window.y1, window.height, SIZE[1], luma.shape[0])
    return down @ luma @ across.T


def _weights(start: float, length: float, size: int, limit: int) -> Floats:
    scale = length / size
    middle = start + (np.arange(size) + 0.5) * scale - 0.5
    cutoff = min(1.0, 1 / scale)
    at = (np.arange(limit)[None, :] - middle[:, None]) * cutoff
    taps = np.sinc(at) * np.sinc(at / _LOBES) * (np.abs(at) < _LOBES)
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


def ssim(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Structural similarity of two luma planes (Wang et al. 2004: Gaussian window of 11, sigma 1.5)."""
    a, b = first.astype(np.float64), second.astype(np.float64)

    def blur(plane: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))

    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    both = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    similar /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return round(float(similar[8:-8, 8:-8].mean()), 4)
