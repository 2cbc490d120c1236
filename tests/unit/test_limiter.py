from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.media.limiter import limit_true_peak
from clipy.media.loudness import measure_loudness, to_amplitude

RATE = 48_000
CEILING = -1.5  # dBTP


def _blocks(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, samples.shape[1], size):
        yield samples[:, begin : begin + size]


def _limited(samples: NDArray[np.float32], size: int = 999) -> NDArray[np.float32]:
    return np.concatenate(list(limit_true_peak(_blocks(samples, size), RATE, to_amplitude(CEILING))), axis=1)


def _tone(seconds: float, peak: float) -> NDArray[np.float32]:
    wave = peak * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, 0.5 * wave]).astype(np.float32)


def _noise(seconds: float) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, 0.3, (2, round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("sound", [_tone(1, 1.4), _noise(1.3)], ids=["tone", "noise"])
@pytest.mark.parametrize("size", [100, 1024, 100_000])
def test_no_peak_exceeds_the_ceiling(sound: NDArray[np.float32], size: int) -> None:
    out = _limited(sound, size)
    assert out.shape == sound.shape
    assert measure_loudness(_blocks(out, 4800), RATE).true_peak == pytest.approx(CEILING, abs=0.1)
    assert np.array_equal(out, _limited(sound, 999))


def test_quiet_passages_are_untouched_and_balance_is_kept() -> None:
    sound = np.concatenate([_tone(1, 0.1), _tone(1, 1.4), _tone(1, 0.1)], axis=1)
    out = _limited(sound)
    near = round(0.04 * RATE)
    for part in (slice(0, RATE - near), slice(2 * RATE + near, None)):
        assert np.array_equal(out[:, part], sound[:, part])
    loud = np.abs(sound[1]) > 0.01
    assert np.allclose(out[0, loud] / out[1, loud], 2, atol=1e-4)


def test_the_gain_moves_without_a_step() -> None:
    sound = np.full((1, RATE), 0.5, dtype=np.float32)
    sound[:, RATE // 2] = 1.2
    gain = _limited(sound) / sound
    assert gain.min() == pytest.approx(to_amplitude(CEILING) / 1.2, abs=0.02)
    assert np.abs(np.diff(gain)).max() < 0.002


def test_peaks_between_samples_are_found() -> None:
    """A quarter-rate tone at 45 degrees: its samples stay at 0.74, its true peak is at 1.05."""
    wave = 1.05 * np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * np.hanning(RATE)
    out = _limited(np.stack([wave, wave]).astype(np.float32))
    assert np.abs(wave).max() < to_amplitude(CEILING)
    assert measure_loudness([out], RATE).true_peak == pytest.approx(CEILING, abs=0.15)


def test_empty_sound_stays_empty() -> None:
    assert list(limit_true_peak([], RATE, 0.8)) == []
