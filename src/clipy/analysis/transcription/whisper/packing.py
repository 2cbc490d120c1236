"""Speech packed into pieces of at most 30 s, which is what Whisper's encoder takes; times are mapped back.

Pauses are left out between the parts of a piece, so that a piece holds as much speech as fits. This is what
faster-whisper's batched pipeline does with a voice activity detector of its own; here the detector's output for the
window is at hand, and runs once.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.audio.speech import FRAME, RATE, Window, speech_regions

LONGEST = 30 * RATE  # samples of a piece
_MARGIN = RATE * 2 // 5  # samples kept before and after speech, as far as the pause lasts

_Part = tuple[int, int]  # first sample and the one after the last, in the window


@dataclass(frozen=True, slots=True, eq=False)
class PackedSpeech:
    """The speech of a window, float32 ``samples`` (n,): ``parts`` of the window, joined to ``pieces`` of at most 30 s.

    ``pieces`` are the first sample of each and the one after its last, in ``samples``.
    """

    samples: NDArray[np.float32]
    parts: tuple[_Part, ...]
    pieces: tuple[_Part, ...]

    def in_window(self, start: float, end: float) -> tuple[float, float]:
        """Seconds in ``samples`` -> seconds in the window; a word lies in the part in which its middle is."""
        lengths = np.cumsum([last - first for first, last in self.parts])
        number = min(bisect.bisect(lengths.tolist(), (start + end) / 2 * RATE), len(self.parts) - 1)
        moved = (self.parts[number][1] - int(lengths[number])) / RATE
        return start + moved, end + moved


def pack(window: Window) -> PackedSpeech:
    """The speech of a window in pieces; no pieces where nobody speaks."""
    parts = list(_padded(window))
    lengths = [last - first for first, last in parts]
    pieces: list[_Part] = []
    begin = at = 0
    for length in lengths:
        if at + length - begin > LONGEST:
            pieces.append((begin, at))
            begin = at
        at += length
    if at > begin:
        pieces.append((begin, at))
    samples = [window.samples[first:last] for first, last in parts]
    return PackedSpeech(np.concatenate([*samples, np.zeros(0, np.float32)]), tuple(parts), tuple(pieces))


def _padded(window: Window) -> Iterator[_Part]:
    """The speech with its margins, each part at most ``LONGEST``."""
    size = len(window.samples)
    speech = [
        (int(span.start * RATE), min(size, int(span.end * RATE))) for span in speech_regions(window.probabilities)
    ]
    for number, (first, last) in enumerate(speech):
        before = _MARGIN if number == 0 else min(_MARGIN, (first - speech[number - 1][1]) // 2)
        after = _MARGIN if number == len(speech) - 1 else min(_MARGIN, (speech[number + 1][0] - last) // 2)
        yield from _cut(max(0, first - before), min(size, last + after), window.probabilities.tolist())


def _cut(first: int, last: int, probabilities: Sequence[float]) -> Iterator[_Part]:
    """A part, cut where a pause is most likely while it is too long."""
    while last - first > LONGEST:
        frames = range((first + LONGEST // 2) // FRAME + 1, (first + LONGEST) // FRAME)
        cut = min(frames, key=lambda frame: probabilities[frame]) * FRAME
        yield first, cut
        first = cut
    if last > first:
        yield first, last
