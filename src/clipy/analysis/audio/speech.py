"""Voice activity detection with the Silero VAD network that ships in the faster-whisper wheel (MIT)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.arrays import true_runs
from clipy.types import Seconds, Span

RATE = 16_000  # Hz, mono: the input of Silero VAD and Whisper
FRAME = 512  # samples per probability: 32 ms

_BEGINS = 0.5  # probabilities at which speech starts, and below which it ends: Silero's defaults
_ENDS = 0.35
_SHORTEST = 3  # frames of speech; shorter is a click or a breath
_GAP = 6  # frames of silence bridged inside speech: stop consonants close the mouth for up to 150 ms


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A window of a long sound: its first sample, float32 (n,) samples, and a speech probability per frame."""

    start: int
    samples: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    @property
    def time(self) -> Seconds:
        """Start in seconds from the beginning of the sound, exact."""
        return Fraction(self.start, RATE)

    @property
    def span(self) -> Span:
        """Its span in the sound."""
        return Span(self.time, self.time + Fraction(len(self.samples), RATE))

    def part(self, span: Span) -> Window:
        """The part of this window that covers a span of the sound, in whole frames."""
        first = max(0, int((span.start - self.time) * RATE) // FRAME)
        last = min(len(self.probabilities), -int((self.time - span.end) * RATE) // FRAME + 1)
        samples = self.samples[first * FRAME : last * FRAME]
        return Window(self.start + first * FRAME, samples, self.probabilities[first:last])

    def only(self, spans: Sequence[Span]) -> Window:
        """The same window, muted outside the given spans, without speech there."""
        samples, speech = np.zeros_like(self.samples), np.zeros_like(self.probabilities)
        for span in spans:
            first, last = (max(0, int((time - self.time) * RATE)) for time in (span.start, span.end))
            samples[first:last] = self.samples[first:last]
            frames = slice(round(first / FRAME), round(last / FRAME))
            speech[frames] = self.probabilities[frames]
        return Window(self.start, samples, speech)


def probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Speech probability of each 32 ms of mono sound (n,) at 16 kHz: float32 (ceil(n / 512),) in 0..1."""
    from faster_whisper.vad import get_vad_model

    if not len(samples):
        return np.empty(0, dtype=np.float32)
    padded = np.pad(samples, (0, -len(samples) % FRAME))
    return np.asarray(get_vad_model()(padded), dtype=np.float32).reshape(-1)


def speech_regions(probability: NDArray[np.float32], start: Seconds = Fraction(0)) -> tuple[Span, ...]:
    """Disjoint speech spans in order, given the probability of each 32 ms from ``start`` on.

    Two thresholds (hysteresis) keep speech from flickering.
    """
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for index, value in enumerate([*probability.tolist(), 0.0]):
        if begin is None and value >= _BEGINS:
            begin = index
        elif begin is not None and value < _ENDS:
            if found and begin - found[-1][1] <= _GAP:
                found[-1] = (found[-1][0], index)
            else:
                found.append((begin, index))
            begin = None
    step = Fraction(FRAME, RATE)
    return tuple(Span(start + a * step, start + b * step) for a, b in found if b - a >= _SHORTEST)


def windows(blocks: Iterator[NDArray[np.float32]], longest: Seconds) -> Iterator[Window]:
    """Cut a long mono sound into windows of at most ``longest`` seconds, at the longest silence of each second half.

    The windows partition the samples, and only one is held in memory. Without a pause, the cut is at the lowest
    speech probability.
    """
    limit = max(2, int(longest * RATE) // FRAME) * FRAME
    start, held, buffer = 0, 0, list[NDArray[np.float32]]()
    for block in blocks:
        buffer.append(block.reshape(-1))
        held += buffer[-1].size
        while held >= limit:
            sound = np.concatenate(buffer)
            speech = probabilities(sound[:limit])
            cut = _quietest(speech)
            yield Window(start, sound[: cut * FRAME], speech[:cut])
            start, buffer = start + cut * FRAME, [sound[cut * FRAME :]]
            held = buffer[0].size
    if held:
        sound = np.concatenate(buffer)
        yield Window(start, sound, probabilities(sound))


def _quietest(probability: NDArray[np.float32]) -> int:
    """The frame in the second half to cut at: the middle of the longest silence, or the lowest probability."""
    half = len(probability) // 2
    silences = true_runs(probability[half:] < _ENDS)
    if silences:
        begin, end = max(silences, key=lambda run: run[1] - run[0])
        return max(1, half + (begin + end) // 2)
    return max(1, half + int(np.argmin(probability[half:])))
