"""Pictures and sound -> one MP4 that plays everywhere: H.264, AAC, BT.709, the index at the front."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from clipy.errors import OutputError, RenderError
from clipy.media.encoding import Encoding
from clipy.media.frame import Planes

SAMPLE_RATE = 48_000
AUDIO_BIT_RATE = 160_000
_BT709 = 1  # code of ITU-T H.273 for the matrix, the primaries and the curve alike
# The index at the front, and sound beside its pictures however late it comes (FFmpeg gives up on that after 10 s).
_MUXING = {"movflags": "+faststart", "max_interleave_delta": "0"}
_GROUP = 2  # seconds from one key frame to the next, at most


def as_heard(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """What AAC makes of sound: what a player will get from ``Writer.sound``. Peaks may rise by over 1 dB."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = AUDIO_BIT_RATE, Fraction(1, SAMPLE_RATE)
    encoder.open()
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.extradata
    position = 0
    for block in chain(blocks, (None,)):
        frame = None if block is None else _audio_frame(block, position)
        position += 0 if block is None else block.shape[1]
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(packet):
                yield np.asarray(decoded.to_ndarray(), dtype=np.float32)


def _audio_frame(samples: NDArray[np.float32], position: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), position
    return frame


def _fill(frame: av.VideoFrame, planes: Planes) -> None:
    targets: list[NDArray[Any]] = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype=np.uint8)  # type: ignore[call-overload]
        targets.append(rows.reshape(-1, plane.line_size)[: plane.height])
    if len(targets) == 2:  # NV12: U and V take turns
        targets = [targets[0], targets[1][:, 0::2], targets[1][:, 1::2]]
    for target, values in zip(targets, planes, strict=True):
        target[:, : values.shape[1]] = values


class Writer:
    """Use as ``with Writer(path, ...) as writer``; the file is complete when the block is left without an error.

    Pictures come at a constant ``rate`` from time 0, sound at 48 kHz in stereo from time 0. Hand in both as they
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
        self._layout = encoding.layout
        self._base = 1 / rate
        self._pictures, self._samples = 0, 0
        with self._explained():
            self._container = av.open(f"file:{path}", "w", format="mp4", options=_MUXING)
        try:
            with self._explained():
                self._video = self._add_video(rate, encoding)
                self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
                self._audio.bit_rate = AUDIO_BIT_RATE
                self._container.start_encoding()
        except BaseException:
            self._abandon()
            raise

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
        return Fraction(self._samples, SAMPLE_RATE)

    def picture(self, planes: Planes) -> None:
        """Append one picture: Y, U and V, BT.709 limited range."""
        if planes[0].shape != (self._height, self._width):
            high, wide = planes[0].shape
            raise RenderError(
                f"picture {self._pictures} is {wide}x{high} where {self._width}x{self._height} is written",
                where=self._path,
                do="A pizzazz must not change the size of frames",
            )
        frame = av.VideoFrame(self._width, self._height, self._layout)
        _fill(frame, planes)
        frame.pts, frame.time_base = self._pictures, self._base
        self._pictures += 1
        with self._explained():
            self._container.mux(self._video.encode(frame))

    def sound(self, samples: NDArray[np.float32]) -> None:
        """Append stereo sound: float32 (2, samples) in -1..1."""
        if samples.shape[1] == 0:
            return
        frame = _audio_frame(samples, self._samples)
        self._samples += samples.shape[1]
        with self._explained():
            self._container.mux(self._audio.encode(frame))

    def __enter__(self) -> Writer:
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
                self._container.mux(self._audio.encode(None))
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
