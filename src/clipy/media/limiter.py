"""A limiter that keeps the true peak of sound down, and leaves alone what needs nothing.

It looks ahead: the gain falls before a peak and rises after it along a Hann window, so that no step is heard and no
sample passes. Peaks are those of the sound oversampled four times, as ITU-R BS.1770 measures them; where no sample
comes near the ceiling nothing is computed at all. Both channels share one gain, so the stereo picture stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Block = NDArray[np.float32]

_STEPS_A_SECOND = 2000  # at which the gain is computed; between them it is linear
_REACH = 30  # steps (15 ms) that a peak is held down for on either side, and again to come and go
_AROUND = 2 * _REACH + 2  # steps beyond a stretch that its gain depends on
_STRETCH = 400  # steps that are worked on at once
_FAR = 0.5  # share of the ceiling: a peak between samples that are all lower does not reach it
_OVERSAMPLED = 4
_TAPS = 25  # of the interpolator for each position between two samples


def limit_true_peak(blocks: Iterable[Block], rate: int, ceiling: float) -> Iterator[Block]:
    """The same sound, (channels, samples), turned down for a moment wherever its true peak would pass ``ceiling``.

    ``ceiling`` is an amplitude, 1 being full scale. As many samples come out, in blocks of their own length.
    """
    step = max(1, rate // _STEPS_A_SECOND)
    around, stretch = _AROUND * step, _STRETCH * step
    held: Block | None = None
    for block in blocks:
        before = np.zeros((block.shape[0], around), dtype=np.float32) if held is None else held
        held = np.concatenate([before, block], axis=1)
        while held.shape[1] >= 2 * around + stretch:
            yield _calmed(held[:, : 2 * around + stretch], step, ceiling)
            held = held[:, stretch:]
    while held is not None and held.shape[1] > around:
        rest = min(held.shape[1] - around, stretch)
        last = np.pad(held, ((0, 0), (0, max(0, 2 * around + stretch - held.shape[1]))))
        yield _calmed(last[:, : 2 * around + stretch], step, ceiling)[:, :rest]
        held = held[:, rest:]


def _calmed(sound: Block, step: int, ceiling: float) -> Block:
    """The middle of a stretch, limited; what is around it is only looked at."""
    around = _AROUND * step
    middle = sound[:, around:-around]
    if float(np.abs(sound).max()) <= _FAR * ceiling:
        return middle
    allowed = ceiling / np.maximum(_peaks(sound), ceiling)
    needed = allowed.reshape(-1, step).min(axis=1)
    if needed.min() == 1:
        return middle
    lowest = sliding_window_view(needed, 2 * _REACH + 3).min(axis=1)
    window = np.hanning(2 * _REACH + 3)[1:-1]
    smooth = np.convolve(lowest, window / window.sum(), mode="valid")  # begins one step before the middle
    at = (np.arange(middle.shape[1]) + 0.5) / step + 0.5
    gain = np.interp(at, np.arange(len(smooth)), smooth)
    return np.asarray(middle * gain, dtype=np.float32)


def _peaks(sound: Block) -> NDArray[np.float32]:
    """For each sample the highest level, in any channel, from the sample before to the one after."""
    peaks = np.abs(sound).max(axis=0)
    for taps in _between():
        level = np.abs(cv2.filter2D(sound, -1, taps, borderType=cv2.BORDER_CONSTANT)).max(axis=0)
        np.maximum(peaks, level, out=peaks)  # between a sample and the next: it counts for both
        np.maximum(peaks[1:], level[:-1], out=peaks[1:])
    return np.asarray(peaks)


@lru_cache(maxsize=1)
def _between() -> tuple[NDArray[np.float32], ...]:
    """Windowed sincs that give the sound a quarter, a half and three quarters of the way to the next sample."""
    at = np.arange(_TAPS) - _TAPS // 2
    found = []
    for part in range(1, _OVERSAMPLED):
        x = at - part / _OVERSAMPLED
        taps = np.sinc(x) * np.cos(np.pi * x / (_TAPS + 1)) ** 2
        found.append(np.asarray(taps / taps.sum(), dtype=np.float32)[None, :])
    return tuple(found)
