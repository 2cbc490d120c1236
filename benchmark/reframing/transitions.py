"""Gradual transitions composed of real recordings, and how many of them a detector of shots misses or invents."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clipy import probe
from clipy.analysis.shots.transitions.gradual import SIZE, GradualTransitions
from clipy.media.read import pictures

Pictures = NDArray[np.uint8]

_RATE = 25
_STEADY = 75  # pictures of each of the two shots beside the transition
_BLENDS = {"dissolve": None, "dip to black": 0, "dip to white": 255}
_MOVES = ("wipe", "push", "cover", "uncover")
_LENGTHS = {"blend": (6, 8, 12, 18, 25, 38, 50), "move": (5, 7, 10, 14, 18)}  # pictures
_SCALE = 20  # moves are composed this many times as large, so that they begin and end between two pixels
_NEAR = 0.1  # seconds by which a transition may be found outside of its extent


def transition_errors(media: Sequence[Path], count: int = 105, seed: int = 0) -> dict[str, float]:
    """Shares of ``count`` composed transitions that are missed, and of false ones; mean error of their middles in s.

    Each joins two random parts of recordings without a cut; some progress linearly, some slow down at their ends.
    """
    chance = np.random.default_rng(seed)
    recordings = [small for path in media if len(small := _small(path)) > _STEADY + max(_LENGTHS["blend"])]
    kinds = [*_BLENDS, *_MOVES]
    missed, false, errors = 0, 0, []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        length = int(chance.choice(_LENGTHS["blend" if kind in _BLENDS else "move"]))
        shown = _joined(chance, recordings, kind, length)
        detector = GradualTransitions()
        for index, picture in enumerate(shown):
            detector.add(Fraction(index, _RATE), picture)
        found = detector.transitions()
        begin, end = (_STEADY - 1) / _RATE, (_STEADY + length) / _RATE
        right = [one for one in found if begin - _NEAR <= float(one.middle) <= end + _NEAR]
        missed += not right
        false += len(found) - min(1, len(right))
        errors += [abs(float(one.middle) - (begin + end) / 2) for one in right[:1]]
    return {
        "missed": round(missed / count, 3),
        "false": round(false / count, 3),
        "middle_error_s": round(float(np.mean(errors)), 3) if errors else float("nan"),
    }


def _small(path: Path) -> Pictures:
    """All pictures of a recording, as small as shots are detected on; none where it has cuts of its own."""
    video = probe(path)
    found = [
        cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
        for _, picture in pictures(video, video.span, height=min(144, video.height))
    ]
    shown = np.array(found, dtype=np.uint8)
    steps = np.abs(np.diff(shown.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
    return shown if len(steps) and steps.max() < 20 else shown[:0]


def _joined(chance: np.random.Generator, recordings: Sequence[NDArray[np.uint8]], kind: str, length: int) -> Pictures:
    old, new = (_part(chance, recordings, _STEADY + length) for _ in range(2))
    eased, axis, reverse = bool(chance.integers(2)), int(chance.integers(2)), bool(chance.integers(2))
    between = []
    for index in range(length):
        progress = (index + 1) / (length + 1)
        progress = progress * progress * (3 - 2 * progress) if eased else progress
        a, b = old[_STEADY + index].astype(np.float32), new[index].astype(np.float32)
        mixed = _blend(kind, progress, a, b) if kind in _BLENDS else _move(kind, progress, a, b, axis, reverse=reverse)
        between.append(np.clip(mixed, 0, 255).astype(np.uint8))
    return np.concatenate([old[:_STEADY], np.stack(between), new[length:]])


def _part(chance: np.random.Generator, recordings: Sequence[NDArray[np.uint8]], length: int) -> Pictures:
    chosen = recordings[int(chance.integers(len(recordings)))]
    start = int(chance.integers(len(chosen) - length + 1))
    return np.asarray(chosen[start : start + length])


def _blend(kind: str, progress: float, old: Any, new: Any) -> Any:
    colour = _BLENDS[kind]
    if colour is None:
        return old * (1 - progress) + new * progress
    covered = 1 - abs(2 * progress - 1)
    return (old if progress < 0.5 else new) * (1 - covered) + colour * covered


def _move(kind: str, progress: float, old: Any, new: Any, axis: int, *, reverse: bool) -> Any:
    large = [cv2.resize(picture, (SIZE[0] * _SCALE, SIZE[1] * _SCALE)) for picture in (old, new)]
    a, b = (np.flip(picture, axis) if reverse else picture for picture in large)
    size = a.shape[axis]
    entered = round(progress * size)
    left = range(entered, size) if kind in ("push", "uncover") else range(size - entered)
    right = range(entered) if kind in ("push", "cover") else range(size - entered, size)
    mixed = np.concatenate([np.take(a, left, axis), np.take(b, right, axis)], axis)
    shown = np.ascontiguousarray(np.flip(mixed, axis) if reverse else mixed)
    return cv2.resize(shown, SIZE, interpolation=cv2.INTER_AREA)
