"""What every renderer of MP4 files shares: one decode, one resample, one encode. The encoder is each one's own."""

from __future__ import annotations

import errno
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from clipy.context import Context
from clipy.errors import ConfigError, OutputError, RenderError
from clipy.media.aac import Packet
from clipy.media.encoding import Encoding
from clipy.media.frame import Frame
from clipy.media.opencv import few_opencv_threads
from clipy.media.read_ahead import ReadAhead
from clipy.media.write import Mp4Writer
from clipy.stages.base import Pizzazz, Renderer
from clipy.stages.render.encoding.frames import STANDARD_RATES, clip_frames, output_rate
from clipy.stages.render.encoding.soundtrack import Soundtrack
from clipy.types import Edit, Video

Quality = Literal["draft", "good", "best"]

_WAITING = 5  # frames between two threads: 3 MB each, enough for one to be slow for a moment
_NEAR = 0.002  # relative difference within which a rate that a person typed means a standard one


class Mp4(Renderer):
    """H.264, AAC, 4:2:0, BT.709, constant frame rate, loudness normalised, ready to stream.

    Decoding and scaling run in one thread, pizzazz in another, encoding in the caller's; a few frames wait between
    them, so memory does not grow with the clip.
    """

    class Options(Renderer.Options):
        quality: Quality = Field(
            "good", description="How much time the encoder takes: draft for a look, good for publishing, best to keep."
        )
        frame_rate: float | None = Field(
            None, ge=1, le=60, description="Frames a second; left out, the source's own, as the nearest standard rate."
        )
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Loudness of the clip in LUFS.")
        true_peak: float = Field(-1.0, ge=-10, le=0, description="Highest peak of the sound in dBTP.")

    options: Options
    needs: ClassVar[str]  # for a person: what encodes

    @abstractmethod
    def encoding(self, width: int, height: int, rate: Fraction) -> Encoding:
        """The encoder and its options for pictures of a size at a rate, at the quality that was asked for."""

    def check(self) -> None:
        problem = self.encoding(1080, 1920, Fraction(30)).problem()
        if problem:
            raise ConfigError(
                f"render.backend = {self.name!r} needs {self.needs}; none can be used here ({problem})",
                do="Check the graphics driver, or take the encoder that runs everywhere: --set render.backend=x264",
            )

    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        rate = self._rate(video)
        count = round(edit.duration * rate)
        if count < 1:
            raise RenderError(
                f"the clip is {float(edit.duration):.3f} s long: less than one frame", where=video.path.name
            )
        encoding = self.encoding(edit.crop.width, edit.crop.height, rate)
        try:
            with ExitStack() as stack:
                stack.enter_context(few_opencv_threads())
                track = stack.enter_context(self._soundtrack(video, edit, pizzazz, ctx, count / rate))
                writer = stack.enter_context(Mp4Writer(path, edit.crop.width, edit.crop.height, rate, encoding))
                frames = self._frames(video, edit, pizzazz, ctx, rate, count, encoding.threads, stack)
                _interleave(writer, frames, count, track, ctx)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise OutputError("the disk is full", where=ctx.work, do="Free some space and run again") from error
            raise RenderError(f"cannot render the clip ({error.strerror or error})", where=path) from error

    def _rate(self, video: Video) -> Fraction:
        wanted = self.options.frame_rate
        if wanted is None:
            return output_rate(video.frame_rate)
        near = min(STANDARD_RATES, key=lambda rate: abs(float(rate) - wanted))
        return near if abs(float(near) / wanted - 1) <= _NEAR else Fraction(wanted).limit_denominator(1001)

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

    def _frames(
        self,
        video: Video,
        edit: Edit,
        pizzazz: tuple[Pizzazz, ...],
        ctx: Context,
        rate: Fraction,
        count: int,
        threads: int,
        stack: ExitStack,
    ) -> Iterator[Frame]:
        """The clip's frames with every effect on them; their threads end with ``stack``."""
        source = clip_frames(video, edit, rate, count, threads)
        frames = stack.enter_context(ReadAhead(source, _WAITING, name="clipy-pictures"))
        effects = [effect for effect in pizzazz if type(effect).frames is not Pizzazz.frames]
        if not effects:
            return frames
        for effect in effects:
            frames = effect.frames(frames, edit, ctx)
        return stack.enter_context(ReadAhead(_planar(frames), _WAITING, name="clipy-pizzazz"))


def _planar(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Convert what an effect left as RGB here, in the effects' thread."""
    for frame in frames:
        _ = frame.planes
        yield frame


def _interleave(writer: Mp4Writer, frames: Iterator[Frame], count: int, track: Soundtrack, ctx: Context) -> None:
    """Write pictures and sound as they advance together; exactly ``count`` pictures."""
    packets: Iterator[Packet] | None = None
    written = 0
    for frame in frames:
        if written == count:
            raise RenderError("a pizzazz returned more frames than it was given", do="It must return as many")
        writer.picture(frame.planes)
        written += 1
        if packets is None and track.ready:
            packets = track.packets()
        while packets is not None and writer.sound_time < writer.time:
            packet = next(packets, None)
            if packet is None:
                break
            writer.sound(packet)
        if written == count or written % max(1, count // 100) == 0:
            ctx.report("rendering", written / count)
    if written < count:
        raise RenderError(f"a pizzazz returned {written} frames of {count}", do="It must return as many as it is given")
    for packet in track.packets() if packets is None else packets:
        writer.sound(packet)
