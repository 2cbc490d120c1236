"""What an hour's tracks and transcript cost to save and to load."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from clipy.storage.store import Store
from clipy.types import Span, Track, Transcript, Word

_HOUR = Fraction(3600)
_PEOPLE = 2
_WORDS = 10_000


def figures(work: Path) -> dict[str, Any]:
    """Processor seconds and MB for two faces, seen 25 times a second, and ten thousand words."""
    store, tracks, words = Store(work / "figures"), _tracks(), _words()
    began = time.process_time()
    store.value("tracks", "hour", list[Track], lambda: tracks)
    store.value("words", "hour", Transcript, lambda: words)
    saved = time.process_time()
    store.value("tracks", "hour", list[Track], _never)
    store.value("words", "hour", Transcript, _never)
    loaded = time.process_time()
    size = sum(path.stat().st_size for path in (work / "figures").rglob("*.json"))
    return {
        "store_save_s": round(saved - began, 3),
        "store_load_s": round(loaded - saved, 3),
        "store_mb": round(size / 1e6, 2),
    }


def _never() -> Any:
    raise AssertionError("it was saved")


def _tracks() -> list[Track]:
    chance, count = np.random.default_rng(0), int(_HOUR * 25)
    found = []
    for number in range(_PEOPLE):
        centre = np.cumsum(chance.standard_normal((count, 2)) * 0.1, axis=0) + np.array([600, 300])
        half = 60 + np.cumsum(chance.standard_normal((count, 1)) * 0.05, axis=0)
        boxes = np.hstack([centre - half, centre + half]).astype(np.float32)
        sure, speaking = (chance.random(count).astype(np.float32) for _ in range(2))
        times = np.arange(count) / 25
        found.append(Track(number, Span(Fraction(0), _HOUR), times, boxes, sure, speaking))
    return found


def _words() -> Transcript:
    step, chance = _HOUR / _WORDS, np.random.default_rng(1)
    words = (
        Word(f"word{index % 997}", index * step, (index + 1) * step, float(chance.random())) for index in range(_WORDS)
    )
    return Transcript("en", tuple(words))
