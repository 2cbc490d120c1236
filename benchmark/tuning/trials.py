"""A setting's cost and quality, and which settings no other beats in both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

_NOISE = 0.15  # of a cost, between two runs of the same


@dataclass(frozen=True)
class Trial:
    """``cost``: processor seconds for a second of video. ``quality``: higher is better, as ``measure`` says.

    Qualities that differ by less than ``same`` are not told apart by short recordings.
    """

    part: str
    setting: str
    measure: str
    cost: float
    quality: float
    is_default: bool = False
    on_front: bool = False
    same: float = 0.004

    def record(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "setting": self.setting,
            "cost": round(self.cost, 4),
            self.measure: round(self.quality, 4),
            "default": self.is_default,
            "front": self.on_front,
        }


def spent(work: Callable[[], T]) -> tuple[T, float]:
    """What a function returns, and the processor seconds that it took on all cores."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def with_front(trials: Sequence[Trial]) -> list[Trial]:
    """The trials of one part, those marked that no other beats.

    One is beaten by what is clearly cheaper and about as good, or clearly better for about the same cost.
    """
    return [replace(trial, on_front=not any(_beats(other, trial) for other in trials)) for trial in trials]


def _beats(one: Trial, other: Trial) -> bool:
    cheaper, as_cheap = one.cost < (1 - _NOISE) * other.cost, one.cost <= (1 + _NOISE) * other.cost
    better, as_good = one.quality > other.quality + one.same, one.quality >= other.quality - one.same
    return (cheaper and as_good) or (better and as_cheap)
