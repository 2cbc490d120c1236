from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.media.loudness import integrated_loudness, measure_loudness, to_amplitude, to_decibels

RATE = 48_000


def _tone(seconds: float, peak: float, frequency: float = 1000) -> NDArray[np.float32]:
    wave = peak * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def _blocks(samples: NDArray[np.float32], size: int = 999) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, samples.shape[1], size):
        yield samples[:, begin : begin + size]


def test_a_full_scale_tone_in_both_channels_is_zero_lufs() -> None:
    """EBU Tech 3341: 1 kHz in stereo at -23 dBFS reads -23 LUFS."""
    found = measure_loudness(_blocks(_tone(3, to_amplitude(-23))), RATE)
    assert found.integrated == pytest.approx(-23, abs=0.1)
    assert found.true_peak == pytest.approx(-23, abs=0.1)
    assert integrated_loudness(_blocks(_tone(3, to_amplitude(-23))), RATE) == found.integrated


def test_peaks_between_samples_are_found() -> None:
    """A quarter-rate tone at 45 degrees has samples at 0.707 of its peak."""
    wave = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * np.hanning(RATE)
    found = measure_loudness(_blocks(np.stack([wave, wave]).astype(np.float32) * np.float32(0.7)), RATE)
    assert found.true_peak == pytest.approx(to_decibels(0.7), abs=0.3)


def test_silence_and_nothing_have_no_loudness() -> None:
    assert measure_loudness(_blocks(np.zeros((2, RATE), dtype=np.float32)), RATE).integrated == -math.inf
    assert measure_loudness([], RATE).true_peak == -math.inf


def test_very_short_sound_is_measured() -> None:
    assert measure_loudness(_blocks(_tone(0.1, to_amplitude(-23))), RATE).integrated == pytest.approx(-23, abs=0.5)
