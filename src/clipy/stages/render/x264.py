"""``render = "x264"``: one decode, one resample, one encode, into an MP4 that plays everywhere."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import Field

from clipy.context import Context
from clipy.errors import OutputError, RenderError
from clipy.media.ahead import Ahead
from clipy.media.frame import Frame
from clipy.media.write import Writer
from clipy.stages.base import Pizzazz, Renderer
from clipy.stages.render.pictures import STANDARD_RATES, clip_frames, output_rate
from clipy.stages.render.soundtrack import Soundtrack
from clipy.types import Edit, Video

# Measured on 1080x1920: veryfast at 18 looks like fast at 20 for half the time; crf is not comparable across presets.
_QUALITY = {"draft": ("superfast", 22), "good": ("veryfast", 18), "best": ("medium", 18)}
_NEAR = 0.002  # relative difference within which a rate that a person typed means a standard one


class X264(Renderer):
    """H.264 by x264, AAC, 4:2:0, BT.709, constant frame rate, loudness normalised, ready to stream.

    Decoding and scaling run in one thread, pizzazz in another, encoding in the caller's; a few frames wait between
    them, so memory does not grow with the clip.
    """

    class Options(Renderer.Options):
        quality: Literal["draft", "good", "best"] = Field(
            "good", description="How much time the encoder takes: draft for a look, good for publishing, best to keep."
        )
        frame_rate: float | None = Field(
            None, ge=1, le=60, description="Frames a second; left out, the source's own, as the nearest standard rate."
        )
        loudness: float = Field(-14.0, ge=-40, le=-5, description="Loudness of the clip in LUFS.")
        true_peak: float = Field(-1.0, ge=-10, le=0, description="Highest peak of the sound in dBTP.")
        threads: int = Field(0, ge=0, le=64, description="Threads of the encoder and the decoder; 0 lets them choose.")

    options: Options

    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        rate = self._rate(video)
        count = round(edit.duration * rate)
        if count < 1:
            raise RenderError(
                f"the clip is {float(edit.duration):.3f} s long: less than one frame", where=video.path.name
            )
        preset, crf = _QUALITY[self.options.quality]
        try:
            with ExitStack() as stack:
                track = stack.enter_context(self._soundtrack(video, edit, pizzazz, ctx, count / rate))
                writer = stack.enter_context(
                    Writer(
                        path,
                        edit.crop.width,
                        edit.crop.height,
                        rate,
                        preset=preset,
                        crf=crf,
                        threads=self.options.threads,
                    )
                )
                frames = self._frames(video, edit, pizzazz, ctx, rate, count, stack)
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
        ctx.report("mixing sound", 0.0)
        return Soundtrack(
            video,
            edit,
            pizzazz,
            ctx,
            duration=duration,
            loudness=self.options.loudness,
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
        stack: ExitStack,
    ) -> Iterator[Frame]:
        """The clip's frames with every effect on them; their threads end with ``stack``."""
        source = clip_frames(video, edit, rate, count, self.options.threads)
        frames = stack.enter_context(Ahead(source, name="clipy-pictures"))
        effects = [effect for effect in pizzazz if type(effect).frames is not Pizzazz.frames]
        if not effects:
            return frames
        for effect in effects:
            frames = effect.frames(frames, edit, ctx)
        return stack.enter_context(Ahead(_planar(frames), name="clipy-pizzazz"))


def _planar(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Convert what an effect left as RGB here, in the effects' thread."""
    for frame in frames:
        _ = frame.planes
        yield frame


def _interleave(writer: Writer, frames: Iterator[Frame], count: int, track: Soundtrack, ctx: Context) -> None:
    """Write pictures and sound as they advance together; exactly ``count`` pictures."""
    blocks = track.blocks()
    written = 0
    for frame in frames:
        if written == count:
            raise RenderError("a pizzazz returned more frames than it was given", do="It must return as many")
        writer.picture(frame.planes)
        written += 1
        while writer.sound_time < writer.time:
            block = next(blocks, None)
            if block is None:
                break
            writer.sound(block)
        if written == count or written % max(1, count // 100) == 0:
            ctx.report("rendering", written / count)
    if written < count:
        raise RenderError(f"a pizzazz returned {written} frames of {count}", do="It must return as many as it is given")
    for block in blocks:
        writer.sound(block)
