"""Crosstalk and rapid exchanges: spans in which one window cannot follow the speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.faces.tracking.tracks import grid
from clipy.analysis.odds import shares
from clipy.arrays import true_runs
from clipy.types import TRACK_RATE, Span, Track

_SPEAKS = 0.75  # probability: only certain speech justifies several panels
_SHARE = 0.3  # of the odds of all faces: a listener with moving lips scores high, but below the speaker
_WORD = 0.4  # seconds of speech that count as a turn
_AROUND = 4.0  # seconds before and after a moment in which speaker changes are counted
_CHANGES = 4  # speaker changes that make an exchange: no turn lasts more than two seconds
_AT_ONCE = 0.5  # share of overlapping speech around a moment that makes an exchange as well
_BEGIN, _GO_ON = 1.0, 0.5  # hysteresis of either measure: panels stay until the exchange is clearly over
_SHORTEST = 4.0  # seconds of the shortest split screen, and of the shortest gap between two
_TAKES_PART = 0.15  # share of the time that a participant must speak
_THERE = 0.95  # ... and be visible
_UNSEEN = 0.8  # seconds between detections of a face that is surely there: a panel must never show a bare wall
_SELDOM = 1.5  # ... or times the usual gap, where detection is sparser
_MOST = 4


def find_exchanges(span: Span, tracks: Sequence[Track]) -> list[tuple[Span, list[Track]]]:
    """The exchanges in a span of one shot, each with its two to four participants."""
    if len(tracks) < 2 or not all(len(track.speaking) for track in tracks):
        return []
    times = grid(span)
    at = np.array([float(time) for time in times])
    speaks = _speaking(tracks, at)
    measure = np.maximum(_changes(speaks) / _CHANGES, _at_once(speaks) / _AT_ONCE)
    edges = [*times, span.end]
    edges[0] = span.start
    found = []
    for first, last in _stretches(measure, _ticks(_SHORTEST)):
        members = [k for k in range(len(tracks)) if _takes_part(tracks[k], speaks[k], at, first, last)]
        if 2 <= len(members) <= _MOST:
            found.append((Span(edges[first], edges[last]), [tracks[k] for k in members]))
    return found


def people_on_screen(span: Span, tracks: Sequence[Track], most: int) -> list[tuple[Span, list[Track]]]:
    """Spans with at least two people on screen, each with the ``most`` that speak most, then the largest."""
    times = grid(span)
    at = np.array([float(time) for time in times])
    edges = [*times, span.end]
    edges[0] = span.start
    there = np.array([_present(track, at) for track in tracks]) if tracks else np.zeros((0, len(at)), bool)
    found = []
    for first, last in _stretches((there.sum(axis=0) >= 2).astype(float), _ticks(1.0)):
        members = [track for track, seen in zip(tracks, there, strict=True) if seen[first:last].mean() >= _THERE]
        if len(members) >= 2:
            members = sorted(members, key=_weight, reverse=True)[:most]
            found.append((Span(edges[first], edges[last]), members))
    return found


def _weight(track: Track) -> tuple[float, float]:
    size = (track.boxes[:, 2] - track.boxes[:, 0]) * (track.boxes[:, 3] - track.boxes[:, 1])
    return (round(float(track.speaking.mean()), 1) if len(track.speaking) else 0.0), float(np.median(size))


def _ticks(time: float) -> int:
    return round(time * float(TRACK_RATE))


def _present(track: Track, at: NDArray[np.float64]) -> NDArray[np.bool_]:
    half = 0.5 / float(TRACK_RATE)
    return np.asarray((at >= track.times[0] - half) & (at <= track.times[-1] + half))


def _speaking(tracks: Sequence[Track], at: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(tracks, times): who speaks, by each face's own probability and its share of the total odds."""
    there = np.array([_present(track, at) for track in tracks])
    heard = np.array([np.interp(at, track.times, track.speaking) for track in tracks]) * there
    share = np.array(shares(list(heard / (1 - np.minimum(heard, 0.999)))))
    return np.array([_in_words(speaks) for speaks in (heard >= _SPEAKS) & (share >= _SHARE)])


def _in_words(speaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Speech without bursts shorter than a word, and with pauses between words bridged."""
    for value in (False, True):
        for first, last in true_runs(speaks == value):
            if last - first < _ticks(_WORD) and first > 0 and last < len(speaks):
                speaks[first:last] = not value
    return speaks


def _changes(speaks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Number of speaker changes around each moment."""
    alone = np.where(speaks.sum(axis=0) == 1, speaks.argmax(axis=0), -1)
    known = np.flatnonzero(alone >= 0)
    changed = np.zeros(len(alone))
    if len(known):
        changed[known[1:][np.diff(alone[known]) != 0]] = 1
    return _around(changed, _ticks(_AROUND))


def _at_once(speaks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of the time around each moment in which two or more speak."""
    both = (speaks.sum(axis=0) >= 2).astype(float)
    half = _ticks(_AROUND) // 2
    return _around(both, half) / np.maximum(1, _around(np.ones(len(both)), half))


def _around(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    return np.asarray(total[np.minimum(len(values), index + half + 1)] - total[np.maximum(0, index - half)])


def _takes_part(track: Track, speaks: NDArray[np.bool_], at: NDArray[np.float64], first: int, last: int) -> bool:
    there = _present(track, at)[first:last]
    return bool(there.mean() >= _THERE and speaks[first:last].mean() >= _TAKES_PART) and _is_seen(
        track, float(at[first]), float(at[last - 1])
    )


def _is_seen(track: Track, start: float, end: float) -> bool:
    """Whether a face was found again and again all the time, rather than interpolated."""
    seen = track.times[(track.confidence > 0) & (track.times > start) & (track.times < end)]
    gaps = np.diff(np.concatenate([[start], seen, [end]]))
    return bool(gaps.max() <= max(_UNSEEN, _SELDOM * float(np.median(gaps))))


def _stretches(measure: NDArray[np.float64], shortest: int) -> list[tuple[int, int]]:
    """Where a measure rises to ``_BEGIN`` and has not fallen below ``_GO_ON``; nothing short is one or between two."""
    kept = np.zeros(len(measure), dtype=bool)
    for first, last in true_runs(measure >= _GO_ON):
        kept[first:last] = measure[first:last].max() >= _BEGIN
    for first, last in true_runs(~kept):
        if last - first < shortest and first > 0 and last < len(kept):
            kept[first:last] = True
    # A remainder of a shot that is too short for a window of its own is shown as what it adjoins.
    for first, last in true_runs(~kept):
        if last - first < shortest // 2 and last - first < len(kept):
            kept[first:last] = True
    return [(first, last) for first, last in true_runs(kept) if last - first >= shortest]
