"""Beat tracking: onset strength from the spectrum, tempo from its autocorrelation, beats by dynamic
programming over both (Ellis, "Beat Tracking by Dynamic Programming", 2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.mel import mel_edges, triangular_filters

RATE = 16_000  # Hz, mono
PER_SECOND = 100  # onset strength values
_HOP = RATE // PER_SECOND
_WINDOW = 512
_BANDS = 40
_HIGH = 30  # the first treble band
_SLOWEST, _FASTEST, _USUAL = 50.0, 210.0, 115.0  # BPM
_SPREAD = 0.9  # octaves, standard deviation of the tempo prior
_TIGHT = 400.0  # cost of deviating from the tempo, relative to onset strength
# Seconds from the start of a window to the onset it responds to most: its middle, plus a measured offset for clicks.
_LATENCY = _WINDOW / 2 / RATE + 0.006

Curve = NDArray[np.float32]


def spectra(blocks: Iterable[NDArray[np.float32]], window: int, hop: int) -> Iterator[NDArray[np.float32]]:
    """Yield power spectra (frames, bins) of mono blocks (n,), a few seconds at a time, in bounded memory."""
    taper = np.hanning(window).astype(np.float32)
    rest = np.zeros(0, dtype=np.float32)
    waiting: list[NDArray[np.float32]] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        if held < 4 * RATE:
            continue
        samples = np.concatenate([rest, *waiting])
        waiting, held = [], 0
        yield _powers(samples, taper, hop)
        count = max(0, (len(samples) - window) // hop + 1)
        rest = samples[count * hop :]
    yield _powers(np.concatenate([rest, *waiting]), taper, hop)


def _powers(samples: NDArray[np.float32], taper: NDArray[np.float32], hop: int) -> NDArray[np.float32]:
    if len(samples) < len(taper):
        return np.zeros((0, len(taper) // 2 + 1), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(taper))[::hop]
    return np.asarray(np.abs(np.fft.rfft(frames * taper, axis=1)) ** 2, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Pulse:
    """Rhythm of music. ``strength``: onset strength every 10 ms, float32 (n,). ``newness`` is the share of the energy
    that is onset (drums: 0.15, pads: 0.08), ``highs`` the share above 3 kHz.
    """

    strength: Curve
    newness: float
    highs: float


def pulse(blocks: Iterable[NDArray[np.float32]]) -> Pulse:
    """Measure the onset strength of mono sound at 16 kHz: rises of log energy in 40 bands."""
    filters = _filters()
    last: NDArray[np.float32] | None = None
    parts: list[Curve] = [np.zeros(0, dtype=np.float32)]
    total = rises = highs = 0.0
    for power in spectra(blocks, _WINDOW, _HOP):
        if not len(power):
            continue
        bands = power @ filters
        before = np.vstack([bands[:1] if last is None else last, bands[:-1]])
        last = bands[-1:]
        parts.append(np.maximum(0, np.log1p(1e3 * bands) - np.log1p(1e3 * before)).mean(axis=1).astype(np.float32))
        loud = np.sqrt(bands)
        total += float(loud.sum())
        rises += float(np.maximum(0, loud - np.sqrt(before)).sum())
        highs += float(loud[:, _HIGH:].sum())
    return Pulse(np.concatenate(parts), rises / max(total, 1e-9), highs / max(total, 1e-9))


def _filters() -> NDArray[np.float32]:
    """(bins, bands) triangular filters from 30 Hz to 7.5 kHz, each with sum 1."""
    triangles = triangular_filters(np.fft.rfftfreq(_WINDOW, 1 / RATE), mel_edges(30, 7500, _BANDS))
    return np.asarray(triangles / np.maximum(triangles.sum(axis=0), 1e-6), dtype=np.float32)


def tempo(strength: Curve) -> float:
    """Tempo in BPM by autocorrelation, with a prior that resolves octave errors; 0 where there is none."""
    if len(strength) < 4 * PER_SECOND or float(strength.max(initial=0)) <= 0:
        return 0.0
    level = strength - strength.mean()
    size = 1 << (2 * len(level) - 1).bit_length()
    spectrum = np.fft.rfft(level, size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(level)]
    correlation /= np.maximum(
        1, len(level) - np.arange(len(level))
    )  # unbiased: divide by the number of pairs at each lag
    first, last = int(PER_SECOND * 60 / _FASTEST), int(PER_SECOND * 60 / _SLOWEST)
    last = min(last, len(level) // 4)
    lags = np.arange(first, last + 1)
    twice = np.maximum(correlation[2 * lags], np.maximum(correlation[2 * lags - 1], correlation[2 * lags + 1]))
    octaves = np.log2(60 * PER_SECOND / lags / _USUAL)
    score = (correlation[lags] + 0.5 * twice) * np.exp(-0.5 * (octaves / _SPREAD) ** 2)
    best = int(lags[np.argmax(score)])
    return float(60 * PER_SECOND / _exact_lag(correlation, best))


def _exact_lag(correlation: NDArray[np.float64], lag: int) -> float:
    """Refine a lag below one sample, from the peaks at its multiples."""
    exact = float(lag)
    for times in (1, 2, 4, 8):
        near = round(exact * times)
        if near + 3 >= len(correlation) // 2:
            break
        around = correlation[near - 2 : near + 3]
        peak = near - 2 + int(np.argmax(around))
        a, b, c = correlation[peak - 1 : peak + 2]
        curve = a - 2 * b + c
        exact = (peak + (0.5 * (a - c) / curve if curve < 0 else 0.0)) / times
    return exact


def beats(strength: Curve, per_minute: float) -> NDArray[np.float64]:
    """Beat times in seconds: on onsets where possible, and evenly spaced."""
    if per_minute <= 0 or not len(strength):
        return np.zeros(0)
    period = 60 * PER_SECOND / per_minute
    width = max(1, round(period / 32))
    bell = np.exp(-0.5 * (np.arange(-3 * width, 3 * width + 1) / width) ** 2)
    local = np.convolve(strength / max(1e-9, float(strength.std())), bell, mode="same")
    shortest, longest = max(1, round(period / 2)), round(2 * period)
    steps = np.arange(-longest, -shortest + 1)
    cost = -_TIGHT * np.log(-steps / period) ** 2
    score, back = local.copy(), np.full(len(local), -1)
    for at in range(len(local)):
        lowest = max(0, at - longest)
        if at - shortest < 0:
            continue
        reachable = score[lowest : at - shortest + 1] + cost[len(steps) - (at - shortest + 1 - lowest) :]
        best = int(np.argmax(reachable))
        if reachable[best] > 0:
            score[at] += reachable[best]
            back[at] = lowest + best
    return _traced(score, back, round(period), local) / PER_SECOND + _LATENCY


def _traced(
    score: NDArray[np.float64], back: NDArray[np.int64], period: int, local: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Trace back from the best end; drop beats before the first sound and after the last."""
    at = len(score) - period + int(np.argmax(score[-period:])) if len(score) > period else int(np.argmax(score))
    found: list[int] = []
    while at >= 0:
        found.append(at)
        at = int(back[at])
    frames = np.array(found[::-1])
    loud = local[frames] > 0.1 * np.sqrt(np.mean(local[frames] ** 2))
    inside = np.flatnonzero(loud)
    if not len(inside):
        return np.zeros(0)
    return frames[inside[0] : inside[-1] + 1].astype(np.float64)
