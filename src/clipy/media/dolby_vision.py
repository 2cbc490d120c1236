"""Dolby Vision: which profile a file has, by the record that its container keeps of it.

Most profiles hold a picture that any HDR (or standard) screen shows, and Dolby's data only refine it: those are read
like other HDR. Profile 5 (and 10 without compatibility) holds none. Its pictures are coded as IPT, bent by curves that
change from scene to scene and lie in Dolby's own metadata; read as Y'CbCr they turn violet and green.

The record is described in "Dolby Vision Streams within the ISO Base Media File Format" (version 2.6, section 3.2),
"... within the Matroska Multimedia Container", and "... within the MPEG-2 Transport Stream" (2.0, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clipy.errors import MediaError

_BOXES = (b"dvcC", b"dvvC", b"dvwC")
_TAGS = ("dvh1", "dvhe", "dav1", "dva1", "dvav")  # MP4's names of codecs whose base picture may be Dolby's own
_EBML = b"\x1aE\xdf\xa3"
_EXTRA_DATA = b"\x41\xed"  # Matroska: BlockAddIDExtraData, beside BlockAddIDType
_AROUND = 64  # bytes between the two at most
_DESCRIPTOR = b"\x05\x04DOVI"  # MPEG-2 transport streams: the registration before Dolby's own descriptor ...
_OWN = 0xB0  # ... which has this tag
_HEADER = 4 << 20  # bytes at the beginning of a file in which Matroska and transport streams tell
_MOST = 64 << 20  # bytes of an MP4's index that are looked through
_CODECS = ("hevc", "av1")  # of the profiles without a base picture


@dataclass(frozen=True, slots=True)
class DolbyVision:
    """``profile``, and with what the base picture is ``compatible``: 0 nothing, 1 HDR10, 2 SDR, 4 HLG, 6 Blu-ray."""

    profile: int
    compatible: int

    @property
    def has_base_picture(self) -> bool:
        """Whether the pictures are right for those who know nothing of Dolby Vision."""
        return self.compatible != 0 or self.profile not in (5, 10, 20)


def dolby_vision(path: Path) -> DolbyVision | None:
    """What a file's header says of Dolby Vision; None where it says nothing."""
    with path.open("rb") as file:
        start = file.read(_HEADER)
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _in_mp4(_index(path))
    return _in_matroska(start) if start.startswith(_EBML) else _in_transport_stream(start)


def check_dolby_vision(path: Path, codec: str, tag: str) -> None:
    """Refuse pictures that only Dolby's own data turn into colours. Raises MediaError."""
    if codec not in _CODECS:
        return
    found = dolby_vision(path)
    if found is None and tag in _TAGS[:2] and codec == "hevc":
        found = DolbyVision(5, 0)  # with a base picture for others it would be called hvc1 or hev1
    if found is not None and not found.has_base_picture:
        raise MediaError(
            f"Dolby Vision profile {found.profile} has no picture that can be shown without Dolby's own data:"
            " its colors would be wrong",
            where=path,
            do="Export it as HDR10, HLG or SDR, or convert it: ffmpeg -i FILE -vf libplacebo=colorspace=bt709:"
            "color_primaries=bt709:color_trc=bt709:format=yuv420p -c:a copy fixed.mp4",
        )


def _index(path: Path) -> bytes:
    """The ``moov`` box of an MP4 (ISO 14496-12)."""
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            body = size - 8
            if size == 1:
                body = int.from_bytes(file.read(8), "big") - 16
            if kind == b"moov":
                return file.read(_MOST if size == 0 else min(body, _MOST))
            if size == 0 or body < 0:
                break
            file.seek(body, 1)
    return b""


def _in_mp4(index: bytes) -> DolbyVision | None:
    for name in _BOXES:
        at = index.find(name)
        if at >= 4 and int.from_bytes(index[at - 4 : at], "big") >= 8 + 5:
            return _record(index[at + 4 :])
    return None


def _in_matroska(header: bytes) -> DolbyVision | None:
    for name in _BOXES:
        at = header.find(name)
        if at >= 0:
            near = header[max(0, at - _AROUND) : at + _AROUND]
            extra = near.find(_EXTRA_DATA)
            length = near[extra + 2 : extra + 3]
            if extra >= 0 and length and length[0] & 0x80:  # a length of one byte
                return _record(near[extra + 3 :])
    return None


def _in_transport_stream(header: bytes) -> DolbyVision | None:
    at = header.find(_DESCRIPTOR)
    own = header[at + len(_DESCRIPTOR) :][:64] if at >= 0 else b""
    if len(own) < 7 or own[0] != _OWN:
        return None
    record = own[2:]
    with_base = record[3] & 1
    return _record(record[:4] + (record[4:5] if with_base else record[6:7]))


def _record(data: bytes) -> DolbyVision | None:
    """Two bytes of version, then profile (7 bits), level (6), three flags, and compatibility (4)."""
    if len(data) < 5:
        return None
    return DolbyVision(data[2] >> 1, data[4] >> 4)
