"""The sound of a clip: the kept spans joined without clicks, through every pizzazz, and brought to one loudness."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.media.aac import SAMPLE_RATE as RATE
from clipy.media.aac import Packet
from clipy.media.frame import AudioBlock
from clipy.media.loudness import integrated_loudness, to_decibels
from clipy.media.read import sound
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.loudness_normalization import levelled
from clipy.stages.streams import with_sound_effects
from clipy.types import Edit, Span, Video

log = logging.getLogger(__name__)

_PATIENCE = 0.2  # seconds between looks at the keyboard while waiting
_FADE = RATE // 125  # samples (8 ms): long enough for no click, too short to hear
_BLOCK = RATE // 10

Samples = NDArray[np.float32]


class _Unwanted(Exception):
    """Ends the making of sound that nobody waits for any more."""


class Soundtrack:
    """A clip's finished sound, coded. Use as ``with Soundtrack(...) as track: for packet in track.packets()``.

    It is made in a thread of its own, beside the pictures. The processed sound is kept in a nameless file until its
    loudness is known, so every hook runs once and memory stays flat. It is cut or filled to ``duration`` seconds.
    ``loudness`` (LUFS) and ``true_peak`` (dBTP) are the targets; silence stays silence.
    """

    def __init__(
        self,
        video: Video,
        edit: Edit,
        pizzazz: tuple[Pizzazz, ...],
        ctx: Context,
        *,
        duration: Fraction,
        loudness: float,
        true_peak: float,
    ) -> None:
        self._wanted = round(duration * RATE)
        self._loudness, self._true_peak = loudness, true_peak
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=ctx.work)  # noqa: SIM115  closed by __exit__
        self._highest = 0.0  # sample
        self._made: list[Packet] | BaseException | None = None
        self._stop = threading.Event()
        stream = self._processed(video, edit, pizzazz, ctx)
        self._thread = threading.Thread(target=self._make, args=(stream,), name="clipy-sound", daemon=True)

    def __enter__(self) -> Soundtrack:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._file.close()

    @property
    def ready(self) -> bool:
        """Whether ``packets`` would answer at once. Raises what went wrong as soon as that is known."""
        if isinstance(self._made, BaseException):
            raise self._made
        return self._made is not None

    def packets(self) -> Iterator[Packet]:
        """The sound as ``aac.coded`` packs it, ``round(duration * 48000)`` samples in all; waits until it is there."""
        while not self.ready:
            self._thread.join(_PATIENCE)
        assert isinstance(self._made, list)  # noqa: S101  ready() said so
        return iter(self._made)

    def _make(self, stream: Iterator[NDArray[np.float32]]) -> None:
        try:
            loudness = integrated_loudness(self._kept(stream), RATE)
            peak = to_decibels(self._highest)
            self._made = levelled(self._raw, loudness, peak, target=self._loudness, true_peak=self._true_peak)
        except BaseException as error:  # noqa: BLE001  raised again where the sound is wanted
            self._made = error

    def _kept(self, stream: Iterator[NDArray[np.float32]]) -> Iterator[Samples]:
        """Write the sound down as it goes by."""
        for block in stream:
            self._file.write(block.tobytes())
            self._go_on()
            self._highest = max(self._highest, float(np.abs(block).max(initial=0.0)))
            yield np.ascontiguousarray(block.T)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _Unwanted

    def _raw(self) -> Iterator[Samples]:
        self._file.seek(0)
        while data := self._file.read(_BLOCK * 8):
            self._go_on()
            yield np.ascontiguousarray(np.frombuffer(data, dtype=np.float32).reshape(-1, 2).T)

    def _processed(
        self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], ctx: Context
    ) -> Iterator[NDArray[np.float32]]:
        """Interleaved samples (n, 2), exactly as many as the clip is long."""
        given = 0
        for block in with_sound_effects(joined_sound(video, edit), edit, pizzazz, ctx):
            samples = block.samples[:, : self._wanted - given]
            given += samples.shape[1]
            yield np.ascontiguousarray(samples.T)
        if given < self._wanted:
            yield np.zeros((self._wanted - given, 2), dtype=np.float32)


def joined_sound(video: Video, edit: Edit) -> Iterator[AudioBlock]:
    """The kept spans' sound one after the other, faded for a moment where they were cut; silence without a track."""
    if not video.audio:
        log.info("the source has no sound: the clip gets a silent track, which players and platforms expect")
    sides = None if edit.sides is None else np.array(edit.sides, dtype=np.float32)
    done = 0
    passed = Fraction(0)
    for index, span in enumerate(edit.keep):
        passed += span.duration
        begin, length = done, round(passed * RATE) - done
        joins_before = index > 0 and edit.keep[index - 1].end == span.start
        joins_after = index + 1 < len(edit.keep) and edit.keep[index + 1].start == span.end
        for block in _exactly(_sound(video, span), length):
            offset = done - begin
            faded = _faded(
                block if sides is None else sides @ block,
                offset,
                length,
                fade_in=not joins_before,
                fade_out=not joins_after,
            )
            yield AudioBlock(Fraction(done, RATE), faded, RATE)
            done += block.shape[1]


def _sound(video: Video, span: Span) -> Iterator[Samples]:
    return sound(video, span, rate=RATE, channels=2, mix=video.clip_mix) if video.audio else iter(())


def _exactly(blocks: Iterator[Samples], length: int) -> Iterator[Samples]:
    """As many samples as asked for: cut off, or filled with silence."""
    given = 0
    for block in blocks:
        part = block[:, : length - given]
        given += part.shape[1]
        yield part
    while given < length:
        part = np.zeros((2, min(_BLOCK, length - given)), dtype=np.float32)
        given += part.shape[1]
        yield part


def _faded(block: Samples, offset: int, length: int, *, fade_in: bool, fade_out: bool) -> Samples:
    """A block that begins ``offset`` samples into a stretch of ``length``, with its share of the stretch's fades."""
    at = np.arange(offset, offset + block.shape[1])
    gain = np.ones(block.shape[1], dtype=np.float32)
    if fade_in and offset < _FADE:
        gain *= np.clip((at + 0.5) / _FADE, 0, 1).astype(np.float32)
    if fade_out and offset + block.shape[1] > length - _FADE:
        gain *= np.clip((length - at - 0.5) / _FADE, 0, 1).astype(np.float32)
    return block * gain
