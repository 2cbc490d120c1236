"""Files that somebody made to do harm: playlists that reach for other files and addresses, and headers that ask for too
much. ``Canary`` is what they reach for, and knows whether anything did.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.media import make_video
from tests.serving import Handler, Serving


class Canary(Serving):
    """A pipe and a local web server that nothing may touch. Use as ``with Canary(folder) as canary``."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "canary.ts"
        self.touched: list[str] = []
        os.mkfifo(self.path)
        canary = self

        class Watching(Handler):
            def do_GET(self) -> None:
                canary.touched.append(self.path)
                self.send_error(404)

        super().__init__(Watching)

    @property
    def address(self) -> str:
        return f"{self.origin}/canary.ts"

    def was_touched(self) -> bool:
        """Whether the server was asked for anything, or anybody has, or was seen to have, the pipe open."""
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads
                raise
        else:
            self.touched.append(str(self.path))
        return bool(self.touched)


def reaching(folder: Path, canary: Canary) -> Iterator[Path]:
    """Files that make FFmpeg open the canary, by content and by extension, also behind names of videos."""
    for target in (canary.address, canary.path.as_uri(), str(canary.path)):
        for kind, (text, suffixes) in _playlists(target).items():
            for suffix in suffixes:
                path = folder / f"{kind}-{_numbered(folder)}{suffix}"
                path.write_text(text)
                yield path
    yield _with_reference(folder, canary.path)
    yield _with_playlist_as_subtitle(folder, canary.address)
    picture = folder / "shot001.png"
    picture.write_bytes(_png(64, 64))
    for name in ("shot%03d.png", "*.png", "shot001.png"):
        path = folder / name
        if not path.exists():
            path.write_bytes(_png(64, 64))
        yield path


def _numbered(folder: Path) -> int:
    return len(list(folder.iterdir()))


def _playlists(target: str) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"
    key = hls.replace("#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF')
    dash = (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="x" '
        'mediaPresentationDuration="PT9S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>\n'
    )
    concat = f"ffconcat version 1.0\nfile '{target}'\nduration 9\n"
    sdp = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nu={target}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"
    sdp += "a=rtpmap:96 H264/90000\n"
    smooth = f'<?xml version="1.0"?><SmoothStreamingMedia MajorVersion="2" Url="{target}"></SmoothStreamingMedia>'
    return {
        "hls": (hls, (".m3u8", ".mp4", ".mkv", ".ts", ".avi")),
        "hls-key": (key, (".m3u8", ".mov")),
        "hls-late": ("\ufeff\n\n" + hls, (".mp4",)),
        "dash": (dash, (".mpd", ".mp4", ".webm")),
        "concat": (concat, (".ffconcat", ".mp4", ".txt")),
        "sdp": (sdp, (".sdp", ".mp4")),
        "smooth": (smooth, (".ism", ".mp4")),
        "reference": (f"[Reference]\nRef1={target}\n", (".asx", ".mp4")),
    }


def _with_reference(folder: Path, target: Path) -> Path:
    """A QuickTime file that says that its pictures lie in another file (a data reference with an alias)."""
    path = make_video(folder / "reference.mov", seconds=1, size=(64, 64), play=None)
    data = bytearray(path.read_bytes())
    at = data.index(b"dref") - 4
    names = bytes(10) + b"\x01v" + bytes(26) + bytes(12) + b"\x06canary" + bytes(57) + bytes(16)
    names += struct.pack(">HH", 1, 1) + bytes(16)
    name = str(target).encode()
    names += struct.pack(">HH", 2, len(name)) + name + bytes(len(name) % 2) + b"\xff\xff\x00\x00"
    entry = struct.pack(">I4sI", 12 + len(names), b"alis", 0) + names
    reference = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    (size,) = struct.unpack_from(">I", data, at)
    grown = len(reference) - size
    data[at : at + size] = reference
    for box in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):  # the index lies at the end: no offset changes
        begin = data.rindex(box, 0, at) - 4
        struct.pack_into(">I", data, begin, struct.unpack_from(">I", data, begin)[0] + grown)
    path.write_bytes(bytes(data))
    return path


def _with_playlist_as_subtitle(folder: Path, target: str) -> Path:
    """An AVI whose subtitle track is a playlist (GAB2), as was used against servers that convert videos."""
    playlist = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n".encode()
    gab = b"GAB2\x00\x02\x00" + struct.pack("<I", 0) + b"\x04\x00" + struct.pack("<I", len(playlist)) + playlist
    main = struct.pack("<14I", 40_000, 0, 0, 0, 25, 0, 1, 0, 64, 64, 0, 0, 0, 0)
    head = b"txts" + bytes(4) + struct.pack("<12I", 0, 0, 0, 1, 25, 0, 25, 0, 0, 0, 0, 0)
    stream = _list(b"strl", _chunk(b"strh", head[:56]) + _chunk(b"strf", b""))
    body = _list(b"hdrl", _chunk(b"avih", main) + stream) + _list(b"movi", _chunk(b"00tx", gab))
    path = folder / "subtitle.avi"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"AVI " + body)
    return path


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", name + data)


def bombs(folder: Path) -> Iterator[tuple[Path, str]]:
    """Small files that ask for far too much, each with a word of what clipy must say."""
    makers: tuple[tuple[str, Callable[[Path], object], str], ...] = (
        ("16k.mov", lambda path: _one_picture(path, 16_000, 16_000), "8K"),
        ("wide.mov", lambda path: _one_picture(path, 60_000, 1_000), "8K"),
        ("inside.mov", lambda path: _one_picture(path, 16_000, 16_000, honest=False), "8K"),
        ("fast.mkv", lambda path: _pictures(path, 10_000, range(100)), "a second"),
        ("streams.mkv", _many_streams, "streams"),
        ("sound.mkv", lambda path: _odd_sound(path, 10_000_000), "Hz"),
        ("long.mkv", lambda path: _pictures(path, 25, (0, 25, 25 * 100 * 3600)), "lasts"),
    )
    for name, make, says in makers:
        make(folder / name)
        yield folder / name, says


def _png(width: int, height: int) -> bytes:
    """A black picture of any size in a few bytes (zeros pack well)."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(height, 64) * (width + 1)))
    parts = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + parts


def _one_picture(path: Path, width: int, height: int, *, honest: bool = True) -> None:
    """Huge pictures; the container says so, or that they are small."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "gray"
        for number in range(3):
            packet = av.Packet(_png(width, height))
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    if honest:
        data = bytearray(path.read_bytes())
        struct.pack_into(">HH", data, data.index(b"png ") + 28, width, height)  # ISO 14496-12, VisualSampleEntry
        path.write_bytes(bytes(data))


def _many_streams(path: Path) -> None:
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width, picture.height = 64, 64
        sounds = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(99)]
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        container.mux(picture.encode(frame.reformat(format="yuv420p")))
        container.mux(picture.encode(None))
        for sound in sounds:
            container.mux(sound.encode(_silence(8000)))


def _silence(rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    return frame


def _odd_sound(path: Path, rate: int) -> None:
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width, picture.height = 64, 64
        sound = container.add_stream("pcm_s16le", rate=rate, layout="mono")
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        container.mux(picture.encode(frame.reformat(format="yuv420p")))
        container.mux(picture.encode(None))
        container.mux(sound.encode(_silence(rate)))


def _pictures(path: Path, rate: int, numbers: Iterable[int]) -> None:
    """Black pictures; each number is a time, in pictures at the rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate)
        for number in numbers:
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
