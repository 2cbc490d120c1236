"""``pizzazz = "transitions"``: the intro and outro of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.geometry import smoothstep
from clipy.media.frame import AudioBlock, Frame, Planes, rgb_to_yuv
from clipy.media.opencv import read_image
from clipy.stages.base import Pizzazz
from clipy.storage.store import file_digest
from clipy.types import Edit, Seconds, Video, seconds
from clipy.typography.brand import HEX_COLOR, parse_color

Kind = Literal["none", "fade", "slide", "wipe"]
_MAX_SHARE = Fraction(1, 3)  # of the clip's duration, for each transition


class Transitions(Pizzazz):
    """An intro and an outro over the clip's own first and last moments, which add nothing to its duration."""

    digested_options: ClassVar[frozenset[str]] = frozenset(("image",))

    class Options(Pizzazz.Options):
        intro: Kind = Field("fade", description="Intro: none, fade, slide (from below) or wipe (sideways).")
        outro: Kind = Field("fade", description="Outro: none, fade, slide (upwards) or wipe (sideways).")
        duration: float = Field(0.4, gt=0, le=5, description="Duration of each, in seconds.")
        color: str = Field("#000000", pattern=HEX_COLOR, description="Color before and after the clip, as #rrggbb.")
        image: Path | None = Field(None, description="Image to use instead of the color; scaled to cover the output.")
        sound: bool = Field(True, description="Fade the sound together with the picture.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Nothing to decide; raises ConfigError for an unreadable image before rendering starts."""
        if self.options.image is not None:
            read_image(self.options.image, cv2.IMREAD_COLOR)
        return edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.options.intro == self.options.outro == "none":
            return frames
        return self._draw(frames, edit)

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if not self.options.sound or self.options.intro == self.options.outro == "none":
            return audio
        return self._fade(audio, edit)

    def input_digests(self) -> tuple[str, ...]:
        """The image."""
        image = self.options.image
        return () if image is None or not image.is_file() else (file_digest(image),)

    def _duration(self, edit: Edit) -> Seconds:
        return min(seconds(self.options.duration), edit.duration * _MAX_SHARE)

    def _draw(self, frames: Iterator[Frame], edit: Edit) -> Iterator[Frame]:
        duration, cover = self._duration(edit), None
        for frame in frames:
            since_start, until_end = frame.time / duration, (edit.duration - frame.time) / duration
            is_outro = since_start >= until_end
            kind, progress = (self.options.outro, until_end) if is_outro else (self.options.intro, since_start)
            if kind != "none" and progress < 1:
                cover = cover or self._cover(frame.width, frame.height)
                _blend(frame, cover, kind, smoothstep(float(progress)), is_outro=is_outro)
            yield frame

    def _fade(self, audio: Iterator[AudioBlock], edit: Edit) -> Iterator[AudioBlock]:
        duration = float(self._duration(edit))
        has_intro, has_outro = self.options.intro != "none", self.options.outro != "none"
        for block in audio:
            times = float(block.time) + np.arange(block.samples.shape[1]) / block.rate
            remaining = float(edit.duration) - times
            gain = np.ones(len(times))
            if has_intro:
                gain *= np.clip(times / duration, 0, 1)
            if has_outro:
                gain *= np.clip(remaining / duration, 0, 1)
            if (gain == 1).all():
                yield block
                continue
            yield AudioBlock(block.time, (block.samples * np.sin(gain * np.pi / 2)).astype(np.float32), block.rate)

    def _cover(self, width: int, height: int) -> Planes:
        """The picture before and after the clip."""
        if self.options.image is None:
            return rgb_to_yuv(np.full((height, width, 3), parse_color(self.options.color), np.uint8))
        image = cv2.cvtColor(read_image(self.options.image, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        scale = max(width / image.shape[1], height / image.shape[0])
        size = [max(side, round(own * scale)) for side, own in ((width, image.shape[1]), (height, image.shape[0]))]
        resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return rgb_to_yuv(np.ascontiguousarray(resized[top : top + height, left : left + width], np.uint8))


def _blend(frame: Frame, cover: Planes, kind: Kind, visible: float, *, is_outro: bool) -> None:
    """Show the share ``visible`` (0..1) of the frame and the cover elsewhere, in place."""
    for plane, covering, step in zip(frame.planes, cover, (1, 2, 2), strict=True):
        height, width = plane.shape
        if kind == "fade":
            plane[:] = cv2.addWeighted(plane, visible, covering, 1 - visible, 0)
        elif kind == "slide":
            offset = round(frame.height * (1 - visible) / 2) * 2 // step
            shown = plane[offset:].copy() if is_outro else plane[: height - offset].copy()
            plane[:] = covering
            target = plane[: height - offset] if is_outro else plane[offset:]
            target[:] = shown
        else:
            edge = round(frame.width * visible / 2) * 2 // step
            hidden = slice(0, width - edge) if is_outro else slice(edge, width)
            plane[:, hidden] = covering[:, hidden]
