"""Transitions: how a clip begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from clipy.context import Context
from clipy.errors import ConfigError
from clipy.media.frame import AudioBlock, Frame, Plane, Planes, rgb_to_yuv
from clipy.stages.base import Pizzazz
from clipy.storage.store import file_digest
from clipy.types import Edit, Seconds, Video, seconds
from clipy.typography.brand import HEX, colour_of

Kind = Literal["none", "fade", "slide", "wipe"]
_MOST = Fraction(1, 3)  # of a clip that a transition may take


class Transitions(Pizzazz):
    """An intro and an outro over the clip's own first and last moments: it gets no longer. The sound goes along."""

    class Options(Pizzazz.Options):
        intro: Kind = Field("fade", description="How the clip comes: none, fade, slide (from below), wipe (sideways).")
        outro: Kind = Field("fade", description="How the clip goes: none, fade, slide (upwards), wipe (sideways).")
        duration: float = Field(0.4, gt=0, le=5, description="Length of each, in seconds.")
        color: str = Field("#000000", pattern=HEX, description="What is there before and after, as #rrggbb.")
        image: Path | None = Field(None, description="A picture instead of the colour; it covers the whole output.")
        sound: bool = Field(True, description="Fade the sound with the picture.")

    options: Options

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Nothing to decide; but a picture that cannot be read is refused here, before the rendering."""
        if self.options.image is not None:
            _picture(self.options.image)
        return edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        if self.options.intro == self.options.outro == "none":
            return frames
        return self._drawn(frames, edit)

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        if not self.options.sound or self.options.intro == self.options.outro == "none":
            return audio
        return self._faded(audio, edit)

    def identity(self) -> dict[str, object]:
        """Without paths: what the files hold counts, and ``weights`` tells."""
        options = self.options.model_dump(mode="json", exclude={"image"})
        return {**super().identity(), "options": options}

    def input_digests(self) -> tuple[str, ...]:
        """The picture."""
        image = self.options.image
        return () if image is None or not image.is_file() else (file_digest(image),)

    def _length(self, edit: Edit) -> Seconds:
        return min(seconds(self.options.duration), edit.duration * _MOST)

    def _drawn(self, frames: Iterator[Frame], edit: Edit) -> Iterator[Frame]:
        length, cover = self._length(edit), None
        for frame in frames:
            coming, going = frame.time / length, (edit.duration - frame.time) / length
            kind, share = (self.options.intro, coming) if coming < going else (self.options.outro, going)
            if kind != "none" and share < 1:
                cover = cover or self._cover(frame.width, frame.height)
                _blend(frame, cover, kind, _eased(float(share)), ending=coming >= going)
            yield frame

    def _faded(self, audio: Iterator[AudioBlock], edit: Edit) -> Iterator[AudioBlock]:
        length = float(self._length(edit))
        come, go = self.options.intro != "none", self.options.outro != "none"
        for block in audio:
            times = float(block.time) + np.arange(block.samples.shape[1]) / block.rate
            ends = float(edit.duration) - times
            near = min(times[0] if come else length, ends[-1] if go else length) if len(times) else length
            if near >= length:
                yield block
                continue
            gain = np.ones(len(times))
            if come:
                gain *= np.clip(times / length, 0, 1)
            if go:
                gain *= np.clip(ends / length, 0, 1)
            yield AudioBlock(block.time, (block.samples * np.sin(gain * np.pi / 2)).astype(np.float32), block.rate)

    def _cover(self, width: int, height: int) -> Planes:
        """What is there before and after the clip."""
        if self.options.image is None:
            return rgb_to_yuv(np.full((height, width, 3), colour_of(self.options.color), np.uint8))
        picture = _picture(self.options.image)
        scale = max(width / picture.shape[1], height / picture.shape[0])
        size = [max(side, round(own * scale)) for side, own in ((width, picture.shape[1]), (height, picture.shape[0]))]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        drawn = cv2.resize(picture, size, interpolation=how)
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return rgb_to_yuv(np.ascontiguousarray(drawn[top : top + height, left : left + width], np.uint8))


def _blend(frame: Frame, cover: Planes, kind: Kind, share: float, *, ending: bool) -> None:
    """Show ``share`` of the frame and the rest of the cover, in place."""
    for plane, over, step in zip(frame.planes, cover, (1, 2, 2), strict=True):
        high, wide = plane.shape
        if kind == "fade":
            plane[:] = cv2.addWeighted(plane, share, over, 1 - share, 0)
        elif kind == "slide":
            moved = round(frame.height * (1 - share) / 2) * 2 // step
            shown = plane[moved:].copy() if ending else plane[: high - moved].copy()
            plane[:] = over
            target = plane[: high - moved] if ending else plane[moved:]
            target[:] = shown
        else:
            edge = round(frame.width * share / 2) * 2 // step
            hidden = slice(0, wide - edge) if ending else slice(edge, wide)
            plane[:, hidden] = over[:, hidden]


def _picture(path: Path) -> Plane:
    """A picture as (h, w, 3) RGB. Raises ConfigError."""
    data = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    found = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if found is None:
        raise ConfigError("cannot read the picture of the transition", where=path, do="Use a PNG, JPEG or WebP file")
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


def _eased(share: float) -> float:
    part = min(1.0, max(0.0, share))
    return part * part * (3 - 2 * part)
