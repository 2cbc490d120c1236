"""The soundtrack of a clip: the kept spans joined without clicks, through every pizzazz, normalized and encoded."""

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
from clipy.media.frame import AudioBlock, pad_or_trim
from clipy.media.loudness import integrated_loudness, to_decibels
from clipy.media.read import sound
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.loudness_normalization import normalize_loudness
from clipy.stages.streams import with_sound_effects
from clipy.types import Edit, Video

log = logging.getLogger(__name__)

_POLL_INTERVAL = 0.2  # seconds; a blocking join could not be interrupted by Ctrl-C
_FADE = RATE // 125  # samples (8 ms): long enough to avoid clicks, too short to hear
_BLOCK = RATE // 10

Samples = NDArray[np.float32]


class _Cancelled(Exception):
    """Stops the thread when the soundtrack is no longer needed."""


class Soundtrack:
    """A clip's finished sound as AAC. Use as ``with Soundtrack(...) as track: for packet in track.packets()``.

    It is made in a thread of its own, in parallel with the frames. The mix is kept in an unnamed temporary file until
    its loudness is known, so that every hook runs once and memory stays flat. It is trimmed or padded to ``duration``
    seconds. ``loudness`` (LUFS) and ``true_peak`` (dBTP) are the targets; silence stays silence.
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
        self._loudness, self._true_peak = loudness, true_peak
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=ctx.work)  # noqa: SIM115  closed by __exit__
        self._peak = 0.0  # amplitude
        self._result: list[Packet] | BaseException | None = None
        self._stop = threading.Event()
        mix = (block.samples for block in with_sound_effects(joined_sound(video, edit), edit, pizzazz, ctx))
        stream = pad_or_trim(mix, round(duration * RATE))
        self._thread = threading.Thread(target=self._run, args=(stream,), name="clipy-sound", daemon=True)

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
        """Whether ``packets`` would return without waiting. Raises the error that stopped the thread, if any."""
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result is not None

    def packets(self) -> Iterator[Packet]:
        """The AAC packets, ``round(duration * 48000)`` samples in all. Waits until they are ready."""
        while not self.ready:
            self._thread.join(_POLL_INTERVAL)
        assert isinstance(self._result, list)  # noqa: S101  checked by ready
        return iter(self._result)

    def _run(self, stream: Iterator[Samples]) -> None:
        try:
            loudness = integrated_loudness(self._record(stream), RATE)
            peak = to_decibels(self._peak)
            self._result = normalize_loudness(
                self._recorded, loudness, peak, target=self._loudness, true_peak=self._true_peak
            )
        except BaseException as error:  # noqa: BLE001  raised again in ready
            self._result = error

    def _record(self, stream: Iterator[Samples]) -> Iterator[Samples]:
        """Pass the mix through while writing it, interleaved, to the temporary file."""
        for block in stream:
            self._file.write(np.ascontiguousarray(block.T).tobytes())
            self._check_cancelled()
            self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
            yield np.ascontiguousarray(block)

    def _check_cancelled(self) -> None:
        if self._stop.is_set():
            raise _Cancelled

    def _recorded(self) -> Iterator[Samples]:
        self._file.seek(0)
        while data := self._file.read(_BLOCK * 8):
            self._check_cancelled()
            yield np.ascontiguousarray(np.frombuffer(data, dtype=np.float32).reshape(-1, 2).T)


def joined_sound(video: Video, edit: Edit) -> Iterator[AudioBlock]:
    """The sound of the kept spans in a row, with short fades at the cuts; silence for a source without sound."""
    if not video.audio:
        log.info("The source has no sound. The clip gets a silent track, as players and platforms expect one.")
    sides = None if edit.sides is None else np.array(edit.sides, dtype=np.float32)
    position, elapsed = 0, Fraction(0)
    for index, span in enumerate(edit.keep):
        elapsed += span.duration
        begin, length = position, round(elapsed * RATE) - position
        joins_before = index > 0 and edit.keep[index - 1].end == span.start
        joins_after = index + 1 < len(edit.keep) and edit.keep[index + 1].start == span.end
        blocks = sound(video, span, rate=RATE, channels=2, mix=video.clip_mix) if video.audio else iter(())
        for block in pad_or_trim(blocks, length):
            samples = block if sides is None else sides @ block
            faded = _fade(samples, position - begin, length, fade_in=not joins_before, fade_out=not joins_after)
            yield AudioBlock(Fraction(position, RATE), faded, RATE)
            position += block.shape[1]


def _fade(block: Samples, offset: int, length: int, *, fade_in: bool, fade_out: bool) -> Samples:
    """Apply the fades of a span of ``length`` samples to a block that begins ``offset`` samples into it."""
    at = np.arange(offset, offset + block.shape[1])
    gain = np.ones(block.shape[1], dtype=np.float32)
    if fade_in and offset < _FADE:
        gain *= np.clip((at + 0.5) / _FADE, 0, 1).astype(np.float32)
    if fade_out and offset + block.shape[1] > length - _FADE:
        gain *= np.clip((length - at - 0.5) / _FADE, 0, 1).astype(np.float32)
    return block * gain
