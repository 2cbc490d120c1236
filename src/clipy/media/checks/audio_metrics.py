"""Audio metrics of a whole file in one pass: loudness, clipping, clicks, channel balance and silence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from clipy.media.checks.clicks import edge_jump, find_clicks
from clipy.media.checks.clipping import ClippingDetector
from clipy.media.checks.spans import SpanRecorder
from clipy.media.loudness import block_levels, measure_loudness, to_amplitude, to_decibels
from clipy.media.read import sound
from clipy.types import Array, Seconds, Span, Video

RATE = 48_000
STEP = Fraction(1, 50)  # seconds of each level
_QUIET = to_amplitude(-60.0)
_SILENCE_BLOCK = RATE // 10  # samples
_FLOOR = 1e-5  # amplitude of silence: -100 dBFS


@dataclass(frozen=True, slots=True, eq=False)
class AudioMetrics:
    """The first audio stream of a file, in stereo.

    ``loudness`` in LUFS and ``true_peak`` in dBTP are None in silence. ``sides``: RMS levels of left and right in dBFS
    (at least -100); ``correlation``: their correlation (-1: phase inverted). ``clipping``: see ``ClippingDetector``;
    from 1 on the sound is clipped. ``edges``: amplitudes at which the sound starts and ends. ``levels``: float32 (n,),
    the RMS level of both channels together in dBFS, 50 times per second.
    """

    silent: tuple[Span, ...]
    loudness: float | None
    true_peak: float | None
    sides: tuple[float, float]
    correlation: float
    clipping: float
    clicks: tuple[Seconds, ...]
    edges: tuple[float, float]
    levels: Array


def measure_audio(video: Video) -> AudioMetrics:
    """Measure the first audio stream, which must exist."""
    meter = _Meter()
    loudness = measure_loudness(meter.measure(sound(video, video.span, rate=RATE, channels=2)), RATE)
    return meter.metrics(_finite(loudness.integrated), _finite(loudness.true_peak), video.duration)


def _finite(level: float) -> float | None:
    return level if math.isfinite(level) else None


@dataclass
class _Meter:
    """Accumulates all measurements, block by block."""

    quiet: SpanRecorder = field(default_factory=SpanRecorder)
    clipping: tuple[ClippingDetector, ClippingDetector] = field(
        default_factory=lambda: (ClippingDetector(), ClippingDetector())
    )
    clicks: list[Seconds] = field(default_factory=list)
    levels: list[NDArray[np.float32]] = field(default_factory=list)
    power: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 2)))
    position: int = 0
    first: float = 0.0
    last: float = 0.0

    def measure(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Pass the sound through in blocks of a second while measuring it."""
        rest = np.zeros((2, 0), dtype=np.float32)
        for block in blocks:
            rest = np.concatenate([rest, block], axis=1)
            while rest.shape[1] >= RATE:
                self._add(rest[:, :RATE])
                yield rest[:, :RATE]
                rest = rest[:, RATE:]
        if rest.shape[1]:
            self._add(rest)
            yield rest

    def _add(self, second: NDArray[np.float32]) -> None:
        mono = second.mean(axis=0)
        if self.position == 0:
            self.first = edge_jump(mono, end=False)
        self.last = edge_jump(mono, end=True)
        self.clicks += [Fraction(self.position + int(place), RATE) for place in find_clicks(mono)]
        for detector, side in zip(self.clipping, second, strict=True):
            detector.add(side)
        wide = second.astype(np.float64)
        self.power += wide @ wide.T
        for begin in range(0, second.shape[1], _SILENCE_BLOCK):
            loudest = float(np.abs(second[:, begin : begin + _SILENCE_BLOCK]).max())
            self.quiet.record(Fraction(self.position + begin, RATE), holds=loudest < _QUIET)
        self.levels.append(block_levels(second, int(RATE * STEP), to_decibels(_FLOOR)))
        self.position += second.shape[1]

    def metrics(self, loudness: float | None, true_peak: float | None, end: Seconds) -> AudioMetrics:
        power = self.power / max(1, self.position)
        sides = [to_decibels(max(_FLOOR, math.sqrt(power[side, side]))) for side in (0, 1)]
        both = math.sqrt(power[0, 0] * power[1, 1])
        return AudioMetrics(
            silent=self.quiet.spans(end),
            loudness=loudness,
            true_peak=true_peak,
            sides=(sides[0], sides[1]),
            correlation=float(power[0, 1] / both) if both > _FLOOR**2 else 1.0,
            clipping=max(detector.clipping for detector in self.clipping),
            clicks=tuple(self.clicks),
            edges=(self.first, self.last),
            levels=np.concatenate(self.levels) if self.levels else np.empty(0, dtype=np.float32),
        )
