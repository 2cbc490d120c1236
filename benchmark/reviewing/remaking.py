"""A clip once more, with its pictures or its sound changed on the way, and files damaged byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from clipy.media.aac import SAMPLE_RATE, encode_aac
from clipy.media.color import to_bt709, yuv_planes
from clipy.media.encoding import Encoding
from clipy.media.frame import Planes
from clipy.media.probe import probe
from clipy.media.read import decode_frames, sound_array
from clipy.media.write import Mp4Writer

Paint = Callable[[float, Planes], Planes]
Sound = NDArray[np.float32]
Mix = Callable[[Sound], Sound]


def remade(source: Path, target: Path, paint: Paint | None = None, mix: Mix | None = None) -> Path:
    """The clip at ``source`` with each picture painted and all its sound (2, n) mixed anew."""
    video = probe(source)
    samples = sound_array(video, video.span, rate=SAMPLE_RATE, channels=2)
    samples = samples if mix is None else mix(samples)
    encoding = Encoding("libx264", {"preset": "veryfast", "crf": "20"})
    frames = ((time, to_bt709(*yuv_planes(frame))) for time, frame in decode_frames(video, video.span))
    writer: Mp4Writer | None = None
    for time, planes in frames:
        painted = planes if paint is None else paint(float(time), planes)
        if writer is None:
            high, wide = painted[0].shape
            writer = Mp4Writer(target, wide, high, video.frame_rate, encoding)
            writer.__enter__()
        writer.write_frame(painted)
    assert writer is not None
    for packet in encode_aac(samples[:, at : at + SAMPLE_RATE] for at in range(0, samples.shape[1], SAMPLE_RATE)):
        writer.write_audio(packet)
    writer.__exit__(None, None, None)
    return target


def truncated(source: Path, target: Path) -> Path:
    """The first three fifths of the bytes."""
    data = source.read_bytes()
    target.write_bytes(data[: len(data) * 3 // 5])
    return target


def without_index(source: Path, target: Path) -> Path:
    """The same pictures, but nothing says where they lie: the index is cut away."""
    data = source.read_bytes()
    at = data.index(b"moov") - 4
    target.write_bytes(data[:at] + data[at + int.from_bytes(data[at : at + 4], "big") :])
    return target


def damaged(source: Path, target: Path) -> Path:
    """4000 bytes from the middle of the pictures on are lost, as where a download or a disk left a hole."""
    with av.open(str(source)) as container:
        packets = [
            (packet.pos, packet.size) for packet in container.demux(video=0) if packet.pos is not None and packet.size
        ]
    at, size = packets[len(packets) // 2]
    data = bytearray(source.read_bytes())
    first = at + size // 2
    data[first : first + 4000] = bytes(4000)
    target.write_bytes(data)
    return target
