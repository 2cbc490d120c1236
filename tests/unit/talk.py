"""Made-up faces and voices, of which the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from clipy.types import Span, Track, Turn, Word, seconds

SECOND = 25  # times of a track


def track(number: int, start: float, speaking: Sequence[float], identity: int | None) -> Track:
    """A face whose speaking probability is given for each second."""
    values = np.repeat(np.array(speaking, dtype=np.float32), SECOND)
    times = start + np.arange(len(values)) / SECOND
    boxes = np.tile(np.array([0, 0, 50, 50], dtype=np.float32), (len(values), 1))
    span = Span(Fraction(int(start)), Fraction(int(start) + len(speaking)))
    return Track(number, span, times, boxes, np.ones(len(values), dtype=np.float32), values, identity)


def turn(start: int, end: int, speaker: str) -> Turn:
    return Turn(Span(Fraction(start), Fraction(end)), speaker)


def words(start: float, voices: str) -> list[Word]:
    """A word each half second, three tenths long; ``voices`` has the one that is heard, a letter for each."""
    starts = [seconds(start + 0.5 * number) for number in range(len(voices))]
    return [Word("word", at, at + Fraction(3, 10), speaker=voice) for at, voice in zip(starts, voices, strict=True)]
