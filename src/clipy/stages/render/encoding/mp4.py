"""The base class of renderers of MP4 files: one decode, one resample, one encode. Subclasses choose the encoder."""

from __future__ import annotations

import errno
import logging
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

import av
from pydantic import ByteSize, Field

from clipy.analysis.clip_qc.inspection import keep_measured, keep_measured_again
from clipy.context import Context
from clipy.errors import ConfigError, OutputError, RenderError
from clipy.media.aac import Packet
from clipy.media.checks.video_metrics import FrameMeter
from clipy.media.encoding import Encoding
from clipy.media.frame import Frame
from clipy.media.opencv import few_opencv_threads
from clipy.media.read_ahead import ReadAhead
from clipy.media.write import Mp4Writer, replace_sound
from clipy.stages.base import Pizzazz, Renderer
from clipy.stages.render.encoding.frames import STANDARD_RATES, clip_frames, output_rate
from clipy.stages.render.encoding.size_limit import bit_rate_caps, capped
from clipy.stages.render.encoding.soundtrack import Soundtrack
from clipy.stages.streams import with_frame_effects
from clipy.types import Clip, Edit, Video

log = logging.getLogger(__name__)
Quality = Literal["draft", "good", "best"]

_QUEUE_SIZE = 5  # frames of 3 MB between two threads: absorbs short delays of either
_TOLERANCE = 0.002  # relative difference within which a configured frame rate counts as a standard one


@dataclass(frozen=True, slots=True)
class _Task:
    """One file to write: ``count`` frames at ``rate``."""

    video: Video
    edit: Edit
    pizzazz: tuple[Pizzazz, ...]
    path: Path
    ctx: Context
    rate: Fraction
    count: int


class Mp4(Renderer):
    """H.264, AAC, 4:2:0, BT.709, constant frame rate, normalized loudness, fast start.

    Decoding and scaling run in one thread, pizzazz in another, encoding in the caller's. Only a few frames are queued
    between them, so memory does not grow with the clip.
    """

    class Options(Renderer.Options):
        quality: Quality = Field(
            "good", description="Encoding effort: draft for previews, good for publishing, best for archiving."
        )
        frame_rate: float | None = Field(
            None, ge=1, le=60, description="Frames per second. Default: the standard rate closest to the source's."
        )
        max_size: ByteSize | None = Field(
            None, description="Largest file, such as 300MB; where a clip would be larger, its quality is lowered."
        )
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Integrated loudness of the clip, in LUFS.")
        true_peak: float = Field(-1.0, ge=-10, le=0, description="Maximum true peak of the sound, in dBTP.")

    options: Options
    needs: ClassVar[str]  # hardware or software that the encoder requires, for error messages

    @abstractmethod
    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        """The encoder settings for a frame size (pixels) and rate at ``options.quality``."""

    def capped(self, encoding: Encoding, cap: int) -> Encoding:
        """The settings with the bit rate of the picture limited to ``cap`` bits per second, for ``max_size``."""
        return capped(encoding, cap)

    def check(self) -> None:
        reason = self.encoding(1080, 1920, Fraction(30)).unavailable_reason()
        if reason:
            raise ConfigError(
                f"render.backend = {self.name!r} needs {self.needs}, which is not available here ({reason})",
                do="Check the graphics driver, or use the encoder that runs everywhere: --set render.backend=x264",
            )

    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        rate = self._rate(video)
        count = round(edit.duration * rate)
        if count < 1:
            raise RenderError(
                f"the clip is {float(edit.duration):.3f} s long, less than one frame", where=video.path.name
            )
        try:
            with few_opencv_threads():
                self._write_small_enough(_Task(video, edit, pizzazz, path, ctx, rate, count))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise OutputError("the disk is full", where=ctx.work, do="Free some space and run again") from error
            raise RenderError(f"cannot render the clip ({error.strerror or error})", where=path) from error

    def render_sound(
        self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], earlier: Clip, path: Path, ctx: Context
    ) -> None:
        """Copy the pictures as they are coded."""
        rate = self._rate(video)
        duration = round(edit.duration * rate) / rate
        try:
            with self._soundtrack(video, edit, pizzazz, ctx, duration) as track:
                replace_sound(earlier.path, path, track.packets())
        except (av.error.FFmpegError, OSError) as error:
            raise RenderError(f"cannot copy the clip's pictures ({error.strerror or error})", where=path) from error
        if ctx.reviewed:
            keep_measured_again(path, earlier.path, ctx)

    def _write_small_enough(self, task: _Task) -> None:
        limit, path = self.options.max_size, task.path
        write = self._write_measured if task.ctx.reviewed else self._write
        for encoding in self._encodings(task.edit, task.rate, limit):
            write(task, encoding)
            if limit is None or path.stat().st_size <= limit:
                return
            log.info("The clip has %.1f MB, more than it may: it is encoded again.", path.stat().st_size / 1e6)
        raise RenderError(
            "the encoder does not keep to render.max_size",
            where=path,
            do="Raise it, or choose another encoder: --set render.backend=x264",
        )

    def _encodings(self, edit: Edit, rate: Fraction, limit: int | None) -> Iterator[Encoding]:
        """Settings to try in turn until the file is small enough."""
        width, height = edit.crop.width, edit.crop.height
        encoding = self.encoding(width, height, rate)
        if limit is None:
            yield encoding
            return
        for cap in bit_rate_caps(limit, edit.duration, width, height, rate):
            yield self.capped(encoding, cap)

    def _write_measured(self, task: _Task, encoding: Encoding) -> None:
        """Measure the frames for the review while they are encoded, so that it need not decode them."""
        with tempfile.TemporaryDirectory(dir=task.ctx.work) as folder:
            proxy = Path(folder) / "proxy.mp4"
            with FrameMeter(proxy, task.edit.crop.width, task.edit.crop.height) as meter:
                self._write(task, encoding, meter)
            keep_measured(task.path, meter.metrics(task.rate), proxy, task.ctx)

    def _write(self, task: _Task, encoding: Encoding, meter: FrameMeter | None = None) -> None:
        edit, ctx, rate, count = task.edit, task.ctx, task.rate, task.count
        with ExitStack() as stack:
            track = stack.enter_context(self._soundtrack(task.video, edit, task.pizzazz, ctx, count / rate))
            writer = stack.enter_context(Mp4Writer(task.path, edit.crop.width, edit.crop.height, rate, encoding))
            frames = self._frames(task, encoding.threads, stack)
            _interleave(writer, frames if meter is None else _measured(frames, rate, meter), count, track, ctx)

    def _rate(self, video: Video) -> Fraction:
        configured = self.options.frame_rate
        if configured is None:
            return output_rate(video.frame_rate)
        nearest = min(STANDARD_RATES, key=lambda rate: abs(float(rate) - configured))
        is_standard = abs(float(nearest) / configured - 1) <= _TOLERANCE
        return nearest if is_standard else Fraction(configured).limit_denominator(1001)

    def _soundtrack(
        self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], ctx: Context, duration: Fraction
    ) -> Soundtrack:
        return Soundtrack(
            video,
            edit,
            pizzazz,
            ctx,
            duration=duration,
            loudness=self.options.loudness + edit.gain,
            true_peak=self.options.true_peak,
        )

    def _frames(self, task: _Task, threads: int, stack: ExitStack) -> Iterator[Frame]:
        """The clip's frames with all effects applied; their threads end with ``stack``."""
        source = clip_frames(task.video, task.edit, task.rate, task.count, threads)
        frames = stack.enter_context(ReadAhead(source, _QUEUE_SIZE, name="clipy-pictures"))
        drawn = with_frame_effects(frames, task.edit, task.pizzazz, task.ctx)
        if drawn is frames:
            return frames
        frames = drawn
        return stack.enter_context(ReadAhead(_to_yuv(frames), _QUEUE_SIZE, name="clipy-pizzazz"))


def _to_yuv(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Convert frames that an effect left as RGB in the effects' thread rather than in the encoder's."""
    for frame in frames:
        _ = frame.planes
        yield frame


def _measured(frames: Iterator[Frame], rate: Fraction, meter: FrameMeter) -> Iterator[Frame]:
    """Pass the finished frames on to the encoder, measured."""
    for index, frame in enumerate(frames):
        meter.add(index / rate, frame.planes)
        yield frame


def _interleave(writer: Mp4Writer, frames: Iterator[Frame], count: int, track: Soundtrack, ctx: Context) -> None:
    """Write exactly ``count`` frames, and the sound interleaved with them."""
    packets: Iterator[Packet] | None = None
    written = 0
    for frame in frames:
        if written == count:
            raise RenderError("a pizzazz returned more frames than it received", do="It must return as many")
        writer.write_frame(frame.planes)
        written += 1
        if packets is None and track.ready:
            packets = track.packets()
        while packets is not None and writer.audio_time < writer.video_time:
            packet = next(packets, None)
            if packet is None:
                break
            writer.write_audio(packet)
        if written == count or written % max(1, count // 100) == 0:
            ctx.report("rendering", written / count)
    if written < count:
        raise RenderError(f"a pizzazz returned {written} of {count} frames", do="It must return as many as it receives")
    for packet in track.packets() if packets is None else packets:
        writer.write_audio(packet)
