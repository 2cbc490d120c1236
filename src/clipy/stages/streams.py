"""Frames and sound on their way through pizzazz, checked as they pass (``clipy.contract``)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np

from clipy.context import Context
from clipy.contract import Broken, naming
from clipy.media.frame import AudioBlock, Frame
from clipy.stages.base import Pizzazz
from clipy.types import Edit, Seconds

T = TypeVar("T")
N = TypeVar("N")


class _Given(Generic[T, N]):
    """What an effect takes: it remembers of each item what must come out again, and what failed before the effect."""

    def __init__(self, source: Iterator[T], note: Callable[[T], N]) -> None:
        self.waiting: deque[N] = deque()
        self.failed: Exception | None = None
        self._source, self._note = source, note
        self.items = self._passed_on()

    def _passed_on(self) -> Iterator[T]:
        try:
            for item in self._source:
                self.waiting.append(self._note(item))
                yield item
        except Exception as error:
            self.failed = error
            raise

    def drain(self) -> None:
        """Take what the effect left."""
        for item in self._source:
            self.waiting.append(self._note(item))


def with_frame_effects(
    frames: Iterator[Frame], edit: Edit, pizzazz: Sequence[Pizzazz], ctx: Context
) -> Iterator[Frame]:
    """A clip's frames through every pizzazz that draws; the very stream when none does."""
    for effect in pizzazz:
        if type(effect).frames is not Pizzazz.frames:
            frames = frames_through(effect, frames, edit, ctx)
    return frames


def with_sound_effects(
    sound: Iterator[AudioBlock], edit: Edit, pizzazz: Sequence[Pizzazz], ctx: Context
) -> Iterator[AudioBlock]:
    """A clip's sound through every pizzazz that changes it."""
    for effect in pizzazz:
        if type(effect).audio is not Pizzazz.audio:
            sound = sound_through(effect, sound, edit, ctx)
    return sound


def frames_through(effect: Pizzazz, source: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
    """The clip's frames with an effect on them: as many, at the same times, of the same size, or ContractError."""
    given = _Given(source, lambda frame: frame.time)
    with naming(effect):
        stream = effect.frames(given.items, edit, ctx)
    return source if stream is given.items else _checked_frames(effect, given, stream, edit)


def sound_through(effect: Pizzazz, source: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
    """The clip's sound with an effect on it: as long, of the same kind, finite, or ContractError."""
    given = _Given(source, lambda block: (block.rate, *block.samples.shape))
    with naming(effect):
        stream = effect.audio(given.items, edit, ctx)
    return source if stream is given.items else _checked_sound(effect, given, stream)


def _checked_frames(
    effect: Pizzazz, given: _Given[Frame, Seconds], stream: Iterator[Frame], edit: Edit
) -> Iterator[Frame]:
    for frame in _each(effect, given, stream):
        with naming(effect):
            if not isinstance(frame, Frame):
                raise Broken("frames", type(frame).__name__)
            if not given.waiting:
                raise Broken("as many frames as it was given", "one more")
            due = given.waiting.popleft()
            if frame.time != due:
                raise Broken(f"the frame of {float(due):.3f} s", f"one of {float(frame.time):.3f} s")
            problem = frame.problem(edit.crop.width, edit.crop.height)
            if problem:
                raise Broken(f"uint8 frames of {edit.crop.width}x{edit.crop.height}", problem)
        yield frame
    given.drain()
    if given.waiting:
        with naming(effect):
            raise Broken("as many frames as it was given", f"{len(given.waiting)} fewer")


def _checked_sound(
    effect: Pizzazz, given: _Given[AudioBlock, tuple[int, ...]], stream: Iterator[AudioBlock]
) -> Iterator[AudioBlock]:
    taken, made, rate, channels = 0, 0, 0, 0
    for block in _each(effect, given, stream):
        while given.waiting:
            rate, channels, count = given.waiting.popleft()
            taken += count
        with naming(effect):
            _check_block(block, rate, channels, made)
            made += block.samples.shape[1]
        yield block
    given.drain()
    taken += sum(count for _, _, count in given.waiting)
    if made != taken:
        with naming(effect):
            raise Broken(f"as many samples as it was given ({taken})", str(made))


def _check_block(block: object, rate: int, channels: int, made: int) -> None:
    if not isinstance(block, AudioBlock):
        raise Broken("blocks of sound", type(block).__name__)
    samples = block.samples
    if samples.ndim != 2 or samples.shape[0] != channels or samples.dtype != np.float32 or block.rate != rate:
        came = f"{samples.dtype} of shape {samples.shape} at {block.rate} Hz"
        raise Broken(f"float32 sound of shape ({channels}, n) at {rate} Hz", came)
    if not np.isfinite(samples).all():
        raise Broken("samples that are finite numbers", f"NaN or infinity in the block at {float(block.time):.2f} s")
    if abs(block.time - Fraction(made, rate)) >= Fraction(1, rate):
        raise Broken(f"the block of {made / rate:.3f} s", f"one of {float(block.time):.3f} s")


def _each(effect: Pizzazz, given: _Given[T, N], stream: Iterator[T]) -> Iterator[T]:
    """The items of an effect's stream; what fails in the effect itself is reported with its name."""
    with naming(effect):
        stream = iter(stream)
    while True:
        try:
            item = next(stream)
        except StopIteration:
            return
        except Exception as error:
            if error is given.failed:
                raise
            with naming(effect):
                raise
        yield item
