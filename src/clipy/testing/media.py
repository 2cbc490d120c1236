"""A video to test with: made in a moment, the same each time; pictures that move, a sound that goes on and off."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_SAMPLE_RATE = 48_000


def make_video(
    path: Path, *, seconds: float = 3, size: tuple[int, int] = (320, 180), rate: int = 10, has_sound: bool = True
) -> Path:
    """Write an MP4 and return its path: a bright square that wanders over a gradient, and a tone, half of each second.

    ``size`` in pixels, both even; ``rate`` in frames per second. Without sound there is no sound track either.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(rate), options={"preset": "ultrafast", "crf": "12"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=_SAMPLE_RATE, layout="mono") if has_sound else None
        for index in range(round(seconds * rate)):
            picture = av.VideoFrame.from_ndarray(_picture(index / rate, size), format="rgb24")
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(_sound(seconds)))
            container.mux(audio.encode(None))
    return path


def _picture(time: float, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 160, width), np.linspace(0, 80, height))
    picture = np.stack([across, down, 160 - across], axis=2).astype(np.uint8)
    side = height // 4
    left, top = round((width - side) * (0.5 + 0.4 * np.sin(time))), round((height - side) * (0.5 + 0.4 * np.cos(time)))
    picture[top : top + side, left : left + side] = 230
    return picture


def _sound(seconds: float) -> av.AudioFrame:
    times = np.arange(round(seconds * _SAMPLE_RATE)) / _SAMPLE_RATE
    tone = 0.14 * np.sin(2 * np.pi * 440 * times) * (times % 1 < 0.5)
    frame = av.AudioFrame.from_ndarray(tone.astype(np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate = _SAMPLE_RATE
    return frame
