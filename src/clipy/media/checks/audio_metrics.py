"""Listens to the whole sound of a file once: how loud, how clean, how much on each side, and where it is silent."""

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
_LISTEN = RATE // 10  # samples judged at a time for silence
_FLOOR = 1e-5  # amplitude taken for silence: -100 dBFS


@dataclass(frozen=True, slots=True, eq=False)
class AudioMetrics:
    """What the first sound track of a file is like, played in stereo.

    ``loudness`` in LUFS and ``true_peak`` in dBTP are None in silence. ``sides`` are the RMS levels of left and right
    in dBFS (at least -100), ``alike`` their correlation (-1: phase inverted). ``hump`` from 1 on tells of clipping (see
    ``ClippingDetector``). ``edges`` are the amplitudes at which the sound begins and ends. ``levels``
    float32 (n,) is the RMS level in dBFS of both sides together, 50 times a second.
    """

    silent: tuple[Span, ...]
    loudness: float | None
    true_peak: float | None
    sides: tuple[float, float]
    alike: float
    hump: float
    clicks: tuple[Seconds, ...]
    edges: tuple[float, float]
    levels: Array


def measure_audio(video: Video) -> AudioMetrics:
    """Decode the first sound track, which must be there."""
    ear = _Ear()
    loudness = measure_loudness(ear.hearing(sound(video, video.span, rate=RATE, channels=2)), RATE)
    return ear.heard(_finite(loudness.integrated), _finite(loudness.true_peak), video.duration)


def _finite(level: float) -> float | None:
    return level if math.isfinite(level) else None


@dataclass
class _Ear:
    """Everything that is measured, told block by block."""

    quiet: SpanRecorder = field(default_factory=SpanRecorder)
    tops: tuple[ClippingDetector, ClippingDetector] = field(
        default_factory=lambda: (ClippingDetector(), ClippingDetector())
    )
    clicked: list[Seconds] = field(default_factory=list)
    levels: list[NDArray[np.float32]] = field(default_factory=list)
    power: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 2)))
    position: int = 0
    first: float = 0.0
    last: float = 0.0

    def hearing(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Pass the sound on, in seconds, and note what it is like."""
        rest = np.zeros((2, 0), dtype=np.float32)
        for block in blocks:
            rest = np.concatenate([rest, block], axis=1)
            while rest.shape[1] >= RATE:
                self._hear(rest[:, :RATE])
                yield rest[:, :RATE]
                rest = rest[:, RATE:]
        if rest.shape[1]:
            self._hear(rest)
            yield rest

    def _hear(self, second: NDArray[np.float32]) -> None:
        mono = second.mean(axis=0)
        if self.position == 0:
            self.first = edge_jump(mono, end=False)
        self.last = edge_jump(mono, end=True)
        self.clicked += [Fraction(self.position + int(place), RATE) for place in find_clicks(mono)]
        for top, side in zip(self.tops, second, strict=True):
            top.hear(side)
        wide = second.astype(np.float64)
        self.power += wide @ wide.T
        for begin in range(0, second.shape[1], _LISTEN):
            loudest = float(np.abs(second[:, begin : begin + _LISTEN]).max())
            self.quiet.note(Fraction(self.position + begin, RATE), holds=loudest < _QUIET)
        self.levels.append(block_levels(second, int(RATE * STEP), to_decibels(_FLOOR)))
        self.position += second.shape[1]

    def heard(self, loudness: float | None, true_peak: float | None, end: Seconds) -> AudioMetrics:
        power = self.power / max(1, self.position)
        sides = [to_decibels(max(_FLOOR, math.sqrt(power[side, side]))) for side in (0, 1)]
        both = math.sqrt(power[0, 0] * power[1, 1])
        return AudioMetrics(
            silent=self.quiet.spans(end),
            loudness=loudness,
            true_peak=true_peak,
            sides=(sides[0], sides[1]),
            alike=float(power[0, 1] / both) if both > _FLOOR**2 else 1.0,
            hump=max(top.hump for top in self.tops),
            clicks=tuple(self.clicked),
            edges=(self.first, self.last),
            levels=np.concatenate(self.levels) if self.levels else np.empty(0, dtype=np.float32),
        )
