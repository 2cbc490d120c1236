"""What nobody wants a clip of: sponsor reads, calls to subscribe, greetings, thanks, housekeeping, and unsure words.

Known by phrases of ``unwanted.txt``, in twelve languages, that are said to the audience. One phrase alone is no proof:
what is left out has two different ones, so that a talk about advertising or about gratitude stays.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from clipy.stages.highlight.selection.candidates import Candidate
from clipy.text.sentences import Sentence
from clipy.types import Array

log = logging.getLogger(__name__)
T = TypeVar("T")

_SPONSOR = "sponsor"
_LABELS = {
    _SPONSOR: "sponsor read",
    "promotion": "call to subscribe or follow",
    "greeting": "greeting",
    "thanks": "thanks and goodbye",
    "housekeeping": "housekeeping",
}
_OPENING = ("line", "sponsor")  # phrases that sponsor reads begin with
_WEAK = ("call", "back")  # phrases of sponsor reads that others say as well: alone they make none
_UNSURE = "words that the transcriber is unsure of"
_SHARE = 0.25  # of the speech of a stretch that may be unwanted
_SPONSOR_SHARE = 0.05  # the same of sponsor reads, which are known as whole blocks: not a sentence of one is wanted
_CUES = 2  # different phrases that it takes: people also talk about advertising
_GAP = 3  # sentences without a phrase that a sponsor read goes on over, at most
_READ = 15  # the same after a phrase that sponsor reads begin with, up to one that asks to buy
_GROWTH = 4  # sentences that a sponsor read may have before its first and after its last phrase
_ALIKE = 0.4  # cosine to the mean of a sponsor read: it is still about the product
_SURE = 0.4  # mean probability of the words below which a stretch is not picked ...
_OF_MEAN = 0.6  # ... where that is also less than this share of the mean of the whole video


class Unwanted:
    """Which stretches of ``sentences`` are unwanted. ``vectors``: their unit vectors, float32 (n, d), if known."""

    def __init__(self, sentences: Sequence[Sentence], vectors: Array | None = None) -> None:
        cues = list(dict.fromkeys((kind, name) for kind, name, _ in _phrases()))
        self._kinds = np.array([kind for kind, _ in cues])
        said = _said(sentences, cues)
        sponsor = self._kinds == _SPONSOR
        names = [name for kind, name in cues if kind == _SPONSOR]
        said[:, sponsor] = _blocks(said[:, sponsor], names, vectors)
        spoken = np.array([float(sum(word.end - word.start for word in item.words)) for item in sentences])
        self._cues = _sums(said)
        self._spoken = _sums(spoken)
        self._marked = _sums(np.where(said.any(axis=1), spoken, 0.0))
        first_kind = self._kinds[said.argmax(axis=1)]
        self._of_kind = {
            kind: _sums(np.where(said.any(axis=1) & (first_kind == kind), spoken, 0.0)) for kind in _LABELS
        }
        self._words = _sums(np.array([len(item.words) for item in sentences]))
        self._sureness = _sums(np.array([sum(word.probability for word in item.words) for item in sentences]))
        usual = float(self._sureness[-1] / max(1, self._words[-1]))
        self._least_sure = min(_SURE, _OF_MEAN * usual)

    def reason(self, candidate: Candidate) -> str:
        """What of it nobody wants to see; empty when nothing is."""
        first, after = candidate.first, candidate.last + 1
        words = self._words[after] - self._words[first]
        if (self._sureness[after] - self._sureness[first]) / words < self._least_sure:
            return _UNSURE
        spoken = self._spoken[after] - self._spoken[first]
        if self._of_kind[_SPONSOR][after] - self._of_kind[_SPONSOR][first] > _SPONSOR_SHARE * spoken:
            return _LABELS[_SPONSOR]
        marked = self._marked[after] - self._marked[first]
        different = np.count_nonzero(self._cues[after] - self._cues[first])
        if different < _CUES or marked <= _SHARE * spoken:
            return ""
        return _LABELS[max(self._of_kind, key=lambda kind: self._of_kind[kind][after] - self._of_kind[kind][first])]


def reasons_of(
    candidates: Sequence[Candidate], sentences: Sequence[Sentence], vectors: Array | None = None
) -> list[str]:
    """For each stretch what of it nobody wants to see; empty when nothing is."""
    unwanted = Unwanted(sentences, vectors)
    return [unwanted.reason(candidate) for candidate in candidates]


def without_unwanted(
    items: Sequence[T],
    candidate_of: Callable[[T], Candidate],
    sentences: Sequence[Sentence],
    vectors: Array | None = None,
) -> list[T]:
    """The items whose stretch somebody may want to see; all of them, with a warning, where that is none."""
    reasons = reasons_of([candidate_of(item) for item in items], sentences, vectors)
    counts = Counter(reason for reason in reasons if reason)
    if not counts:
        return list(items)
    summary = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    kept = [item for item, reason in zip(items, reasons, strict=True) if not reason]
    if not kept:
        log.warning("all %d stretches are unwanted (%s): picked from all the same", len(items), summary)
        return list(items)
    log.info("%d of %d stretches left out: %s", len(items) - len(kept), len(items), summary)
    return kept


@cache
def _phrases() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Kind, name and pattern of each line of ``unwanted.txt``."""
    text = files(__package__).joinpath("unwanted.txt").read_text(encoding="utf-8")
    lines = (line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return tuple((*_named(label), re.compile(pattern)) for label, pattern in lines)


def _named(label: str) -> tuple[str, str]:
    kind, name = label.split()
    return kind, name


def _said(sentences: Sequence[Sentence], cues: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    """Which phrases each sentence has: (sentences, cues)."""
    columns = {cue: column for column, cue in enumerate(cues)}
    said = np.zeros((len(sentences), len(cues)), dtype=bool)
    for row, sentence in enumerate(sentences):
        text = sentence.text.casefold().replace("’", "'")
        for kind, name, pattern in _phrases():
            said[row, columns[kind, name]] |= pattern.search(text) is not None
    return said


def _blocks(said: NDArray[np.bool_], names: Sequence[str], vectors: Array | None) -> NDArray[np.bool_]:
    """Sponsor reads as a whole: each of their sentences has all their phrases. One phrase alone is none."""
    weak = np.array([name in _WEAK for name in names])
    opening = np.asarray(said[:, [name in _OPENING for name in names]].any(axis=1), dtype=np.bool_)
    blocks = np.zeros_like(said)
    for block in _runs(np.flatnonzero(said.any(axis=1)).tolist(), opening):
        cues = said[block].any(axis=0)
        if np.count_nonzero(cues) < _CUES or not (cues & ~weak).any():
            continue
        first, last = block[0], block[-1]
        if vectors is not None:
            first, last = _grown(first, last, vectors)
        blocks[first : last + 1] |= cues
    return blocks


def _runs(rows: Sequence[int], opening: NDArray[np.bool_]) -> list[list[int]]:
    """The sentences with a phrase, those near each other together."""
    runs: list[list[int]] = []
    for row in rows:
        reach = _READ if runs and opening[runs[-1][-1]] and not opening[row] else _GAP
        if runs and row - runs[-1][-1] <= reach + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _grown(first: int, last: int, vectors: Array) -> tuple[int, int]:
    """The first and last sentence of a sponsor read with those around it that are about the same."""
    mean = vectors[first : last + 1].mean(axis=0)
    alike = vectors @ (mean / max(float(np.linalg.norm(mean)), 1e-9)) >= _ALIKE
    start, end = first, last
    while start > 0 and first - start < _GROWTH and alike[start - 1]:
        start -= 1
    while end + 1 < len(alike) and end - last < _GROWTH and alike[end + 1]:
        end += 1
    return start, end


def _sums(values: NDArray[np.bool_] | NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of all rows before each, and of all at the end: the difference of two is that of a stretch."""
    padding = ((1, 0), *((0, 0),) * (values.ndim - 1))
    return np.pad(np.cumsum(values, axis=0, dtype=np.float64), padding)
