"""Videos as awkward as real ones: every container, codec, pixel format, rate, time line and sound that people bring.

Each shows four colours, one in each quarter, and flashes at each whole second while it beeps; so a clip of it tells
whether it is upright, in colour, in sync and complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Literal, cast

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import ColorRange

from tests.media import PULSE, Picture, as_coded, beep

QUARTERS = ((200, 40, 40), (40, 180, 40), (40, 40, 200), (200, 190, 40))  # top left, top right, bottom left, right
FLASH = 235
_TICKS = 90_000
_TS_WRAP = 1 << 33  # ticks after which the times of a transport stream begin again
_PART = 1000  # samples in a packet


@dataclass(frozen=True)
class Sound:
    """A sound track: of ``rate`` and ``layout``, from ``start`` on, silent between ``gap`` without packets."""

    codec: str = "aac"
    rate: int = 48_000
    layout: str = "stereo"
    start: float = 0.0
    gap: tuple[float, float] | None = None
    default: bool = True
    beeps: bool = True


@dataclass(frozen=True)
class Case:
    """One kind of video. ``tolerance`` is how far colours may be off, in codes; ``damage`` changes the file's bytes."""

    name: str
    suffix: str = ".mp4"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    size: tuple[int, int] = (320, 180)
    rate: Fraction | int = 25
    seconds: float = 4.0
    full_range: bool = False
    matrix: Literal["bt709", "bt601", "untagged"] = "bt709"
    variable: bool = False
    rotation: Literal[0, 90, 180, 270] = 0
    aspect: Fraction = Fraction(1)
    interlaced: bool = False
    curve: int = 0  # of ITU-T H.273: 16 is PQ, 18 is HLG
    start: float = 0.0
    sounds: tuple[Sound, ...] = (Sound(),)
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    damage: Callable[[Path], None] | None = None
    file: str = ""  # another name than ``name`` and ``suffix``
    tolerance: int = 24
    late: float = 0.0  # seconds by which the container shifts everything
    error: str = ""  # words of the one clear error, where a clip is not to be expected


def make(case: Case, folder: Path) -> Path:
    """Write the video of a case."""
    path = folder / f"{case.name.replace(' ', '-')}{case.suffix}"
    with av.open(f"file:{path}", "w", options=case.muxing) as container:
        video = cast(
            "av.VideoStream", container.add_stream(case.codec, rate=Fraction(case.rate), options=_options(case))
        )
        video.width, video.height, video.pix_fmt = *case.size, case.pixels
        codec = video.codec_context
        codec.gop_size = 25
        codec.time_base = Fraction(1, _TICKS) if case.variable else 1 / Fraction(case.rate)
        codec.sample_aspect_ratio = case.aspect
        _tag(codec, case)
        if case.rotation:
            video.set_display_rotation(-case.rotation)
        tracks = [(sound, _track(container, sound)) for sound in case.sounds]
        pictures = ((time, video, frame) for time, frame in _pictures(case, codec.time_base))
        heard = [_heard(sound, track, case) for sound, track in tracks]
        for _, stream, frame in sorted(chain(pictures, *heard), key=lambda item: item[0]):
            container.mux(_coded(stream, frame))
        for stream in (video, *(track for _, track in tracks)):
            container.mux(_coded(stream, None))
    if case.damage is not None:
        case.damage(path)
    if case.file:
        path = path.rename(folder / case.file)
    return path


def _coded(stream: Any, frame: Any) -> Any:
    return stream.encode(frame)


def _options(case: Case) -> dict[str, str]:
    preset = {"libx264": {"preset": "ultrafast", "crf": "12"}, "libx265": {"preset": "ultrafast", "crf": "12"}}
    preset |= {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "12", "b": "0"}}
    preset |= {"libsvtav1": {"preset": "12", "crf": "20"}}
    quiet = {"libx265": {"x265-params": "log-level=none"}}
    plain = {"mpeg4": {"q": "2"}, "mpeg2video": {"b": "4M"}, "flv": {"b": "2M"}, "wmv2": {"b": "2M"}}
    woven = {"x264-params": "tff=1"} if case.interlaced else {}
    named = [group.get(case.codec, {}) for group in (preset, quiet, plain)]
    return {key: value for group in (*named, woven, case.options) for key, value in group.items()}


def _tag(codec: av.VideoCodecContext, case: Case) -> None:
    if case.curve:
        codec.colorspace, codec.color_primaries, codec.color_trc = 9, 9, case.curve
    elif case.matrix != "untagged":
        codec.colorspace = codec.color_primaries = codec.color_trc = 1 if case.matrix == "bt709" else 6
    if case.matrix != "untagged":
        codec.color_range = ColorRange.JPEG if case.full_range else ColorRange.MPEG


def _pictures(case: Case, base: Fraction | None) -> Iterator[tuple[float, av.VideoFrame]]:
    chance = np.random.default_rng(3)
    rate, base, shown = Fraction(case.rate), base or Fraction(1, _TICKS), False
    for index in range(round(case.seconds * rate)):
        time = index / rate
        flashing = time % 1 < Fraction(PULSE) - Fraction(1, 1000)
        edge = time % 1 == 0 or flashing
        shown = index == 0 or not case.variable or edge or not shown or chance.random() > 0.4
        if not shown:
            continue
        frame = as_coded(_drawn(case, flashing=flashing), case.pixels, case.matrix, full_range=case.full_range)
        at = time + Fraction(case.start)
        frame.pts, frame.time_base = round(at / base), base
        yield float(at), frame


def _drawn(case: Case, *, flashing: bool) -> Picture:
    """The picture as coded: turned so that a player turns it upright."""
    width, height = case.size[::-1] if case.rotation in (90, 270) else case.size
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = QUARTERS[:2]
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = QUARTERS[2:]
    if flashing:
        picture[:] = FLASH
    return np.ascontiguousarray(np.rot90(picture, k=case.rotation // 90))


def _track(container: av.container.OutputContainer, sound: Sound) -> av.AudioStream:
    track = cast("av.AudioStream", container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout))
    if sound.codec == "wmav2":
        track.bit_rate = 128_000
    track.disposition = Disposition.default if sound.default else Disposition(0)
    return track


def _heard(sound: Sound, track: av.AudioStream, case: Case) -> Iterator[tuple[float, av.AudioStream, av.AudioFrame]]:
    times = np.arange(round((case.seconds - sound.start) * sound.rate)) / sound.rate + sound.start
    samples = (beep(times) if sound.beeps else 0.05 * np.sin(2 * np.pi * 300 * times)).astype(np.float32)
    channels = av.AudioLayout(sound.layout).nb_channels
    convert = av.AudioResampler(format=track.format.name, layout=sound.layout, rate=sound.rate)
    for begin in range(0, len(samples), _PART):
        time = float(times[begin])
        if sound.gap and sound.gap[0] <= time < sound.gap[1]:
            continue
        part = np.repeat(samples[None, begin : begin + _PART], channels, axis=0)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout=sound.layout)
        frame.sample_rate, frame.time_base = sound.rate, Fraction(1, sound.rate)
        frame.pts = round((time + case.start) * sound.rate)
        for out in convert.resample(frame):
            yield time + case.start, track, out


def _broken(path: Path) -> None:
    """Rubbish in the middle: a few thousand bytes of it."""
    data = bytearray(path.read_bytes())
    middle, count = int(len(data) * 0.42), min(4000, len(data) // 60)
    data[middle : middle + count] = np.random.default_rng(5).bytes(count)
    path.write_bytes(bytes(data))


def _truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 6 // 10)


def _without_moov(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])


_PCM = Sound("pcm_s16le")
_OPUS = Sound("libopus")
_NAMES = {
    "leading dash": "-y.mp4",
    "new line": "a\nb.mp4",
    "quotes": "a'b\"c`d.mp4",
    "per cent": "%d %s 100%.mp4",
    "other scripts": "видео 動画 وفيديو 🎬.mp4",
    "very long": "x" * 240 + ".mp4",
    "protocol": "http:x.mp4",
    "shell": "$(touch x);&|>.mp4",
    "no suffix": "video",
    "wrong suffix": "video.txt",
}

CASES: tuple[Case, ...] = (
    Case("mp4 h264 aac"),
    Case("mov prores 422 10 bit pcm", ".mov", "prores_ks", "yuv422p10le", sounds=(_PCM,)),
    Case("mov h264 pcm 96 kHz", ".mov", sounds=(replace(_PCM, rate=96_000),)),
    Case("mkv hevc opus", ".mkv", "libx265", sounds=(_OPUS,)),
    Case("mp4 hevc 10 bit", ".mp4", "libx265", "yuv420p10le"),
    Case("mkv ffv1 444 flac", ".mkv", "ffv1", "yuv444p", sounds=(Sound("flac", 96_000),)),
    Case("webm vp9 opus", ".webm", "libvpx-vp9", sounds=(_OPUS,)),
    Case("webm vp9 444", ".webm", "libvpx-vp9", "yuv444p", options={"profile": "1"}, sounds=(_OPUS,)),
    Case("mp4 av1", ".mp4", "libsvtav1"),
    Case("webm av1 10 bit", ".webm", "libsvtav1", "yuv420p10le", sounds=(_OPUS,)),
    Case("avi mpeg4 mp3", ".avi", "mpeg4", sounds=(Sound("libmp3lame", 44_100),)),
    Case("avi mjpeg pcm", ".avi", "mjpeg", "yuvj420p", full_range=True, sounds=(_PCM,), tolerance=32),
    Case("ts h264 aac", ".ts"),
    Case("ts mpeg2 mp2", ".ts", "mpeg2video", sounds=(Sound("mp2"),)),
    Case("mpg mpeg2 mp2", ".mpg", "mpeg2video", sounds=(Sound("mp2"),)),
    Case("flv h264 aac", ".flv", sounds=(Sound(rate=44_100),)),
    Case("flv sorenson mp3", ".flv", "flv", sounds=(Sound("libmp3lame", 44_100),), matrix="bt601", tolerance=40),
    Case("wmv", ".wmv", "wmv2", sounds=(Sound("wmav2", 44_100),), matrix="bt601", tolerance=40, late=0.06),
    Case("h264 422", ".mkv", pixels="yuv422p"),
    Case("h264 444", ".mkv", pixels="yuv444p"),
    Case("h264 10 bit 422", ".mkv", pixels="yuv422p10le"),
    Case("full range", full_range=True),
    Case("bt601", matrix="bt601"),
    Case("untagged", matrix="untagged"),
    Case("variable rate", rate=30, variable=True),
    Case("15 fps", rate=15),
    Case("23.976 fps", rate=Fraction(24000, 1001)),
    Case("60 fps", rate=60),
    Case("120 fps", rate=120),
    Case("odd size", ".mkv", "ffv1", size=(319, 181), sounds=(_PCM,)),
    Case("tall", size=(180, 320)),
    Case("tiny", size=(64, 48)),
    Case("rotated 90", rotation=90),
    Case("rotated 180", rotation=180),
    Case("rotated 270", rotation=270),
    Case("wide pixels", size=(240, 180), aspect=Fraction(4, 3)),
    Case("tall pixels", size=(480, 180), aspect=Fraction(2, 3)),
    Case("interlaced", interlaced=True),
    Case(
        "interlaced mpeg2",
        ".ts",
        "mpeg2video",
        interlaced=True,
        options={"flags": "+ildct+ilme"},
        sounds=(Sound("mp2"),),
    ),
    Case("hdr pq", ".mkv", "libx265", "yuv420p10le", curve=16, tolerance=255),
    Case("hdr hlg", ".mkv", "libx265", "yuv420p10le", curve=18, tolerance=255),
    Case("mono", sounds=(Sound(layout="mono"),)),
    Case("5.1", sounds=(Sound("ac3", layout="5.1"),)),
    Case("8 kHz", sounds=(Sound(rate=8_000, layout="mono"),)),
    Case("no sound", sounds=()),
    Case("two tracks", ".mkv", sounds=(replace(_PCM, default=False, beeps=False), _PCM)),
    Case("late sound", ".mkv", sounds=(replace(_PCM, start=1.5),)),
    Case("late sound mp4", sounds=(Sound(start=1.5),)),
    Case("gap in the sound", ".mkv", sounds=(replace(_PCM, gap=(1.4, 1.8)),)),
    Case("late beginning", ".ts", start=7.0),
    Case("negative times", ".ts", start=-0.4, muxing={"avoid_negative_ts": "disabled", "mpegts_copyts": "1"}),
    Case("wrapped times", ".ts", start=_TS_WRAP / _TICKS - 2, muxing={"mpegts_copyts": "1"}),
    Case("broken middle", ".ts", damage=_broken, seconds=6),
    Case("broken middle mkv", ".mkv", damage=_broken, seconds=6),
    Case("truncated mkv", ".mkv", damage=_truncated, seconds=8),
    Case("truncated mp4", damage=_truncated, muxing={"movflags": "+faststart"}, error="truncated"),
    Case("mp4 without index", damage=_without_moov, error="cannot read"),
    *(Case(f"name: {name}", file=file) for name, file in _NAMES.items()),
)
LEAN = (
    *("mov prores 422 10 bit pcm", "webm vp9 opus", "avi mpeg4 mp3", "variable rate", "odd size", "rotated 90"),
    *("wide pixels", "two tracks", "late sound", "wrapped times", "broken middle", "truncated mp4"),
)
