"""The sound of a clip: the kept spans joined without clicks, through every pizzazz, and brought to one loudness."""

from __future__ import annotations

import logging
import math
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from clipy.context import Context
from clipy.errors import RenderError
from clipy.media.frame import AudioBlock
from clipy.media.loudness import amplitude, limited, measure
from clipy.media.read import sound
from clipy.media.write import SAMPLE_RATE as RATE
from clipy.media.write import as_heard
from clipy.stages.base import Pizzazz
from clipy.types import Edit, Span, Video

log = logging.getLogger(__name__)

_PATIENCE = 0.2  # seconds between looks at the keyboard while waiting
_FADE = RATE // 125  # samples (8 ms): long enough for no click, too short to hear
_BLOCK = RATE // 10
_LOUDEST_GAIN = 30.0  # dB; more would only bring up noise
_MAKE_UP = 3.0  # dB at most that are given back for what the limiter took
_NEAR = 0.2  # LU off the target that nobody hears
_ENCODER_ROOM = 0.3  # dB by which AAC usually raises a peak
_TRIES = 4  # at keeping the peaks down when AAC raises them by more
_SAFE = 3.0  # dB below the highest peak allowed, from which on nothing needs to be tried

Samples = NDArray[np.float32]


class _Unwanted(Exception):
    """Ends the making of sound that nobody waits for any more."""


class Soundtrack:
    """A clip's finished sound, stereo at 48 kHz. Use as ``with Soundtrack(...) as track: for block in track.blocks()``.

    It is made in a thread of its own, beside the pictures. The processed sound is kept in a nameless file while its
    loudness is measured, so every hook runs once and memory stays flat. It is cut or filled to ``duration`` seconds.
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
        self._level: _Level | BaseException | None = None
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
        """Whether ``blocks`` would answer at once. Raises what went wrong as soon as that is known."""
        if isinstance(self._level, BaseException):
            raise self._level
        return self._level is not None

    def blocks(self) -> Iterator[Samples]:
        """The sound in blocks of float32 (2, samples), ``round(duration * 48000)`` in all; waits until it is there."""
        while not self.ready:
            self._thread.join(_PATIENCE)
        assert isinstance(self._level, _Level)  # noqa: S101  ready() said so
        return self._level.applied(self._raw())

    def _make(self, stream: Iterator[NDArray[np.float32]]) -> None:
        try:
            for block in stream:
                self._file.write(block.tobytes())
                self._go_on()
            self._level = _level(self._raw, self._loudness, self._true_peak)
        except BaseException as error:  # noqa: BLE001  raised again where the sound is wanted
            self._level = error

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
        stream = _joined(video, edit)
        for effect in pizzazz:
            if type(effect).audio is not Pizzazz.audio:
                stream = effect.audio(stream, edit, ctx)
        given = 0
        for block in stream:
            if block.rate != RATE or block.samples.ndim != 2 or block.samples.shape[0] != 2:
                raise RenderError(
                    f"a pizzazz returned sound of shape {block.samples.shape} at {block.rate} Hz",
                    do=f"Sound must stay (2, samples) at {RATE} Hz",
                )
            samples = np.nan_to_num(block.samples[:, : self._wanted - given]).astype(np.float32, copy=False)
            given += samples.shape[1]
            yield np.ascontiguousarray(samples.T)
        if given < self._wanted:
            yield np.zeros((self._wanted - given, 2), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Level:
    """What brings a clip to its loudness: a gain in dB, and the peak (dBTP) to limit to where it would be passed."""

    gain: float
    ceiling: float | None = None

    def applied(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        factor = np.float32(amplitude(self.gain))
        louder = (block * factor for block in blocks)
        return louder if self.ceiling is None else limited(louder, RATE, self.ceiling)


def _level(raw: Callable[[], Iterator[Samples]], target: float, true_peak: float) -> _Level:
    """Measure, and decide so that the clip as players will hear it meets both targets."""
    found = measure(raw(), RATE)
    if found.integrated == -math.inf:
        log.info("the clip is silent, so its loudness is left alone")
        return _Level(0.0)
    gain = target - found.integrated
    if gain > _LOUDEST_GAIN:
        log.warning(
            "the sound is very quiet (%.0f LUFS): it is raised by %.0f dB, not to %.0f LUFS",
            found.integrated,
            _LOUDEST_GAIN,
            target,
        )
        gain = _LOUDEST_GAIN
    if found.true_peak + gain <= true_peak - _SAFE:
        return _Level(gain)
    return _limited_level(raw, gain, found.integrated + gain, true_peak)


def _limited_level(raw: Callable[[], Iterator[Samples]], gain: float, wanted: float, true_peak: float) -> _Level:
    """Limit, code as the clip will be coded, listen, and correct: AAC may raise peaks, the limiter takes loudness."""
    most, ceiling = gain + _MAKE_UP, true_peak - _ENCODER_ROOM
    taken = (
        wanted - measure(_Level(gain, ceiling).applied(raw()), RATE).integrated
    )  # by the limiter alone: cheap to ask
    gain = min(gain + max(0.0, taken), most)
    level, over = _Level(gain, ceiling), 0.0
    for _ in range(_TRIES):
        level = _Level(gain, ceiling)
        heard = measure(as_heard(level.applied(raw())), RATE)
        over = heard.true_peak - true_peak
        louder = min(gain + wanted - heard.integrated, most)
        if over <= 0 and louder - gain <= _NEAR:
            return level
        gain = max(gain, louder)
        ceiling -= over + _NEAR / 2 if over > 0 else 0.0
    if over > 0:
        log.warning("after coding, the sound peaks %.1f dB above the %.1f dBTP that were asked for", over, true_peak)
    return level


def _joined(video: Video, edit: Edit) -> Iterator[AudioBlock]:
    """The kept spans' sound one after the other, faded for a moment where they were cut; silence without a track."""
    if not video.audio:
        log.info("the source has no sound: the clip gets a silent track, which players and platforms expect")
    done = 0
    passed = Fraction(0)
    for index, span in enumerate(edit.keep):
        passed += span.duration
        begin, length = done, round(passed * RATE) - done
        joins_before = index > 0 and edit.keep[index - 1].end == span.start
        joins_after = index + 1 < len(edit.keep) and edit.keep[index + 1].start == span.end
        for block in _exactly(_sound(video, span), length):
            offset = done - begin
            faded = _faded(block, offset, length, fade_in=not joins_before, fade_out=not joins_after)
            yield AudioBlock(Fraction(done, RATE), faded, RATE)
            done += block.shape[1]


def _sound(video: Video, span: Span) -> Iterator[Samples]:
    return sound(video, span, rate=RATE, channels=2) if video.audio else iter(())


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
