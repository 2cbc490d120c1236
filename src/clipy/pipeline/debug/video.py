"""The video that ``--debug`` saves for a clip: its stretch of the source, everything drawn in, with its sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipy.media.aac import SAMPLE_RATE, encode_aac
from clipy.media.encoding import Encoding
from clipy.media.frame import Frame
from clipy.media.read import frames_at, sound
from clipy.media.resample import Resampler
from clipy.media.write import Mp4Writer
from clipy.pipeline.debug.painting import Painter
from clipy.pipeline.debug.scene import Scene
from clipy.pipeline.debug.timeline import Timeline
from clipy.types import Box, Seconds, Video

_SHORT, _LONG = 720, 1280  # pixels of the sides, at most
_FASTEST = 30  # frames per second, at most
_ENCODING = Encoding(options={"preset": "veryfast", "crf": "24"})


def write_movie(scene: Scene, path: Path) -> None:
    """Write the video in one pass: one decode, one picture at a time. Raises what ``media.write.Mp4Writer`` raises."""
    video = scene.video
    rate = _rate(video.frame_rate)
    width, height = _size(video)
    timeline = Timeline(scene, width)
    tall = height + 2 * ((timeline.height + 1) // 2)
    painter, resampler = Painter(scene, width, height, 1 / rate), Resampler(video, width, height)
    whole = Box(0, 0, video.width, video.height)
    packets = encode_aac(_sound(scene))
    with Mp4Writer(path, width, tall, rate, _ENCODING) as writer:
        for time, picture in frames_at(video, list(_times(scene, rate))):
            drawn = Frame(time, planes=resampler.cut(picture, whole, width, height)).rgb
            painter.paint(drawn, time)
            canvas = np.zeros((tall, width, 3), dtype=np.uint8)
            canvas[:height], canvas[height : height + timeline.height] = drawn, timeline.at(time)
            writer.write_frame(Frame(time, rgb=canvas).planes)
            while writer.audio_time < writer.video_time and (packet := next(packets, None)) is not None:
                writer.write_audio(packet)
        for packet in packets:
            writer.write_audio(packet)


def _sound(scene: Scene) -> Iterator[NDArray[np.float32]]:
    if scene.video.audio:
        return sound(scene.video, scene.span, rate=SAMPLE_RATE, channels=2, mix=scene.video.clip_mix)
    return iter((np.zeros((2, round(scene.span.duration * SAMPLE_RATE)), dtype=np.float32),))


def _times(scene: Scene, rate: Fraction) -> Iterator[Seconds]:
    count = max(1, int(scene.span.duration * rate))
    return (scene.span.start + tick / rate for tick in range(count))


def _rate(average: Fraction) -> Fraction:
    """The source's rate, or as whole a part of it as is not too fast."""
    parts = -(-average // _FASTEST)
    return (average / max(1, parts)).limit_denominator(1001)


def _size(video: Video) -> tuple[int, int]:
    short, long = sorted((video.width, video.height))
    scale = min(1.0, _SHORT / short, _LONG / long)
    return max(16, 2 * round(video.width * scale / 2)), max(16, 2 * round(video.height * scale / 2))
