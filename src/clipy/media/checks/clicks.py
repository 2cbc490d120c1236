"""Clicks: samples that jump out of sound that is smooth around them, and sound that begins or ends in mid-wave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AROUND = 960  # samples of 48 kHz (20 ms) among which a jump is judged
_OUT = 12.0  # times the usual jump of its surroundings
_LEAST = 0.08  # a jump that is heard whatever goes on around it (full scale is 1)
_ALONE = 24  # samples (0.5 ms) within which a click is over: a consonant or a drum goes on


def find_clicks(samples: NDArray[np.float32]) -> NDArray[np.int64]:
    """Where mono sound (n,) at 48 kHz clicks: places of its samples.

    A click is judged by the second difference, which is small in speech and music however loud, and must stand alone:
    the few milliseconds before and after are as quiet in it as their surroundings.
    """
    jumps = np.abs(np.diff(samples, n=2))
    found: list[int] = []
    for place in np.flatnonzero((jumps >= _LEAST) & (jumps > _OUT * _usual(jumps))).tolist():
        if found and place - found[-1] < _AROUND:
            continue
        near = jumps[max(0, place - _AROUND) : place + _AROUND]
        if np.count_nonzero(near > jumps[place] / 4) <= _ALONE:
            found.append(place)
    return np.array(found, dtype=np.int64)


def _usual(jumps: NDArray[np.float32]) -> NDArray[np.float32]:
    """What nine of ten jumps in the same 20 ms do not exceed, at each place; at least -80 dB of full scale."""
    if not len(jumps):
        return jumps
    blocks = np.pad(jumps, (0, -len(jumps) % _AROUND), mode="edge").reshape(-1, _AROUND)
    return np.repeat(np.maximum(np.percentile(blocks, 90, axis=1), 1e-4), _AROUND)[: len(jumps)].astype(np.float32)


def edge_jump(samples: NDArray[np.float32], *, end: bool) -> float:
    """How far from silence mono sound (n,) at 48 kHz begins or ends: 0 for a fade, up to 1 for a full wave cut off."""
    edge = samples[-48:] if end else samples[:48]  # 1 ms
    return float(np.abs(edge).max(initial=0.0))
