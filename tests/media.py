"""Makes small test videos of any kind, so that the tests need no media from elsewhere.

``make_video(tmp_path / "a.mp4")`` is four seconds of a moving pattern with a tone. Everything awkward that real files
have (variable rate, rotation, other pixel shapes, late sound, odd pixel formats) is one argument away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
Draw: TypeAlias = Callable[[float, tuple[int, int]], Picture]
Matrix: TypeAlias = Literal["bt709", "bt601", "untagged"]
Play: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]

PULSE = 0.1  # seconds that each flash and each beep lasts
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_TICKS = 90_000


@lru_cache(maxsize=8)
def _texture(width: int, height: int) -> Picture:
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    red = 128 + 80 * np.sin(x / 9.0) * np.cos(y / 13.0)
    green = 128 + 80 * np.sin(x / 23.0 + y / 17.0)
    blue = 128 + 60 * np.cos(x / 31.0 - y / 7.0)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def moving(time: float, size: tuple[int, int]) -> Picture:
    """A coloured texture that drifts left, with a bright square that circles: never twice the same picture."""
    width, height = size
    drift = round(75 * time) % width
    picture = _texture(2 * width, height)[:, drift : drift + width].copy()
    side = max(2, min(size) // 6)
    left = int((width - side) * (0.5 + 0.4 * np.cos(time)))
    top = int((height - side) * (0.5 + 0.4 * np.sin(time)))
    picture[top : top + side, left : left + side] = (250, 230, 60)
    return picture


def still(time: float, size: tuple[int, int]) -> Picture:
    """The same picture all the time: a title card."""
    return moving(0.0, size)


def black(time: float, size: tuple[int, int]) -> Picture:
    """Nothing to see."""
    return np.zeros((size[1], size[0], 3), dtype=np.uint8)


def flash(time: float, size: tuple[int, int]) -> Picture:
    """Dark, and white for ``PULSE`` seconds at each whole second: goes with ``beep``."""
    shade = 235 if time % 1 < PULSE - 1e-6 else 40
    return np.full((size[1], size[0], 3), shade, dtype=np.uint8)


def tone(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """A steady 440 Hz tone at about -20 dBFS."""
    return np.asarray(0.14 * np.sin(2 * np.pi * 440 * times))


def noise(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pink-ish noise, the same in each run."""
    white = np.random.default_rng(7).standard_normal(len(times))
    return np.asarray(0.1 * np.convolve(white, np.ones(4) / 4, mode="same"))


def silence(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Digital silence."""
    return np.zeros_like(times)


def beep(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Silent, and 1 kHz for ``PULSE`` seconds at each whole second: goes with ``flash``."""
    return np.asarray(np.where(times % 1 < PULSE, 0.5 * np.sin(2 * np.pi * 1000 * times), 0.0))


def make_video(
    path: Path,
    *,
    seconds: float = 4,
    size: tuple[int, int] = (640, 360),
    rate: Fraction | int = 25,
    draw: Draw = moving,
    play: Play | None = tone,
    sample_rate: int = 48_000,
    channels: Literal[1, 2] = 2,
    variable: bool = False,
    rotation: Literal[0, 90, 180, 270] = 0,
    aspect: Fraction = Fraction(1),
    picture_start: float = 0,
    sound_start: float = 0,
    sound_seconds: float | None = None,
    pixel_format: str = "yuv420p",
    matrix: Matrix = "bt709",
    full_range: bool = False,
    key_every: int = 25,
    index_first: bool = True,
) -> Path:
    """Write a video and return its path. H.264 and AAC (PCM in .avi and .mkv), in the container that the suffix names.

    ``size`` is the coded size. ``play=None`` writes no sound track. ``variable`` drops about a third of the pictures
    (never two in a row) and shows the rest up to a third of a frame late. ``rotation`` is how many degrees clockwise a
    player must turn the picture. ``aspect`` is the shape of a pixel, width to height. ``picture_start`` and
    ``sound_start`` are when each stream begins. ``matrix="untagged"`` is BT.601 that does not say so. ``index_first``
    puts the index of an MP4 before its pictures.
    """
    options = {"movflags": "+faststart"} if index_first and path.suffix in {".mp4", ".mov"} else {}
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("libx264", rate=Fraction(rate), options={"preset": "ultrafast", "crf": "12"})
        video.width, video.height = size
        video.pix_fmt = pixel_format
        video.gop_size = key_every
        video.codec_context.time_base = Fraction(1, _TICKS) if variable or picture_start else 1 / Fraction(rate)
        video.codec_context.sample_aspect_ratio = aspect
        _tag(video.codec_context, matrix, full_range=full_range)
        if rotation:
            video.set_display_rotation(-rotation)
        audio: av.AudioStream | None = None
        if play is not None:
            codec = "pcm_s16le" if path.suffix in {".avi", ".mkv"} else "aac"
            layout = "mono" if channels == 1 else "stereo"
            audio = cast("av.AudioStream", container.add_stream(codec, rate=sample_rate, layout=layout))
        for time in _times(seconds, Fraction(rate), variable=variable):
            frame = as_coded(draw(float(time), size), pixel_format, matrix, full_range=full_range)
            frame.time_base = video.codec_context.time_base
            frame.pts = round((time + Fraction(picture_start)) / frame.time_base)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and play is not None:
            length = sound_seconds if sound_seconds is not None else seconds
            for sound in _sound(play, length, sound_start, sample_rate, channels, audio.format.name):
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    return path


def _tag(codec: av.VideoCodecContext, matrix: Matrix, *, full_range: bool) -> None:
    """Say in the stream how its colours are coded (codes of ITU-T H.273: 1 is BT.709, 6 is BT.601)."""
    if matrix != "untagged":
        tag = 1 if matrix == "bt709" else 6
        codec.colorspace = codec.color_primaries = codec.color_trc = tag
    if matrix != "untagged" or full_range:
        codec.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG


def as_coded(rgb: Picture, pixel_format: str, matrix: Matrix, *, full_range: bool) -> av.VideoFrame:
    """One RGB picture (h, w, 3) as a decoder would hand it out."""
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format=pixel_format,
        dst_colorspace=Colorspace.ITU709 if matrix == "bt709" else Colorspace.ITU601,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
        interpolation=_EXACT,
    )


def _times(seconds: float, rate: Fraction, *, variable: bool) -> Iterator[Fraction]:
    chance = np.random.default_rng(3)
    shown = False
    for index in range(round(seconds * rate)):
        shown = index == 0 or not variable or not shown or chance.random() > 0.4
        late = Fraction(int(chance.integers(0, 33)), 100) if variable and index else Fraction(0)
        if shown:
            yield (index + late) / rate


def _sound(
    play: Play, seconds: float, start: float, rate: int, channels: int, sample_format: str
) -> Iterator[av.AudioFrame]:
    samples = play(np.arange(round(seconds * rate)) / rate + start)
    layout = "mono" if channels == 1 else "stereo"
    converter = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
    for begin in range(0, len(samples), 1024):
        part = np.repeat(samples[None, begin : begin + 1024], channels, axis=0).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = round(start * rate) + begin
        yield from converter.resample(frame)
