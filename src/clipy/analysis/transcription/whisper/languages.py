"""Which language is spoken when.

People change it from one utterance to the next; a network that hears a few seconds at a time is at times wrong. So a
language has to be heard for some seconds in all before it counts at all, fewer where utterances in a row confirm each
other, and the likeliest path through the utterances is taken, each change at a price (Viterbi, 1967).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from clipy.types import Seconds, Span

_LEAST = Fraction(4)  # seconds of speech of an utterance, where people pause at all: less tells no language
_BREATH = Fraction(3, 10)  # seconds of silence at which one may end
_MOST = Fraction(25)  # seconds; the networks of the Whisper family hear 30 at once
_SURE = 0.5  # probability from which an utterance is evidence for its language
_EVIDENCE = 6.0  # seconds, times how likely it is, that make a language one of those spoken in the video
_CONFIRMED = 4.0  # the same where utterances in a row are likeliest in it, however sure each is by itself
_CHANGE = 1.5  # price of a change, in log probability
_LEAST_LIKELY = 0.01  # no utterance speaks against a language more than this
_NOBODYS = frozenset({"la", "sa"})  # Latin and Sanskrit: what Whisper takes unclear speech for


@dataclass(frozen=True, slots=True)
class Utterance:
    """A few seconds of speech, and how likely each language is in them."""

    span: Span
    likely: Mapping[str, float]


def utterances(speech: Sequence[Span]) -> list[Span]:
    """Stretches of speech joined to spans that are long enough to tell a language from, cut at breaths."""
    found: list[list[Span]] = []
    for span in speech:
        if found and not _is_whole(found[-1], span):
            found[-1].append(span)
        else:
            found.append([span])
    return [Span(parts[0].start, parts[-1].end) for parts in found]


def _is_whole(parts: Sequence[Span], following: Span) -> bool:
    if following.end - parts[0].start > _MOST:
        return True
    spoken = sum((part.duration for part in parts), Fraction(0))
    return spoken >= _LEAST and following.start - parts[-1].end >= _BREATH


class Languages:
    """The languages of one video, learnt window by window; one at the most unless ``several`` may be spoken."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._evidence: defaultdict[str, float] = defaultdict(float)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._confirmed: set[str] = set()

    def stretches(self, window: Span, heard: Sequence[Utterance]) -> list[tuple[Span, str]]:
        """The window cut where its language changes, in the middle of the silence there."""
        for utterance in heard:
            for language, likely in utterance.likely.items():
                worth = likely * float(utterance.span.duration) * (language not in _NOBODYS)
                self._seconds[language] += worth
                self._evidence[language] += worth * (likely >= _SURE)
        self._confirmed |= _confirmed(heard)
        path = _likeliest(heard, sorted(self._spoken()))
        runs = [list(run) for _, run in groupby(zip(heard, path, strict=True), key=lambda item: item[1])]
        borders: list[Seconds] = [
            window.start,
            *((before[-1][0].span.end + after[0][0].span.start) / 2 for before, after in pairwise(runs)),
            window.end,
        ]
        return [(Span(*edges), run[0][1]) for edges, run in zip(pairwise(borders), runs, strict=True)]

    def _spoken(self) -> set[str]:
        """Those with enough evidence, and in any case the likeliest so far."""
        likeliest = max(self._seconds, key=lambda language: (self._seconds[language], language))
        sure = {language for language, heard in self._evidence.items() if heard >= _EVIDENCE}
        return {likeliest, *sure, *self._confirmed} if self._several else {likeliest}


def _confirmed(heard: Sequence[Utterance]) -> set[str]:
    """The languages that utterances in a row confirm.

    Unclear speech leaves the network unsure of each, but does not make it take them all for the same language.
    """
    found: set[str] = set()
    tops = [max(utterance.likely, key=lambda code: (utterance.likely[code], code)) for utterance in heard]
    for language, run in groupby(zip(tops, heard, strict=True), key=lambda item: item[0]):
        worths = [utterance.likely[language] * float(utterance.span.duration) for _, utterance in run]
        if len(worths) > 1 and sum(worths) >= _CONFIRMED and language not in _NOBODYS:
            found.add(language)
    return found


def _likeliest(heard: Sequence[Utterance], languages: Sequence[str]) -> list[str]:
    """The language of each utterance on the likeliest path through all of them."""
    best = dict.fromkeys(languages, 0.0)
    steps: list[dict[str, str]] = []
    for utterance in heard:
        before: dict[str, str] = {}
        now: dict[str, float] = {}
        for language in languages:
            came = max(languages, key=lambda other: best[other] - _CHANGE * (other != language))
            seen = math.log(max(_LEAST_LIKELY, utterance.likely.get(language, 0.0)))
            now[language] = best[came] - _CHANGE * (came != language) + seen
            before[language] = came
        best = now
        steps.append(before)
    path = [max(languages, key=lambda language: best[language])]
    for before in reversed(steps[1:]):
        path.append(before[path[-1]])
    return path[::-1]
