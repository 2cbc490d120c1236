"""The clips that are rendered, and their sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av

from clipy import registry
from clipy.context import Context
from clipy.media.probe import probe
from clipy.stages.base import Pizzazz
from clipy.stages.reframe.center import Center
from clipy.types import CropPath, Edit, Highlight, Span, Video, Word

SAID = (
    "what made the difference was not talent and it was not money it was one sentence that they wrote on paper".split()
)
_SPEED = Fraction(5, 2)  # words a second, as in quick talk


def edit_of(video: Video, start: Fraction, seconds: Fraction, ctx: Context) -> Edit:
    """A still 9:16 crop of the middle at 1080x1920, with a word every 0.4 s."""
    span = Span(start, start + seconds)
    highlight = Highlight(span, title="One sentence on paper")
    crop: CropPath = Center().reframe(video, highlight, ctx)
    times = [start + index / _SPEED for index in range(int(seconds * _SPEED))]
    words = tuple(
        Word(SAID[index % len(SAID)], time, time + Fraction(9, 10) / _SPEED) for index, time in enumerate(times)
    )
    return Edit(highlight, crop, (span,), "en", words)


def decorated(video: Video, edit: Edit, names: Sequence[str], ctx: Context) -> tuple[Edit, tuple[Pizzazz, ...]]:
    """The edit with each pizzazz's plan, at a set height, so that no face need be looked for."""
    effects = []
    for name in names:
        effect = registry.create("pizzazz", name, {"position": 0.72} if name == "captions" else {})
        assert isinstance(effect, Pizzazz)
        edit = effect.plan(video, edit, ctx)
        effects.append(effect)
    return edit, tuple(effects)


def turn(source: Path) -> Fraction:
    """Seconds after which ``looped`` begins again: a little more than the source lasts, as coded sound overlaps."""
    return Fraction(math.ceil(probe(source).duration * 10) + 1, 10)


def looped(source: Path, path: Path, seconds: int) -> Path:
    """The source's packets over and over, for ``seconds``: a long video at the price of a copy."""
    step = turn(source)
    with av.open(str(path), "w") as target:
        with av.open(str(source)) as container:  # both before the first packet: FFmpeg divides by what is not yet known
            known = (container.streams.video[0], container.streams.audio[0])
            streams = {stream.index: target.add_stream_from_template(stream) for stream in known}
        for number in range(-(-seconds // int(step))):
            with av.open(str(source)) as container:
                for packet in container.demux(container.streams.video[0], container.streams.audio[0]):
                    if packet.pts is None or packet.dts is None or packet.time_base is None:
                        continue
                    offset = round(number * step / packet.time_base)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)
    return path


def enlarged(source: Path, path: Path, seconds: float, size: tuple[int, int] = (3840, 2160)) -> Path:
    """The beginning of a source at 4K, as a camera would write it: x264 at about 20 Mbit/s."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        video = target.add_stream("libx264", rate=picture.average_rate, options={"preset": "veryfast", "b": "20M"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.thread_type = "AUTO"
        audio = target.add_stream_from_template(sound)
        for packet in container.demux(picture, sound):
            if packet.pts is not None and packet.time_base is not None and packet.pts * packet.time_base > seconds:
                break
            if packet.stream is sound and packet.dts is not None:
                packet.stream = audio
                target.mux(packet)
            elif packet.stream is picture:
                for frame in cast("list[av.VideoFrame]", packet.decode()):
                    scaled = frame.reformat(*size, "yuv420p")
                    scaled.pts, scaled.time_base = frame.pts, frame.time_base
                    target.mux(video.encode(scaled))
        target.mux(video.encode(None))
    return path
