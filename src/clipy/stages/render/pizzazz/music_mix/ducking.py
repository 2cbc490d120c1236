"""How loud music is at each moment: down before somebody speaks, up again in pauses that are worth it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_ATTACK, _EARLY = 0.35, 0.05  # seconds that it takes to go down, and how long before the word it is down
_HOLD, _RELEASE = 0.2, 0.7  # seconds that it stays down after a word, and that it takes to come up
_WORTH = 1.6  # seconds: in a shorter pause the music stays down, or it would pump

Point = tuple[float, float]  # seconds of clip time, dB


def curve(spoken: Iterable[tuple[float, float]], down: float, up: float) -> tuple[Point, ...]:
    """The gain over time as points, linear in dB between them and flat beyond; ``spoken`` are the words' times."""
    points: list[Point] = []
    for start, end in _stretches(spoken):
        points += [(start - _EARLY - _ATTACK, up), (start - _EARLY, down), (end + _HOLD, down)]
        points.append((end + _HOLD + _RELEASE, up))
    return tuple((round(time, 4), level) for time, level in points) or ((0.0, up),)


def _stretches(spoken: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spoken):
        if joined and start - joined[-1][1] < _WORTH:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def factors(points: Sequence[Point], first: int, count: int, rate: int) -> NDArray[np.float32]:
    """The factor for each of ``count`` samples from sample ``first`` on."""
    times = (first + np.arange(count)) / rate
    decibels = np.interp(times, [time for time, _ in points], [level for _, level in points])
    return np.asarray(10 ** (decibels / 20), dtype=np.float32)


def fades(first: int, count: int, total: int, fade_in: int, fade_out: int) -> NDArray[np.float32]:
    """Raised cosines at both ends of ``total`` samples, for ``count`` samples from ``first`` on."""
    at = first + np.arange(count) + 0.5
    share = np.ones(count)
    if fade_in:
        share = np.minimum(share, at / fade_in)
    if fade_out:
        share = np.minimum(share, (total - at) / fade_out)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1)), dtype=np.float32)
