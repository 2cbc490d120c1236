"""Muxing of frames and sound into an MP4 that plays everywhere: H.264, AAC, BT.709, fast start."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from clipy.errors import OutputError, RenderError
from clipy.media.aac import BIT_RATE, SAMPLE_RATE, Packet
from clipy.media.encoding import Encoding
from clipy.media.frame import Planes

_BT709 = 1  # ITU-T H.273 code, the same for matrix, primaries and transfer characteristics
# The index goes to the front; sound is interleaved however late it comes (FFmpeg gives up on that after 10 s).
_MUXER_OPTIONS = {"movflags": "+faststart", "max_interleave_delta": "0"}
_MAX_KEYFRAME_INTERVAL = 2  # seconds


def _copy_planes(frame: av.VideoFrame, planes: Planes) -> None:
    targets: list[NDArray[Any]] = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype=np.uint8)  # type: ignore[call-overload]
        targets.append(rows.reshape(-1, plane.line_size)[: plane.height])
    if len(targets) == 2:  # NV12 interleaves U and V
        targets = [targets[0], targets[1][:, 0::2], targets[1][:, 1::2]]
    for target, values in zip(targets, planes, strict=True):
        target[:, : values.shape[1]] = values


def replace_sound(source: Path, path: Path, sound: Iterable[Packet]) -> None:
    """Write the pictures of an MP4 file, as they are coded, with other sound: packets of ``encode_aac``."""
    with (
        av.open(f"file:{source}") as container,
        av.open(f"file:{path}", "w", format="mp4", options=_MUXER_OPTIONS) as to,
    ):
        pictures = container.streams.video[0]
        video = to.add_stream_from_template(pictures)
        audio = to.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        audio.bit_rate = BIT_RATE
        for packet in container.demux(pictures):
            if packet.dts is not None:  # the last one of a stream is empty
                packet.stream = video
                to.mux(packet)
        for heard in sound:
            heard.stream = audio
            to.mux(heard)


class Mp4Writer:
    """Use as ``with Mp4Writer(path, ...) as writer``; the file is complete when the block is left without an error.

    Frames come at a constant ``rate`` from time 0, sound as packets of ``encode_aac``. Write both in step where
    possible: the one that is ahead is buffered, encoded, until it can be interleaved. On an error the unfinished file
    is removed. Raises RenderError; OutputError for a full disk or a folder that cannot be written to.
    """

    def __init__(self, path: Path, width: int, height: int, rate: Fraction, encoding: Encoding) -> None:
        self._path, self._width, self._height = path, width, height
        self._time_base = 1 / rate
        self._frame_count, self._audio_time = 0, Fraction(0)
        with self._translated_errors():
            self._container = av.open(f"file:{path}", "w", format="mp4", options=_MUXER_OPTIONS)
        try:
            with self._translated_errors():
                self._video = self._add_video(rate, encoding)
                self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
                self._audio.bit_rate = BIT_RATE  # metadata only: the packets are encoded already
                self._container.start_encoding()
        except BaseException:
            self._discard()
            raise
        self._frame = av.VideoFrame(width, height, encoding.pixel_format)

    def _add_video(self, rate: Fraction, encoding: Encoding) -> av.VideoStream:
        options = dict(encoding.options)
        video = cast("av.VideoStream", self._container.add_stream(encoding.codec, rate=rate, options=options))
        video.width, video.height, video.pix_fmt = self._width, self._height, encoding.pixel_format
        codec = video.codec_context
        codec.time_base = self._time_base
        if encoding.bit_rate:
            codec.bit_rate = encoding.bit_rate
        codec.gop_size = round(_MAX_KEYFRAME_INTERVAL * rate)
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = ColorRange.MPEG
        codec.sample_aspect_ratio = Fraction(1)
        # PyAV's default splits each frame into slices, which costs quality and a quarter of the speed.
        video.thread_type = "AUTO"
        video.thread_count = encoding.threads
        return video

    @property
    def video_time(self) -> Fraction:
        """Seconds of video written so far."""
        return self._frame_count * self._time_base

    @property
    def audio_time(self) -> Fraction:
        """Seconds of sound written so far."""
        return self._audio_time

    def write_frame(self, planes: Planes) -> None:
        """Append a frame: Y, U and V, BT.709 limited range."""
        if planes[0].shape != (self._height, self._width):
            height, width = planes[0].shape
            raise RenderError(
                f"frame {self._frame_count} is {width}x{height} instead of {self._width}x{self._height}",
                where=self._path,
                do="A pizzazz must not change the size of frames",
            )
        frame = self._frame
        frame.make_writable()  # reused: allocating a frame costs more than filling it
        _copy_planes(frame, planes)
        frame.pts, frame.time_base = self._frame_count, self._time_base
        self._frame_count += 1
        with self._translated_errors():
            self._container.mux(self._video.encode(frame))

    def write_audio(self, packet: Packet) -> None:
        """Append an AAC packet."""
        if packet.pts is not None and packet.duration is not None and packet.time_base is not None:
            self._audio_time = (packet.pts + packet.duration) * packet.time_base
        packet.stream = self._audio
        with self._translated_errors():
            self._container.mux(packet)

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._discard()
            return
        try:
            with self._translated_errors():
                self._container.mux(self._video.encode(None))
                self._container.close()
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the original error is the one to report
            self._container.close()
        if self._path.is_file():  # never remove a device
            with contextlib.suppress(OSError):
                self._path.unlink()

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise OutputError("the disk is full", where=self._path, do="Free some space and run again") from error
            if isinstance(error, PermissionError | FileNotFoundError | IsADirectoryError):
                raise OutputError(
                    f"cannot write the clip ({reason})", where=self._path, do="Choose a folder you can write to"
                ) from error
            raise RenderError(f"cannot encode the clip ({reason})", where=self._path) from error
