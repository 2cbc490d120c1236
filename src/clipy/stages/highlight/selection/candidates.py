"""Stretches of whole sentences that could be clips, with edges in the silence around them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from clipy.analysis.base import ShotDetector
from clipy.context import Context
from clipy.errors import NothingToDeliver
from clipy.stages.base import Highlighter
from clipy.text.sentences import Sentence, sentence_of
from clipy.types import Highlight, Seconds, Shot, Span, Video, Word, seconds

_LEAD = Fraction(1, 5)  # seconds of silence kept before the first word, where there are that many
_TAIL = Fraction(2, 5)  # and after the last
_CLEAR = Fraction(3, 20)  # seconds: an edge this near to speech is heard as a cut into it
_BEYOND = Fraction(1)  # seconds of silence that the end of a video counts for
_LONG_WORD = Fraction(10)  # seconds: no word lasts longer
_AROUND = Fraction(1, 2)  # seconds beyond the reach of snapping in which cuts are looked for, to see both sides of one


class Timed(Protocol):
    """Something that is said: a sentence, or a word."""

    @property
    def span(self) -> Span:
        """When."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """Sentences ``first``..``last`` (inclusive) as one stretch; ``room`` is the seconds of silence at its edges.

    The beginning and the end of a video have a second more of it: nobody speaks beyond.
    """

    first: int
    last: int
    span: Span
    room: tuple[Seconds, Seconds]

    @property
    def clear(self) -> bool:
        """Whether no edge cuts into speech, neither of this stretch nor of what is said beside it."""
        return min(self.room) >= 2 * _CLEAR


def split_sentences(sentences: Sequence[Sentence], longest: Seconds) -> list[Sentence]:
    """The sentences, those longer than ``longest`` cut at their longest pauses: the only cut inside a sentence."""
    result: list[Sentence] = []
    for sentence in sentences:
        waiting = [sentence.words]
        while waiting:
            words = waiting.pop()
            if len(words) < 2 or words[-1].end - words[0].start <= longest:
                result.append(sentence_of(words, sentence.language))
                continue
            cut = _longest_pause(words)
            waiting += [words[cut:], words[:cut]]
    return result


def _longest_pause(words: Sequence[Word]) -> int:
    """The index of the word after the longest pause; of equal ones the most central."""
    middle = len(words) / 2
    return max(
        range(1, len(words)), key=lambda index: (words[index].start - words[index - 1].end, -abs(index - middle))
    )


def candidates(
    sentences: Sequence[Sentence],
    duration: Seconds,
    shortest: Seconds,
    longest: Seconds,
    silence: Seconds | None = None,
) -> Iterator[Candidate]:
    """Every run of sentences whose stretch lasts between the bounds, silence at the edges included.

    No run goes on over more than ``silence`` seconds in which nobody speaks.
    """
    for first in range(len(sentences)):
        before = sentences[first - 1].span.end if first else -_BEYOND
        start, start_room = opening(sentences, first)
        for last in range(first, len(sentences)):
            pause = sentences[last].span.start - sentences[last - 1].span.end if last > first else Fraction(0)
            if silence is not None and pause > silence:
                break
            after = sentences[last + 1].span.start if last + 1 < len(sentences) else duration + _BEYOND
            end, end_room = closing(sentences, last, duration)
            span = Span(start, end)
            if span.duration > longest:
                break
            if span.duration < shortest:
                span = _widened(span, shortest, max(Fraction(0), before), min(duration, after))
            if shortest <= span.duration <= longest:
                yield Candidate(first, last, span, (start_room, end_room))


def opening(said: Sequence[Timed], index: int) -> tuple[Seconds, Seconds]:
    """Where a clip that opens with a sentence (or a word) begins, and the seconds of silence before that."""
    before = said[index - 1].span.end if index else -_BEYOND
    room = max(Fraction(0), said[index].span.start - before)
    return max(Fraction(0), said[index].span.start - min(_LEAD, room / 2)), room


def closing(said: Sequence[Timed], index: int, duration: Seconds) -> tuple[Seconds, Seconds]:
    """Where a clip that closes with a sentence (or a word) ends, and the seconds of silence after that."""
    after = said[index + 1].span.start if index + 1 < len(said) else duration + _BEYOND
    room = max(Fraction(0), after - said[index].span.end)
    return min(duration, said[index].span.end + min(_TAIL, room / 2)), room


def enumerate_candidates(sentences: Sequence[Sentence], video: Video, options: Highlighter.Options) -> list[Candidate]:
    """All candidates that the options allow. Raises NothingToDeliver when there is none."""
    shortest, longest = bounds(options.min_duration, options.max_duration)
    silence = None if options.max_silence is None else seconds(options.max_silence)
    found = list(candidates(sentences, video.duration, shortest, longest, silence))
    if not found:
        raise NothingToDeliver(
            f"no run of whole sentences lasts between {float(shortest):g} and {float(longest):g} s",
            where=video.path,
            do="Allow other lengths with --set highlight.min_duration=... and highlight.max_duration=...",
        )
    return found


def without_overlaps(picks: Sequence[Highlight]) -> list[Highlight]:
    """Snapping can make two neighbours meet; the later one then gives way."""
    kept: list[Highlight] = []
    for pick in picks:
        if not any(pick.span.overlap(other.span) for other in kept):
            kept.append(pick)
    return kept


def _widened(span: Span, shortest: Seconds, before: Seconds, after: Seconds) -> Span:
    """Take in silence, at the end first, so that a short passage between long silences can be a clip."""
    missing = shortest - span.duration
    at_end = min(missing, max(Fraction(0), after - span.end - _LEAD))
    at_start = min(missing - at_end, max(Fraction(0), span.start - before - _TAIL))
    return Span(span.start - at_start, span.end + at_end)


def snapped(
    span: Span,
    shots: Sequence[Shot],
    words: Sequence[Word],
    shortest: Seconds,
    longest: Seconds,
    reach: Seconds = Fraction(1, 2),
) -> Span:
    """Move each edge to a cut of the picture within ``reach`` of it and in silence, if the bounds allow it.

    A cut that lies nearer to speech than an edge may lie is passed over, unless the edge is as near already.
    """
    cuts = [shot.span.start for shot in shots[1:]]
    inside = [word for word in words if word.span.overlap(span) > 0]
    first = min((word.start for word in inside), default=span.end)
    last = max((word.end for word in inside), default=span.start)
    outside = [word.span for word in words if word.span.overlap(span) == 0]

    def free(cut: Seconds, edge: Seconds) -> bool:
        clear = min((_CLEAR, *(_distance(edge, word) for word in outside)))
        return all(_distance(cut, word) >= clear for word in outside)

    lead, tail = min(_CLEAR, abs(first - span.start)), min(_CLEAR, abs(span.end - last))
    starts = [cut for cut in cuts if abs(cut - span.start) <= reach and cut + lead <= first and free(cut, span.start)]
    ends = [cut for cut in cuts if abs(cut - span.end) <= reach and cut - tail >= last and free(cut, span.end)]
    start = min(starts, key=lambda cut: abs(cut - span.start), default=span.start)
    end = min(ends, key=lambda cut: abs(cut - span.end), default=span.end)
    for option in (Span(start, end), Span(start, span.end), Span(span.start, end)):
        if shortest <= option.duration <= longest and not _takes_in_more(option, span, outside):
            return option
    return span


def _distance(time: Seconds, word: Span) -> Seconds:
    """Seconds from a time to a word; 0 inside it."""
    return max(Fraction(0), word.start - time, time - word.end)


def at_cuts(
    span: Span, video: Video, words: Sequence[Word], shortest: Seconds, longest: Seconds, reach: Seconds, ctx: Context
) -> Span:
    """The span with its edges snapped to the cuts of the video; looks at the picture around the edges only.

    ``words`` are all that is said, in order.
    """
    beyond = reach + _AROUND
    first = bisect_left(words, span.start - _LONG_WORD - beyond, key=lambda word: word.start)
    words = words[first : bisect_left(words, span.end + beyond + _CLEAR, key=lambda word: word.start)]
    for edge in (span.start, span.end) if reach > 0 else ():
        around = Span(max(Fraction(0), edge - beyond), min(video.duration, edge + beyond))
        shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, around)
        span = snapped(span, shots, words, shortest, longest, reach)
    return span


def _takes_in_more(option: Span, span: Span, outside: Sequence[Span]) -> bool:
    """Whether the moved edges let in words that were outside."""
    return any(word.overlap(option) > word.overlap(span) for word in outside)


def text_of(sentences: Sequence[Sentence], candidate: Candidate) -> str:
    """What is said in a candidate."""
    return " ".join(sentence.text for sentence in sentences[candidate.first : candidate.last + 1])


def bounds(shortest: float, longest: float) -> tuple[Seconds, Seconds]:
    """The length bounds as exact seconds."""
    return seconds(shortest), seconds(longest)
