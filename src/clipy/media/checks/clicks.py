"""Clicks: isolated jumps in smooth sound, and sound that starts or ends abruptly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CONTEXT = 960  # samples at 48 kHz (20 ms) that a jump is compared with
_RATIO = 12.0  # to the usual jump in its context
_MIN_JUMP = 0.08  # audible in any context (full scale is 1)
_MAX_LENGTH = 24  # samples (0.5 ms) of a click; consonants and drums are longer


def find_clicks(samples: NDArray[np.float32]) -> NDArray[np.int64]:
    """The sample positions of clicks in mono sound (n,) at 48 kHz.

    Detected in the second difference, which is small in speech and music however loud. A click must be isolated: a few
    milliseconds before and after, the second difference is as small as in its context.
    """
    jumps = np.abs(np.diff(samples, n=2))
    clicks: list[int] = []
    for index in np.flatnonzero((jumps >= _MIN_JUMP) & (jumps > _RATIO * _typical_jump(jumps))).tolist():
        if clicks and index - clicks[-1] < _CONTEXT:
            continue
        near = jumps[max(0, index - _CONTEXT) : index + _CONTEXT]
        if np.count_nonzero(near > jumps[index] / 4) <= _MAX_LENGTH:
            clicks.append(index)
    return np.array(clicks, dtype=np.int64)


def _typical_jump(jumps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 90th percentile of the jumps in the same 20 ms, for each sample; at least -80 dBFS."""
    if not len(jumps):
        return jumps
    blocks = np.pad(jumps, (0, -len(jumps) % _CONTEXT), mode="edge").reshape(-1, _CONTEXT)
    return np.repeat(np.maximum(np.percentile(blocks, 90, axis=1), 1e-4), _CONTEXT)[: len(jumps)].astype(np.float32)


def edge_jump(samples: NDArray[np.float32], *, end: bool) -> float:
    """The amplitude at which mono sound (n,) at 48 kHz starts or ends: 0 for a fade, up to 1 for a cut-off wave."""
    edge = samples[-48:] if end else samples[:48]  # 1 ms
    return float(np.abs(edge).max(initial=0.0))
