"""Captions against speech: which words are shown, which are not, and by how much captions come late.

Both are compared letter by letter, in one cheapest alignment over the whole clip (Levenshtein, 1966): where a reader of
pictures puts its spaces does not matter, and a phrase said twice is paired with the nearer one in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.clip_qc.screen_text import RATE, ScreenLine, letters
from clipy.types import Span, Word

_MOST = 4000  # letters that are compared: five minutes of speech
_WRONG = 1.0  # what two letters that differ cost; one that is left out costs 1
_AWAY = 0.1  # what a second between a caption and what is said costs for each letter
_FARTHEST = 8.0  # seconds that count
_BEGINS = 2  # letters into a caption, or a word, that still are its beginning: readers drop one now and then
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Match:
    """``shown`` tells of each word whether it is in the captions. ``said`` is the share of the captions' letters that
    are said, in 0..1, and ``lines`` that of each line's. ``offsets`` are the seconds by which each caption that could
    be paired begins after its first word, with the caption.
    """

    shown: tuple[bool, ...]
    said: float
    lines: tuple[float, ...]
    offsets: tuple[tuple[float, ScreenLine], ...]

    @property
    def late(self) -> float | None:
        """The median of the offsets; None when no caption could be paired."""
        return median(offset for offset, _ in self.offsets) if self.offsets else None


def match_captions(lines: Sequence[ScreenLine], words: Sequence[Word]) -> Match:
    """Pair captions, in order of time, with the words that are said."""
    read, line_of = _spelled([line.text for line in lines])
    said, word_of = _spelled([word.text for word in words])
    pairs = _aligned(read, said, _distances(lines, line_of, words, word_of))
    hits = np.zeros(len(words))
    for _, there in pairs:
        hits[word_of[there]] += 1
    sizes = np.bincount(word_of, minlength=len(words)) if len(word_of) else np.zeros(len(words))
    shown = tuple(bool(size == 0 or hit >= _HALF * size) for hit, size in zip(hits, sizes, strict=True))
    found = np.bincount(line_of[[at for at, _ in pairs]], minlength=len(lines)) if pairs else np.zeros(len(lines))
    spelled = np.bincount(line_of, minlength=len(lines)) if len(line_of) else np.zeros(len(lines))
    shares = tuple((found / np.maximum(1, spelled)).tolist())
    return Match(shown, len(pairs) / max(1, len(read)), shares, _offsets(lines, line_of, words, word_of, pairs))


def words_in_common(words: Sequence[Word], others: Sequence[Word]) -> tuple[bool, ...]:
    """Which of some words are also among others, at about the same time: two hearings of the same sound."""
    first, of_first = _spelled([word.text for word in words])
    second, of_second = _spelled([word.text for word in others])
    pairs = _aligned(first, second, _distances(words, of_first, others, of_second))
    hits = np.bincount(of_first[[at for at, _ in pairs]], minlength=len(words)) if pairs else np.zeros(len(words))
    sizes = np.bincount(of_first, minlength=len(words)) if len(of_first) else np.zeros(len(words))
    return tuple(bool(size == 0 or hit >= _HALF * size) for hit, size in zip(hits, sizes, strict=True))


def cards(lines: Sequence[ScreenLine]) -> list[tuple[ScreenLine, ...]]:
    """Lines that appear together."""
    found: list[list[ScreenLine]] = []
    for line in lines:
        if found and line.span.start - found[-1][0].span.start < 1 / RATE:
            found[-1].append(line)
        else:
            found.append([line])
    return [tuple(card) for card in found]


def _spelled(texts: Sequence[str]) -> tuple[str, NDArray[np.intp]]:
    """All letters of some texts, and the index of the text that each is from."""
    parts = [letters(text) for text in texts]
    whole = "".join(parts)[:_MOST]
    return whole, np.repeat(np.arange(len(parts)), [len(part) for part in parts])[: len(whole)]


def _distances(
    lines: Sequence[ScreenLine] | Sequence[Word],
    line_of: NDArray[np.intp],
    words: Sequence[Word],
    word_of: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Seconds between when each letter is shown and when it is said, 0 while both are: float32 (read, said)."""
    if not len(line_of) or not len(word_of):
        return np.zeros((len(line_of), len(word_of)), dtype=np.float32)
    starts, ends = _edges([line.span for line in lines])
    first, last = _edges([word.span for word in words])
    apart = np.maximum(starts[:, None] - last[None, :], first[None, :] - ends[:, None])
    near = np.clip(apart, 0, _FARTHEST).astype(np.float32)
    return np.asarray(near[line_of][:, word_of], dtype=np.float32)


def _edges(spans: Sequence[Span]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([float(span.start) for span in spans]), np.array([float(span.end) for span in spans])


def _aligned(read: str, said: str, distance: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The pairs of equal letters of the cheapest alignment, in order."""
    a = np.array([ord(char) for char in read], dtype=np.int32)
    b = np.array([ord(char) for char in said], dtype=np.int32)
    along = np.arange(len(b) + 1, dtype=np.float32)
    costs = np.empty((len(a) + 1, len(b) + 1), dtype=np.float32)
    costs[0] = along
    for row in range(1, len(a) + 1):
        apart = (a[row - 1] != b) * np.float32(_WRONG) + np.float32(_AWAY) * distance[row - 1]
        best = np.minimum(costs[row - 1, 1:] + 1, costs[row - 1, :-1] + apart)
        best = np.concatenate([[costs[row - 1, 0] + 1], best])
        costs[row] = np.minimum.accumulate(best - along) + along  # letters of the speech left out
    pairs, i, j = [], len(a), len(b)
    while i and j:
        apart = float(a[i - 1] != b[j - 1]) * _WRONG + _AWAY * float(distance[i - 1, j - 1])
        if costs[i, j] >= costs[i - 1, j - 1] + apart - 1e-3:
            i, j = i - 1, j - 1
            if a[i] == b[j]:
                pairs.append((i, j))
        elif costs[i, j] >= costs[i - 1, j] + 1 - 1e-3:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _offsets(
    lines: Sequence[ScreenLine],
    line_of: NDArray[np.intp],
    words: Sequence[Word],
    word_of: NDArray[np.intp],
    pairs: Sequence[tuple[int, int]],
) -> tuple[tuple[float, ScreenLine], ...]:
    """For each caption whose first word was found: by how much it comes after it.

    A line is first seen up to one look after it appeared: half of that, the mean, is taken off.
    """
    first_letter = {int(line): int(np.searchsorted(line_of, line)) for line in set(line_of.tolist())}
    first_sound = {int(word): int(np.searchsorted(word_of, word)) for word in set(word_of.tolist())}
    opening = {id(card[0]) for card in cards(lines)}
    found: dict[int, float] = {}
    for at, there in pairs:
        line, word = int(line_of[at]), int(word_of[there])
        if line in found or id(lines[line]) not in opening:
            continue
        into, sound = at - first_letter[line], there - first_sound[word]
        if into <= _BEGINS and sound == into:
            start = float(lines[line].span.start)
            found[line] = start - float(1 / RATE) / 2 * (start > 0) - float(words[word].start)
    return tuple((offset, lines[line]) for line, offset in found.items())
