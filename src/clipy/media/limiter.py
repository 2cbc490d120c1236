"""A look-ahead true-peak limiter that leaves quieter passages untouched.

The gain falls before a peak and recovers after it along a Hann window, so that no step is audible and no sample
exceeds the ceiling. Peaks are measured with fourfold oversampling, as in ITU-R BS.1770; where no sample comes near the
ceiling nothing is computed. Both channels share one gain, which preserves the stereo image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Block = NDArray[np.float32]

_GAIN_RATE = 2000  # Hz; linear between these steps
_HOLD = 30  # steps (15 ms) on either side of a peak at full attenuation, and as many again to fade
_CONTEXT = 2 * _HOLD + 2  # steps context a segment on which its gain depends
_SEGMENT = 400  # steps processed at once
_SAFE_RATIO = 0.5  # of the ceiling: inter-sample peaks between lower samples do not reach it
_OVERSAMPLING = 4
_TAPS = 25  # of the interpolation filter for each position between samples


def limit_true_peak(blocks: Iterable[Block], rate: int, ceiling: float) -> Iterator[Block]:
    """The same sound, (channels, samples), attenuated briefly wherever its true peak would exceed ``ceiling``.

    ``ceiling`` is an amplitude (1: full scale). The number of samples is preserved; block lengths are not.
    """
    step = max(1, rate // _GAIN_RATE)
    context, segment = _CONTEXT * step, _SEGMENT * step
    buffer: Block | None = None
    for block in blocks:
        before = np.zeros((block.shape[0], context), dtype=np.float32) if buffer is None else buffer
        buffer = np.concatenate([before, block], axis=1)
        while buffer.shape[1] >= 2 * context + segment:
            yield _limit_segment(buffer[:, : 2 * context + segment], step, ceiling)
            buffer = buffer[:, segment:]
    while buffer is not None and buffer.shape[1] > context:
        rest = min(buffer.shape[1] - context, segment)
        last = np.pad(buffer, ((0, 0), (0, max(0, 2 * context + segment - buffer.shape[1]))))
        yield _limit_segment(last[:, : 2 * context + segment], step, ceiling)[:, :rest]
        buffer = buffer[:, rest:]


def _limit_segment(sound: Block, step: int, ceiling: float) -> Block:
    """The middle of a segment, limited; its context is only measured."""
    context = _CONTEXT * step
    middle = sound[:, context:-context]
    if float(np.abs(sound).max()) <= _SAFE_RATIO * ceiling:
        return middle
    allowed = ceiling / np.maximum(_peaks(sound), ceiling)
    needed = allowed.reshape(-1, step).min(axis=1)
    if needed.min() == 1:
        return middle
    lowest = sliding_window_view(needed, 2 * _HOLD + 3).min(axis=1)
    window = np.hanning(2 * _HOLD + 3)[1:-1]
    smooth = np.convolve(lowest, window / window.sum(), mode="valid")  # begins one step before the middle
    at = (np.arange(middle.shape[1]) + 0.5) / step + 0.5
    gain = np.interp(at, np.arange(len(smooth)), smooth)
    return np.asarray(middle * gain, dtype=np.float32)


def _peaks(sound: Block) -> NDArray[np.float32]:
    """For each sample the highest amplitude of any channel from the sample before to the one after."""
    peaks = np.abs(sound).max(axis=0)
    for taps in _interpolators():
        level = np.abs(cv2.filter2D(sound, -1, taps, borderType=cv2.BORDER_CONSTANT)).max(axis=0)
        np.maximum(peaks, level, out=peaks)  # a peak between two samples counts for both
        np.maximum(peaks[1:], level[:-1], out=peaks[1:])
    return np.asarray(peaks)


@lru_cache(maxsize=1)
def _interpolators() -> tuple[NDArray[np.float32], ...]:
    """Windowed sinc filters for a quarter, a half and three quarters of the way to the next sample."""
    at = np.arange(_TAPS) - _TAPS // 2
    filters = []
    for part in range(1, _OVERSAMPLING):
        x = at - part / _OVERSAMPLING
        taps = np.sinc(x) * np.cos(np.pi * x / (_TAPS + 1)) ** 2
        filters.append(np.asarray(taps / taps.sum(), dtype=np.float32)[None, :])
    return tuple(filters)
