"""The only way in which media files are opened: restricts what FFmpeg opens, decodes and allocates for untrusted files.

FFmpeg reads far more than video files: playlists (HLS, DASH, concat, image sequences) that make it open other files and
URLs, whatever the file is called, and hundreds of unmaintained formats. Allowed are only demuxers that read one plain
file, widely used decoders, local files, and sizes that real videos have.
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

# Demuxers that read a single plain file. A protocol whitelist alone does not stop playlists; a format whitelist does.
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
_SUBTITLE_CODECS = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")

MAX_PIXELS = 36_000_000  # per frame: 8K (7680x4320, 8192x4320)
MAX_STREAMS = 64
MAX_FRAME_RATE = 1000  # fps
MAX_SAMPLE_RATE = 768_000  # Hz
MAX_CHANNELS = 64
MAX_DURATION = 48 * 3600  # seconds

_STREAM_OPTIONS = [{"max_pixels": str(MAX_PIXELS)}] * (4 * MAX_STREAMS)

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_PLAYLIST_SIGNATURES = (
    b"#EXTM3U",
    b"ffconcat",
    b"<?xml",
    b"<MPD",
    b"<smil",
    b"[playlist]",
    b"[Reference]",
    b"v=0\r",
    b"v=0\n",
)
_EXTENSIONS = "mp4, mov, mkv, webm, avi, ts, mpg, flv, wmv, ogg, mxf"


@contextmanager
def open_media(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a media file for reading. Raises MediaError, if possible before anything is decoded."""
    check_file(path)
    _refuse_playlist(path)
    try:
        with _container(path) as container:
            _check_streams(container, path)
            yield container
    except MemoryError as error:
        raise MediaError(
            "the file demands more memory than any video needs",
            where=path,
            do="It is damaged or malicious; get it from another source",
        ) from error
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f"cannot read the file as a video ({reason})",
            where=path,
            do=f"clipy reads {_EXTENSIONS}. If it plays in a player, convert it: ffmpeg -i FILE -c copy fixed.mkv",
        ) from error


def _container(path: Path) -> av.container.InputContainer:
    options = {
        "format_whitelist": DEMUXERS,
        "protocol_whitelist": "file",
        "codec_whitelist": _decoders(),
        "max_streams": str(4 * MAX_STREAMS),
        "enable_drefs": "0",  # an MP4 may refer to data in another file
        "use_absolute_path": "0",
    }
    file = f"file:{path}"  # with the prefix, names such as "http:x.mp4" or "-y.mp4" stay file names
    try:
        return av.open(
            file,
            options=options,
            stream_options=cast("list[str]", _STREAM_OPTIONS),  # dictionaries, despite PyAV's stub
            metadata_errors="ignore",
        )
    except ValueError as error:
        if "does not expose its streams" not in str(error):
            raise
        return av.open(file, options=options, metadata_errors="ignore")  # FLV, MPEG: streams appear while reading


def video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The first video stream that is not cover art. Raises MediaError without a readable one."""
    stream = find_video_stream(container, path)
    if stream is None:
        raise MediaError("the file has no video stream", where=path, do="Use a video file")
    return stream


def find_video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream | None:
    """The first video stream that is not cover art; None without one. Raises MediaError where it is unreadable."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None:
            _check_video_stream(stream, path)
            return stream
    return None


def is_decodable_audio(stream: av.AudioStream) -> bool:
    """Whether an audio stream can be decoded with an allowed decoder."""
    codec = stream.codec_context
    return (
        codec is not None
        and _is_audio_codec(codec.codec.canonical_name)
        and codec.sample_rate > 0
        and codec.channels > 0
    )


def check_audio_stream(stream: av.AudioStream, path: Path) -> None:
    """Raises MediaError for an audio stream with an implausible rate or number of channels."""
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if rate > MAX_SAMPLE_RATE or channels > MAX_CHANNELS:
        raise MediaError(
            f"unsupported audio: {channels} channels at {rate} Hz (maximum {MAX_CHANNELS} at {MAX_SAMPLE_RATE} Hz)",
            where=path,
            do="Convert the sound with: ffmpeg -i FILE -c:v copy -ar 48000 -ac 2 fixed.mkv",
        )


def check_duration(duration: Fraction, path: Path) -> None:
    """Raises MediaError for an implausible duration."""
    if duration > MAX_DURATION:
        raise MediaError(
            f"the duration is {float(duration) / 3600:.0f} h (maximum {MAX_DURATION // 3600} h)",
            where=path,
            do="If its timestamps are damaged, try: ffmpeg -i FILE -c copy fixed.mkv; otherwise split it",
        )


def check_file(path: Path) -> None:
    """Raises MediaError for anything but a non-empty regular file, without opening it."""
    try:
        if not path.exists() and _URL.match(str(path)):
            raise MediaError(
                "clipy reads files, not URLs", where=path, do="Download it first, for example with: yt-dlp URL"
            )
        if not path.exists():
            raise MediaError("no such file", where=path, do="Check the path")
        if path.is_dir():
            raise MediaError("this is a folder, not a video", where=path, do="Name the video files in it")
        if not path.is_file():
            raise MediaError("this is not a regular file", where=path, do="Save the stream to a file first")
        if path.stat().st_size == 0:
            raise MediaError("the file is empty", where=path, do="Copy or download it again")
    except (OSError, ValueError) as error:
        raise MediaError(f"invalid path ({error})", where=path, do="Check the path") from error


def _refuse_playlist(path: Path) -> None:
    """Raise a clear error for playlists; the format whitelist is what stops them from being followed."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise MediaError(f"cannot read the file ({error.strerror})", where=path, do="Check its permissions") from error
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAYLIST_SIGNATURES):
        raise MediaError(
            "this is a playlist, not a video; clipy does not follow playlists",
            where=path,
            do="Use the video file itself",
        )


def _check_streams(container: av.container.InputContainer, path: Path) -> None:
    if len(container.streams) > MAX_STREAMS:
        raise MediaError(
            f"the file has {len(container.streams)} streams (maximum {MAX_STREAMS})",
            where=path,
            do="Keep the first ones with: ffmpeg -i FILE -map 0:v:0 -map 0:a:0 -c copy fixed.mkv",
        )
    for stream in container.streams.video:
        if stream.codec_context is not None:  # for later frames: a stream may change its size
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}


def _check_video_stream(stream: av.VideoStream, path: Path) -> None:
    codec = stream.codec_context
    name = codec.codec.canonical_name
    if name not in VIDEO_CODECS:
        raise MediaError(f"unsupported video codec: {name}", where=path, do="Convert it with: ffmpeg -i FILE fixed.mp4")
    if not 0 < codec.width * codec.height <= MAX_PIXELS:  # no size: FFmpeg has rejected it already
        raise MediaError(
            f"unsupported frame size{f': {codec.width}x{codec.height}' if codec.width else ''} (maximum 8K)",
            where=path,
            do="Scale it down with: ffmpeg -i FILE -vf scale=3840:-2 smaller.mp4",
        )
    rate = stream.average_rate or stream.guessed_rate or 0
    if rate > MAX_FRAME_RATE:
        raise MediaError(
            f"the frame rate is {float(rate):.0f} fps (maximum {MAX_FRAME_RATE})",
            where=path,
            do="Reduce it with: ffmpeg -i FILE -r 60 fixed.mp4",
        )


def _is_audio_codec(name: str) -> bool:
    return name in AUDIO_CODECS or name.startswith("pcm_")


@lru_cache(maxsize=1)
def _decoders() -> str:
    """FFmpeg's names of the allowed decoders, also for probing."""
    names = list(_SUBTITLE_CODECS)
    for name in sorted(av.codecs_available):
        try:
            canonical = av.Codec(name, "r").canonical_name
        except av.codec.codec.UnknownCodecError:  # an encoder only
            continue
        if canonical in VIDEO_CODECS or _is_audio_codec(canonical):
            names.append(name)
    return ",".join(names)
