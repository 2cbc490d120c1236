"""Dolby Vision without a picture for others is refused in one line, before any work; other profiles are read."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clipy.errors import MediaError
from clipy.media.dolby_vision import DolbyVision, dolby_vision
from clipy.media.probe import probe

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def record(profile: int, compatible: int) -> bytes:
    """DOVIDecoderConfigurationRecord: level 3, with RPU and base layer, without enhancement layer."""
    return bytes((1, 0)) + struct.pack(">H", profile << 9 | 3 << 3 | 0b101) + bytes((compatible << 4,)) + bytes(19)


def hevc(path: Path) -> bytearray:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=Fraction(25), options={"x265-params": "log-level=none", "tag": "hvc1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 50 * number, np.uint8), format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return bytearray(path.read_bytes())


def with_record(data: bytearray, profile: int, compatible: int, name: bytes) -> bytearray:
    """The MP4 with a box about Dolby Vision at the end of its sample entry."""
    kind = b"hvc1" if b"hvc1" in data else b"hev1"
    entry = data.find(kind, data.find(b"stsd")) - 4
    around: list[int] = []

    def walk(begin: int, end: int) -> None:
        while begin < end:
            size = struct.unpack(">I", data[begin : begin + 4])[0]
            if begin <= entry < begin + size:
                around.append(begin)
                inner = bytes(data[begin + 4 : begin + 8])
                if inner in CONTAINERS:
                    walk(begin + 8, begin + size)
                elif inner == b"stsd":
                    walk(begin + 16, begin + size)
            begin += size

    walk(0, len(data))
    box = struct.pack(">I", 8 + 24) + name + record(profile, compatible)
    at = entry + struct.unpack(">I", data[entry : entry + 4])[0]
    for place in around:
        data[place : place + 4] = struct.pack(">I", struct.unpack(">I", data[place : place + 4])[0] + len(box))
    data[at:at] = box
    return data


@pytest.mark.parametrize(
    ("profile", "compatible", "name", "shown"),
    [(5, 0, b"dvcC", False), (8, 1, b"dvvC", True), (8, 4, b"dvvC", True), (8, 2, b"dvvC", True), (7, 6, b"dvcC", True),
     (10, 0, b"dvvC", False), (10, 1, b"dvvC", True)],
)  # fmt: skip
def test_dolby_vision_profile_without_base_layer_is_refused(
    tmp_path: Path, profile: int, compatible: int, name: bytes, shown: bool
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(with_record(hevc(path), profile, compatible, name))
    assert dolby_vision(path) == DolbyVision(profile, compatible)
    if shown:
        assert probe(path).width == 64
        return
    with pytest.raises(MediaError, match=f"^Dolby Vision profile {profile} .*libplacebo") as error:
        probe(path)
    assert "\n" not in str(error.value)


def test_other_files_have_no_dolby_vision_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(hevc(path))
    assert dolby_vision(path) is None
    assert probe(path).width == 64


def test_dolby_vision_is_detected_in_other_containers(tmp_path: Path) -> None:
    matroska = tmp_path / "a.mkv"
    mapping = b"\x41\xe7\x84dvcC" + b"\x41\xed\x98" + record(5, 0)
    matroska.write_bytes(b"\x1aE\xdf\xa3" + bytes(40) + mapping + bytes(40))
    assert dolby_vision(matroska) == DolbyVision(5, 0)
    stream = tmp_path / "a.ts"
    descriptor = b"\x05\x04DOVI" + b"\xb0\x05" + record(5, 0)[:5]
    stream.write_bytes(b"\x47" + bytes(187) + b"\x47" + bytes(20) + descriptor + bytes(100))
    assert dolby_vision(stream) == DolbyVision(5, 0)
