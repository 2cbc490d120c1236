"""Correction of Whisper's word times by voice activity.

Whisper derives word times from cross-attention. They are consistently 40 ms early, extend the last word before a pause
into it, and start the first word after a pause up to half a second early.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from clipy.types import Seconds, Span, Word

# Seconds by which Whisper's times are early: the median of its word starts against the exact times of synthesised
# speech (42 ms, 92 words) and against another recogniser's times of an audiobook (40 ms, 180 words).
_EARLY = Fraction(1, 25)
_SHORTEST = Fraction(3, 50)  # seconds of the shortest word: two video frames
_WHOLE_WORD = Fraction(3, 10)  # seconds before a pause at which a word belongs before it
_SNAP = Fraction(2, 5)  # seconds between the outer words of a speech span and its ends, at most
_REACH = Fraction(1, 2)  # seconds between a word and its speech, at most; otherwise it was not spoken


def snap_to_speech(words: Sequence[Word], speech: Sequence[Span]) -> tuple[list[Word], int]:
    """Move words out of silence into the speech they belong to; drop and count those without speech.

    ``speech`` is ordered and disjoint. The first and last word of each speech span are snapped to its ends.
    """
    starts = [span.start for span in speech]
    later = [replace(word, start=word.start + _EARLY, end=word.end + _EARLY) for word in words]
    belongs = [(word, _stretch(word, speech, starts)) for word in later]
    spoken = [(word, stretch) for word, stretch in belongs if stretch is not None]
    kept: list[Word] = []
    for index, (word, stretch) in enumerate(spoken):
        first = index == 0 or spoken[index - 1][1] != stretch
        last = index == len(spoken) - 1 or spoken[index + 1][1] != stretch
        kept.append(_snapped(_within(word, stretch), stretch, first=first, last=last))
    return kept, len(words) - len(kept)


def _stretch(word: Word, speech: Sequence[Span], starts: list[Seconds]) -> Span | None:
    """The speech span a word belongs to: the one with most overlap, or the nearest within reach.

    A word across a pause is nearly always the first one after it, since Whisper starts a word where the previous one
    ends. It is the last one before the pause only if a good part of it lies there.
    """
    first = max(0, bisect.bisect_right(starts, word.start) - 1)
    last = bisect.bisect_right(starts, word.end + _REACH)
    near = speech[first:last]
    touched = [span for span in near if word.span.overlap(span) > 0]
    if touched:
        before, after = touched[0], touched[-1]
        whole = word.span.overlap(before)
        return before if whole >= _WHOLE_WORD and whole > word.span.overlap(after) else after
    nearest = min(near, key=lambda span: _distance(word, span), default=None)
    return nearest if nearest is not None and _distance(word, nearest) <= _REACH else None


def _distance(word: Word, span: Span) -> Seconds:
    return max(span.start - word.end, word.start - span.end, Fraction(0))


def _within(word: Word, stretch: Span) -> Word:
    """Clamp a word to a speech span; a word outside moves to the nearer edge."""
    if word.end <= stretch.start:
        return replace(word, start=stretch.start, end=stretch.start + min(word.span.duration, stretch.duration))
    if word.start >= stretch.end:
        return replace(word, start=stretch.end - min(word.span.duration, stretch.duration), end=stretch.end)
    return replace(word, start=max(word.start, stretch.start), end=min(word.end, stretch.end))


def _snapped(word: Word, stretch: Span, *, first: bool, last: bool) -> Word:
    """Extend the first and last word of a speech span to its ends."""
    start = stretch.start if first and word.start - stretch.start <= _SNAP else word.start
    end = stretch.end if last and stretch.end - word.end <= _SNAP else word.end
    return replace(word, start=start, end=end)


def wordless_spans(words: Sequence[Word], speech: Sequence[Span], at_least: Seconds) -> list[Span]:
    """Spans between words with at least ``at_least`` seconds of speech."""
    inside = [(word.start, word.end) for word in sorted(words, key=lambda word: word.start)]
    begins = [Fraction(0), *(end for _, end in inside)]
    ends = [*(start for start, _ in inside), max((span.end for span in speech), default=Fraction(0))]
    found: list[Span] = []
    for begin, end in zip(begins, ends, strict=True):
        if begin >= end:
            continue  # the words overlap
        between = [span.clamp(Span(begin, end)) for span in speech if span.start < end and span.end > begin]
        if sum((span.duration for span in between), Fraction(0)) >= at_least:
            found.append(Span(between[0].start, between[-1].end))
    return found


def in_order(words: Sequence[Word], limit: Span) -> tuple[Word, ...]:
    """Make words ordered and disjoint, inside ``limit``, and each of a visible duration.

    A word that is too short takes time from the pause after it, then from its neighbours.
    """
    if not words:
        return ()
    shortest = min(_SHORTEST, limit.duration / len(words))
    starts = [word.start for word in words]
    earliest = limit.start
    for index, start in enumerate(starts):
        starts[index] = earliest = max(start, earliest)
        earliest += shortest
    latest = limit.end
    for index in range(len(starts) - 1, -1, -1):
        latest -= shortest
        starts[index] = latest = min(starts[index], latest)
    ends = [*starts[1:], limit.end]
    return tuple(
        replace(word, start=start, end=min(max(word.end, start + shortest), end))
        for word, start, end in zip(words, starts, ends, strict=True)
    )
