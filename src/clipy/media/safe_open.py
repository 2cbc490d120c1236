"""The one way in which a media file is opened: what FFmpeg may open, decode and spend on a file that anybody made.

FFmpeg reads far more than video files: playlists (HLS, DASH, concat, image sequences) that make it open other files and
addresses, whatever the file is called, and hundreds of formats that nobody looks after. Only formats that read one
plain file are allowed, only decoders in daily use, only files, and only sizes that real videos have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import cast

import av
import av.container
import av.stream

from clipy.errors import MediaError

# Demuxers that read one plain file. A list of protocols alone does not stop playlists, a list of formats does.
DEMUXERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,mp3,flac,aac,mxf"
VIDEO_CODECS = frozenset(
    "h264 hevc vvc av1 vp8 vp9 mpeg4 mpeg2video mpeg1video h263 flv1 msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 wmv3 vc1"
    " theora vp6 vp6f vp6a prores dnxhd cfhd ffv1 huffyuv ffvhuff utvideo magicyuv mjpeg dvvideo rawvideo v210 svq1"
    " svq3 cinepak qtrle png jpeg2000".split()
)
AUDIO_CODECS = frozenset(
    "aac aac_latm mp1 mp2 mp3 ac3 eac3 dts truehd mlp opus vorbis flac alac adpcm_ms adpcm_ima_wav adpcm_ima_qt"
    " adpcm_swf amr_nb amr_wb wmav1 wmav2 wmapro wmalossless wmavoice speex nellymoser qdm2 s302m wavpack tta".split()
)
_TEXTS = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")

MAX_PIXELS = 36_000_000  # of a picture: 8K (7680x4320, 8192x4320)
MAX_STREAMS = 64
MAX_FRAME_RATE = 1000  # pictures a second
MAX_SAMPLE_RATE = 768_000  # samples a second
MAX_CHANNELS = 64
MAX_DURATION = 48 * 3600  # seconds

_PER_STREAM = [{"max_pixels": str(MAX_PIXELS)}] * (4 * MAX_STREAMS)

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"<smil", b"[playlist]", b"[Reference]", b"v=0\r", b"v=0\n")
_KINDS = "mp4, mov, mkv, webm, avi, ts, mpg, flv, wmv, ogg, mxf"


@contextmanager
def open_media(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a media file for reading. Raises MediaError with one clear line, before anything is decoded if it can."""
    check_file(path)
    _refuse_playlist(path)
    try:
        with _container(path) as container:
            _check_streams(container, path)
            yield container
    except MemoryError as error:
        raise MediaError(
            "this file asks for more memory than any video needs",
            where=path,
            do="It is damaged, or made to do harm: get it from another place",
        ) from error
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f"cannot read this as a video ({reason})",
            where=path,
            do=f"clipy reads {_KINDS}. If it plays in a video player, convert it: ffmpeg -i FILE -c copy fixed.mkv",
        ) from error


def _container(path: Path) -> av.container.InputContainer:
    options = {
        "format_whitelist": DEMUXERS,
        "protocol_whitelist": "file",
        "codec_whitelist": _decoders(),
        "max_streams": str(4 * MAX_STREAMS),
        "enable_drefs": "0",  # an MP4 may say that its data lies in another file
        "use_absolute_path": "0",
    }
    file = f"file:{path}"  # the prefix keeps a name such as "http:x.mp4" or "-y.mp4" a file name
    try:
        return av.open(
            file,
            options=options,
            stream_options=cast("list[str]", _PER_STREAM),  # dictionaries, whatever PyAV's stub says
            metadata_errors="ignore",
        )
    except ValueError as error:
        if "does not expose its streams" not in str(error):
            raise
        return av.open(file, options=options, metadata_errors="ignore")  # FLV, MPEG: they are found out by reading on


def video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The stream of moving pictures; a cover picture is not one. Raises MediaError when none can or should be read."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
            _check_pictures(stream, path)
            return stream
    raise MediaError("there is no video stream", where=path, do="clipy needs moving pictures; give it the video file")


def is_decodable_audio(stream: av.AudioStream) -> bool:
    """Whether a sound track can be decoded, by a decoder that is allowed."""
    codec = stream.codec_context
    return codec is not None and _is_sound(codec.codec.canonical_name) and codec.sample_rate > 0 and codec.channels > 0


def check_audio_stream(stream: av.AudioStream, path: Path) -> None:
    """Raises MediaError for a sound track that asks for more than any recording has."""
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if rate > MAX_SAMPLE_RATE or channels > MAX_CHANNELS:
        raise MediaError(
            f"a sound track with {channels} channels at {rate} Hz is not read "
            f"(at most {MAX_CHANNELS} at {MAX_SAMPLE_RATE} Hz)",
            where=path,
            do="Convert its sound with: ffmpeg -i FILE -c:v copy -ar 48000 -ac 2 fixed.mkv",
        )


def check_duration(duration: Fraction, path: Path) -> None:
    """Raises MediaError for a video that says it lasts longer than any does."""
    if duration > MAX_DURATION:
        raise MediaError(
            f"it says that it lasts {float(duration) / 3600:.0f} h (at most {MAX_DURATION // 3600} h are read)",
            where=path,
            do="Its times are damaged; try: ffmpeg -i FILE -c copy fixed.mkv. Or cut it into parts",
        )


def check_file(path: Path) -> None:
    """Raises MediaError for what is no plain file with something in it; nothing is opened."""
    try:
        if not path.exists() and _ADDRESS.match(str(path)):
            raise MediaError(
                "clipy reads files, not addresses", where=path, do="Download it first, for example with: yt-dlp ADDRESS"
            )
        if not path.exists():
            raise MediaError("no such file", where=path, do="Check the name and the folder")
        if path.is_dir():
            raise MediaError("this is a folder, not a video", where=path, do="Name the video files in it")
        if not path.is_file():
            raise MediaError("this is not a regular file", where=path, do="Save the stream to a file first")
        if path.stat().st_size == 0:
            raise MediaError("the file is empty", where=path, do="Copy or download it again")
    except (OSError, ValueError) as error:
        raise MediaError(f"this cannot be a file ({error})", where=path, do="Check the name and the folder") from error


def _refuse_playlist(path: Path) -> None:
    """Say clearly what a playlist is; that none is followed is the list of formats' doing."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise MediaError(f"cannot read it ({error.strerror})", where=path, do="Check its permissions") from error
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAYLISTS):
        raise MediaError(
            "this is a list of other files or addresses, not a video; clipy does not follow it",
            where=path,
            do="Give it the video file itself",
        )


def _check_streams(container: av.container.InputContainer, path: Path) -> None:
    if len(container.streams) > MAX_STREAMS:
        raise MediaError(
            f"there are {len(container.streams)} streams in it (at most {MAX_STREAMS} are read)",
            where=path,
            do="Keep the first ones with: ffmpeg -i FILE -map 0:v:0 -map 0:a:0 -c copy fixed.mkv",
        )
    for stream in container.streams.video:
        if stream.codec_context is not None:  # also for later: a stream may change its size on the way
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}


def _check_pictures(stream: av.VideoStream, path: Path) -> None:
    codec = stream.codec_context
    name = codec.codec.canonical_name
    if name not in VIDEO_CODECS:
        raise MediaError(
            f"pictures coded as {name} are not read", where=path, do="Convert it with: ffmpeg -i FILE fixed.mp4"
        )
    if not 0 < codec.width * codec.height <= MAX_PIXELS:  # no size: FFmpeg has already refused what it says
        size = f"pictures of {codec.width}x{codec.height}" if codec.width else "pictures"
        raise MediaError(
            f"its {size} cannot be read, or are larger than 8K",
            where=path,
            do="Make them smaller with: ffmpeg -i FILE -vf scale=3840:-2 smaller.mp4",
        )
    rate = stream.average_rate or stream.guessed_rate or 0
    if rate > MAX_FRAME_RATE:
        raise MediaError(
            f"it has {float(rate):.0f} pictures a second (at most {MAX_FRAME_RATE} are read)",
            where=path,
            do="Keep fewer with: ffmpeg -i FILE -r 60 fixed.mp4",
        )


def _is_sound(name: str) -> bool:
    return name in AUDIO_CODECS or name.startswith("pcm_")


@lru_cache(maxsize=1)
def _decoders() -> str:
    """FFmpeg's names of the decoders that may be used, also to find out what is in a file."""
    names = list(_TEXTS)
    for name in sorted(av.codecs_available):
        try:
            canonical = av.Codec(name, "r").canonical_name
        except av.codec.codec.UnknownCodecError:  # one that only encodes
            continue
        if canonical in VIDEO_CODECS or _is_sound(canonical):
            names.append(name)
    return ",".join(names)
