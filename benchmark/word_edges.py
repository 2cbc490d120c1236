"""Whether words are cut where they begin and end: each piece between two word edges is transcribed by itself.

A word that begins too late or ends too early is clipped in its piece and misrecognized, or recognized in the next one
as well. This needs no true times, and so works in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import RATE

_WORDS = 6  # words of a piece
_LONGEST = 8.0  # seconds of a piece
_AROUND = RATE * 2 // 5  # samples of silence before and after a piece

TimedWord = tuple[str, float, float]
Hear = Callable[[NDArray[np.float32]], str]
Edits = Callable[[list[str], list[str]], int]


def pieces(words: Sequence[TimedWord]) -> Iterator[Sequence[TimedWord]]:
    """Runs of ``_WORDS`` words; those with a long pause inside, and what is left over at the end, are left out."""
    edges = range(0, len(words) + 1, _WORDS)
    for first, last in pairwise(edges):
        run = words[first:last]
        if run[-1][2] - run[0][1] <= _LONGEST:
            yield run


def cut_errors(samples: NDArray[np.float32], words: Sequence[TimedWord], hear: Hear, edits: Edits) -> tuple[int, int]:
    """How many words are wrong, missing or too many in all pieces of mono sound at 16 kHz, and how many there are."""
    wrong = count = 0
    for run in pieces(words):
        piece = np.pad(samples[int(run[0][1] * RATE) : int(run[-1][2] * RATE)], _AROUND)
        said, heard = [_plain(text) for text, _, _ in run], [_plain(text) for text in hear(piece).split()]
        wrong += edits([text for text in said if text], [text for text in heard if text])
        count += len(run)
    return wrong, count


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
