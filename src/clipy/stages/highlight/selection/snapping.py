"""A stretch of which only about the place is wanted, moved so that it cuts into nothing that is said."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import product

from clipy.stages.highlight.selection.candidates import Timed, closing, opening, split_sentences
from clipy.text.sentences import sentences
from clipy.types import Seconds, Span, Transcript


def placed(wanted: Span, room: Span, said: Transcript, shortest: Seconds, longest: Seconds, duration: Seconds) -> Span:
    """The nearest stretch that lasts between the bounds, lies inside ``room``, and has its edges between sentences.

    Where there is none its edges lie between words, and where there is none either it stays as it is. An edge that
    cuts into nothing stays where it is. ``duration`` is the video's.
    """
    for parts in (split_sentences(sentences(said), longest), said.words):
        found = _nearest(wanted, room, parts, (shortest, longest), duration)
        if found is not None:
            return found
    return wanted


def _nearest(
    wanted: Span, room: Span, parts: Sequence[Timed], bounds: tuple[Seconds, Seconds], duration: Seconds
) -> Span | None:
    shortest, longest = bounds
    near = _near(parts, Span(wanted.start - longest, wanted.end + longest))
    starts = [opening(parts, index)[0] for index in near]
    ends = [closing(parts, index, duration)[0] for index in near]
    starts += [wanted.start] if _is_free(wanted.start, parts, near) else []
    ends += [wanted.end] if _is_free(wanted.end, parts, near) else []
    fitting = [
        Span(start, end)
        for start, end in product(starts, ends)
        if room.start <= start and end <= room.end and shortest <= end - start <= longest
    ]
    return min(
        fitting,
        key=lambda span: (abs(span.start - wanted.start) + abs(span.end - wanted.end), span.start),
        default=None,
    )


def _near(parts: Sequence[Timed], around: Span) -> range:
    """The parts that begin in a span, and the one before."""
    first = bisect_left(parts, around.start, key=lambda part: part.span.start)
    return range(max(0, first - 1), bisect_left(parts, around.end, key=lambda part: part.span.start))


def _is_free(time: Seconds, parts: Sequence[Timed], near: range) -> bool:
    return not any(parts[index].span.start < time < parts[index].span.end for index in near)
