"""Gradual transitions: where two steady pictures differ, and those in between lead from one to the other.

A window of each of a few lengths slides over the video. Where the pictures at its ends differ all over, and each end
rests, the pictures inside must be explained as a blend, a wipe, a push or a cover whose progress runs from 0 to 1.
Camera moves, people who walk through and changes of light leave too much unexplained, or show the same scene before and
after; a hand or a shadow that passes like a wipe leaves a part of the picture as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.shots.transitions.explanations import Explanation, Pictures, blends, moves
from clipy.types import Seconds, Span

SIZE = (32, 18)  # columns and rows of the pictures that are compared

_HALVES = (0.2, 0.35, 0.6, 1.0, 1.6)  # seconds: half the windows' lengths
_LONGEST = 2 * max(_HALVES)
_LONGEST_MOVE = 1.3  # ... longer ones are not tried as moves and wipes: these are rare, and costly to try
_CHANGE = 14.0  # mean difference, of 255, of the pictures before and after
_ALIKE = 0.65  # correlation of the two above which they show the same scene in another light
_EVERYWHERE = (
    0.35  # share of the change that every quarter must have after a move: a passing hand leaves some as it was
)
_REST = 0.35  # share of the change by which either end may move within _RESTING seconds
_RESTING = 0.3
_BLEND, _MOVE = 0.2, 0.3  # residual below which a picture in between counts as explained
_RETREAT = 0.2  # by how much progress may run backwards, over all
_JUMP = 0.5  # progress from one picture to the next above which it is a hard cut
_TRIED = 10  # pictures of a window to which moves are fitted at first, and all of them only where these fit
_CHUNK = 20.0  # seconds that are examined together


@dataclass(frozen=True, slots=True)
class Transition:
    """``extent`` holds every picture that shows both shots; at ``middle`` the second begins to prevail."""

    extent: Span
    middle: Seconds
    kind: str = field(compare=False)


class GradualTransitions:
    """Give it every picture in order; it holds those of some twenty seconds."""

    def __init__(self) -> None:
        self._times: list[Seconds] = []
        self._pictures: list[NDArray[np.uint8]] = []
        self._found: list[Transition] = []

    def add(self, time: Seconds, picture: NDArray[np.uint8]) -> None:
        """The next picture, ``SIZE`` small: (rows, columns, 3)."""
        self._times.append(time)
        self._pictures.append(picture)
        if self._times[-1] - self._times[0] > _CHUNK:
            self._examine()
            keep = next(n for n, at in enumerate(self._times) if self._times[-1] - at <= _LONGEST + 2 * _RESTING)
            self._times, self._pictures = self._times[keep:], self._pictures[keep:]

    def transitions(self) -> list[Transition]:
        """All that were found, in order, apart from one another. Call it once, at the end."""
        self._examine()
        return sorted(self._found, key=lambda transition: transition.middle)

    def _examine(self) -> None:
        if len(self._times) < 4:
            return
        times = np.array([float(time) for time in self._times])
        pictures = np.stack(self._pictures).astype(np.float32)
        found = [
            (explanation.kind != "dip", residual, explanation.kind, first + begin, first + middle, first + end)
            for first, last in _windows(times, pictures)
            if (best := _explained(times, pictures, first, last)) is not None
            for explanation, residual in [best]
            for begin, middle, end in [_extent(explanation)]
        ]
        for _, _, name, begin, middle, end in sorted(found):  # either half of a dip is a blend, too
            extent = Span(self._times[begin], self._times[end])
            if all(extent.overlap(other.extent) <= 0 for other in self._found):
                self._found.append(Transition(extent, self._times[middle], name))


def _windows(times: NDArray[np.float64], pictures: Pictures) -> Iterator[tuple[int, int]]:
    """First and last index of windows at whose ends two different scenes rest."""
    rate = (len(times) - 1) / max(1e-6, times[-1] - times[0])
    some, rest = max(1, round(0.1 * rate)), max(2, round(_RESTING * rate))
    for half in _HALVES:
        ends = _ends(times, half)
        changes = np.array([_change(pictures, first, last, some) for first, last in ends])
        for place, (first, last) in enumerate(ends):
            near = changes[max(0, place - 2) : place + 3]
            if changes[place] < _CHANGE or changes[place] < near.max():
                continue
            before, after = _mean(pictures, first - some, first), _mean(pictures, last, last + some)
            moved = max(
                float(np.abs(before - pictures[max(0, first - rest)]).mean()),
                float(np.abs(after - pictures[min(len(pictures) - 1, last + rest)]).mean()),
            )
            if moved <= _REST * changes[place] and _correlation(before, after) <= _ALIKE:
                yield first, last


def _ends(times: NDArray[np.float64], half: float) -> list[tuple[int, int]]:
    centres = np.arange(times[0] + half, times[-1] - half, min(0.12, half / 4))
    firsts, lasts = np.searchsorted(times, centres - half), np.searchsorted(times, centres + half)
    return [(int(first), min(int(last), len(times) - 1)) for first, last in zip(firsts, lasts, strict=True)]


def _explained(
    times: NDArray[np.float64], pictures: Pictures, first: int, last: int
) -> tuple[Explanation, float] | None:
    """The best explanation of the pictures of a window, with its residual; None where there is none."""
    some = max(1, (last - first) // 8)
    before, after = _mean(pictures, first - some, first), _mean(pictures, last, last + some)
    between = pictures[first : last + 1]
    good = list(_good(blends(between, before, after)))
    if not good and times[last] - times[first] <= _LONGEST_MOVE and _differ_everywhere(before, after):
        some_of_them = between[np.unique(np.linspace(0, len(between) - 1, _TRIED).astype(int))]
        if list(_good(moves(some_of_them, before, after), jump=1.0)):
            good = list(_good(moves(between, before, after)))
    return min(good, key=lambda one: one[1], default=None)


def _good(explanations: Iterable[Explanation], jump: float = _JUMP) -> Iterator[tuple[Explanation, float]]:
    """The explanations that hold, each with its residual."""
    for explanation in explanations:
        residual = _residual(explanation, jump)
        if residual is not None:
            yield explanation, residual


def _residual(explanation: Explanation, jump: float) -> float | None:
    """What is unexplained in the middle; None where that is too much, or progress does not run from 0 to 1."""
    progress = explanation.progress
    middle = (progress > 0.1) & (progress < 0.9)
    steps = np.diff(progress)
    if middle.sum() < 2 or progress[0] > 0.15 or progress[-1] < 0.85:
        return None
    if -np.minimum(0, steps).sum() > _RETREAT or steps.max() > (jump if explanation.kind != "dip" else 0.8 * jump):
        return None
    residual = float(np.median(explanation.residual[middle]))
    return residual if residual <= (_BLEND if explanation.kind in ("blend", "dip") else _MOVE) else None


def _extent(explanation: Explanation) -> tuple[int, int, int]:
    """Indices: the last picture of the first shot alone, the first where the second prevails, and of it alone."""
    progress = explanation.progress
    begun = np.flatnonzero(progress > 0.06)[0]
    done = np.flatnonzero(progress < 0.94)[-1]
    return max(0, int(begun) - 1), int(np.flatnonzero(progress >= 0.5)[0]), min(len(progress) - 1, int(done) + 1)


def _mean(pictures: Pictures, first: int, last: int) -> Pictures:
    """The mean of the pictures from ``first`` to ``last``, both included, as far as there are any."""
    return np.asarray(pictures[max(0, first) : last + 1].mean(axis=0), dtype=np.float32)


def _change(pictures: Pictures, first: int, last: int, some: int) -> float:
    before, after = _mean(pictures, first - some, first), _mean(pictures, last, last + some)
    return float(np.abs(after - before).mean())


def _differ_everywhere(before: Pictures, after: Pictures) -> bool:
    """Whether two pictures differ in every quarter, as after a move or a wipe."""
    apart = np.abs(after - before)
    rows, columns = apart.shape[0] // 2, apart.shape[1] // 2
    least = min(float(apart[down, across].mean()) for down in _split(rows) for across in _split(columns))
    return least >= _EVERYWHERE * float(apart.mean())


def _split(middle: int) -> tuple[slice, slice]:
    return slice(None, middle), slice(middle, None)


def _correlation(before: Pictures, after: Pictures) -> float:
    """How alike two pictures are in what they show, whatever their brightness and colour: -1..1."""
    a, b = (picture - picture.mean(axis=(0, 1)) for picture in (before, after))
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-6))
