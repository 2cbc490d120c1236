"""Pictures and sound -> one MP4 that plays everywhere: H.264, AAC, BT.709, the index at the front."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
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

_BT709 = 1  # code of ITU-T H.273 for the matrix, the primaries and the curve alike
# The index at the front, and sound beside its pictures however late it comes (FFmpeg gives up on that after 10 s).
_MUXING = {"movflags": "+faststart", "max_interleave_delta": "0"}
_GROUP = 2  # seconds from one key frame to the next, at most


def _fill(frame: av.VideoFrame, planes: Planes) -> None:
    targets: list[NDArray[Any]] = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype=np.uint8)  # type: ignore[call-overload]
        targets.append(rows.reshape(-1, plane.line_size)[: plane.height])
    if len(targets) == 2:  # NV12: U and V take turns
        targets = [targets[0], targets[1][:, 0::2], targets[1][:, 1::2]]
    for target, values in zip(targets, planes, strict=True):
        target[:, : values.shape[1]] = values


class Mp4Writer:
    """Use as ``with Mp4Writer(path, ...) as writer``; the file is complete when the block is left without an error.

    Pictures come at a constant ``rate`` from time 0, sound as packets of ``aac.coded``. Hand in both as they
    advance together where that is possible: what is ahead waits, coded, to be interleaved. On an error the unfinished
    file is removed. Raises RenderError, or OutputError when the disk is full or the folder cannot be written.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        rate: Fraction,
        encoding: Encoding,
    ) -> None:
        self._path, self._width, self._height = path, width, height
        self._base = 1 / rate
        self._pictures, self._sound_time = 0, Fraction(0)
        with self._explained():
            self._container = av.open(f"file:{path}", "w", format="mp4", options=_MUXING)
        try:
            with self._explained():
                self._video = self._add_video(rate, encoding)
                self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
                self._audio.bit_rate = BIT_RATE  # it only says what the packets are
                self._container.start_encoding()
        except BaseException:
            self._abandon()
            raise
        self._frame = av.VideoFrame(width, height, encoding.layout)

    def _add_video(self, rate: Fraction, encoding: Encoding) -> av.VideoStream:
        options = dict(encoding.options)
        video = cast("av.VideoStream", self._container.add_stream(encoding.codec, rate=rate, options=options))
        video.width, video.height, video.pix_fmt = self._width, self._height, encoding.layout
        codec = video.codec_context
        codec.time_base = self._base
        if encoding.bit_rate:
            codec.bit_rate = encoding.bit_rate
        codec.gop_size = round(_GROUP * rate)
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = ColorRange.MPEG
        codec.sample_aspect_ratio = Fraction(1)
        # PyAV's own choice cuts each picture into slices, which costs quality and a quarter of the speed.
        video.thread_type = "AUTO"
        video.thread_count = encoding.threads
        return video

    @property
    def time(self) -> Fraction:
        """Where the pictures written so far end."""
        return self._pictures * self._base

    @property
    def sound_time(self) -> Fraction:
        """Where the sound written so far ends."""
        return self._sound_time

    def picture(self, planes: Planes) -> None:
        """Append one picture: Y, U and V, BT.709 limited range."""
        if planes[0].shape != (self._height, self._width):
            high, wide = planes[0].shape
            raise RenderError(
                f"picture {self._pictures} is {wide}x{high} where {self._width}x{self._height} is written",
                where=self._path,
                do="A pizzazz must not change the size of frames",
            )
        frame = self._frame
        frame.make_writable()  # a new one each time costs more than filling it
        _fill(frame, planes)
        frame.pts, frame.time_base = self._pictures, self._base
        self._pictures += 1
        with self._explained():
            self._container.mux(self._video.encode(frame))

    def sound(self, packet: Packet) -> None:
        """Append sound."""
        if packet.pts is not None and packet.duration is not None and packet.time_base is not None:
            self._sound_time = (packet.pts + packet.duration) * packet.time_base
        packet.stream = self._audio
        with self._explained():
            self._container.mux(packet)

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._abandon()
            return
        try:
            with self._explained():
                self._container.mux(self._video.encode(None))
                self._container.close()
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the first error is the one to tell
            self._container.close()
        if self._path.is_file():  # never a device that somebody wrote to
            with contextlib.suppress(OSError):
                self._path.unlink()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (av.error.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise OutputError("the disk is full", where=self._path, do="Free some space and run again") from error
            if isinstance(error, PermissionError | FileNotFoundError | IsADirectoryError):
                raise OutputError(
                    f"cannot write the clip ({reason})", where=self._path, do="Choose a folder that can be written"
                ) from error
            raise RenderError(f"cannot encode the clip ({reason})", where=self._path) from error
