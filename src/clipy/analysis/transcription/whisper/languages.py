"""Which language is spoken when.

People change it from one utterance to the next; a network that hears a few seconds at a time is at times wrong. So a
language has to be heard for some seconds in all before it counts at all, fewer where utterances in a row confirm each
other, and the likeliest path through the utterances is taken, each change at a price (Viterbi, 1967). An utterance that
does not fit the path is a slip of the network or a short turn in another language: ``rivals`` are those in which it is
worth transcribing, because only what is recognized there tells (``most_plausible``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from clipy.types import Seconds, Span

_LEAST = Fraction(1)  # seconds of speech of an utterance: less tells no language
_BREATH = Fraction(1, 4)  # seconds of silence at which one ends
_MOST = Fraction(25)  # seconds; the networks of the Whisper family hear 30 at once
_FULL = 4.0  # seconds of an utterance that count fully
_SURE = 0.5  # probability from which an utterance is evidence for its language
_EVIDENCE = 6.0  # seconds, times how likely it is, that make a language one of those spoken in the video
_CONFIRMED = 4.0  # the same where utterances in a row are likeliest in it, however sure each is by itself
_CHANGE = 1.5  # price of a change, in log probability
_LEAST_LIKELY = 0.01  # no utterance speaks against a language more than this
_NOBODYS = frozenset({"la", "sa"})  # Latin and Sanskrit: what Whisper takes unclear speech for
_ROMANCE = ("es", "fr", "it", "pt")  # and these, where it is not sure of one
_RIVAL, _KNOWN_RIVAL = 0.1, 0.02  # least probability of a language that an utterance may be in, and of one heard before
_DOUBT = 0.25  # probability of another language at which that of the path is checked in any case
_RIVALS = 2  # languages that an utterance is tried in beside that of the path, and those heard before
_PRIOR = 0.2  # weight of the log probability of a language against that of a token of what is recognized in it
_EXPECTED = 0.1  # least probability of the language of the path, which its neighbors speak for
_MARGIN = 0.2  # by which another language has to be more plausible than that of the path
_GARBAGE, _NEW_GARBAGE = -1.3, -1.05  # plausibility below which a language, one that is new, was not spoken


@dataclass(frozen=True, slots=True)
class Utterance:
    """A few seconds of speech, and how likely each language is in them."""

    span: Span
    likely: Mapping[str, float]

    def chance(self, language: str) -> float:
        """The probability of a language, never quite 0. That of Latin is shared by the languages taken for it."""
        shared = self.nobodys / len(_ROMANCE) if language in _ROMANCE else 0.0
        return max(_LEAST_LIKELY, self.likely.get(language, 0.0) + shared)

    @property
    def nobodys(self) -> float:
        """The probability of languages that nobody speaks."""
        return sum(self.likely.get(code, 0.0) for code in _NOBODYS)


def utterances(speech: Sequence[Span]) -> list[Span]:
    """Speech cut at breaths; what is too short to tell a language from belongs to the nearer neighbor."""
    found: list[list[Span]] = []
    for span in speech:
        if found and span.start - found[-1][-1].end < _BREATH and span.end - found[-1][0].start <= _MOST:
            found[-1].append(span)
        else:
            found.append([span])
    while len(found) > 1:
        spoken = [sum((part.duration for part in parts), Fraction(0)) for parts in found]
        shortest = min(range(len(found)), key=lambda number: spoken[number])
        if spoken[shortest] >= _LEAST:
            break
        _join_nearer(found, shortest)
    return [Span(parts[0].start, parts[-1].end) for parts in found]


def _join_nearer(found: list[list[Span]], number: int) -> None:
    before = found[number][0].start - found[number - 1][-1].end if number else math.inf
    after = found[number + 1][0].start - found[number][-1].end if number + 1 < len(found) else math.inf
    first = number - 1 if before <= after else number
    found[first : first + 2] = [found[first] + found[first + 1]]


class Languages:
    """The languages of one video, learnt window by window; one at the most unless ``several`` may be spoken."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._evidence: defaultdict[str, float] = defaultdict(float)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._confirmed: set[str] = set()
        self._heard: set[str] = set()

    def path(self, heard: Sequence[Utterance]) -> list[str]:
        """The language of each utterance of a window, as far as detection tells."""
        for utterance in heard:
            for language, likely in utterance.likely.items():
                worth = likely * float(utterance.span.duration) * (language not in _NOBODYS)
                self._seconds[language] += worth
                self._evidence[language] += worth * (likely >= _SURE)
        self._confirmed |= _confirmed(heard)
        return _likeliest(heard, sorted(self._spoken()))

    def rivals(self, utterance: Utterance, language: str) -> list[str]:
        """Other languages that an utterance may be in, the likeliest first; none where that of the path fits."""
        if not self._several or utterance.span.duration < _LEAST:
            return []
        codes = {*utterance.likely, *_ROMANCE} - {language, *_NOBODYS}
        others = sorted(codes, key=lambda code: (-utterance.chance(code), code))
        if utterance.chance(language) >= _SURE and utterance.chance(others[0]) < _DOUBT:
            return []
        tried = len(_ROMANCE) if utterance.nobodys >= _SURE else _RIVALS
        likely = [code for code in others[:tried] if utterance.chance(code) >= _RIVAL]
        rest = [code for code in others if code in self.known and code not in likely]
        return likely + [code for code in rest if utterance.chance(code) >= _KNOWN_RIVAL]

    @property
    def known(self) -> set[str]:
        """The languages that were heard so far."""
        return self._spoken() | self._heard

    def add(self, language: str) -> None:
        """Remember a language in which something was recognized."""
        self._heard.add(language)

    def _spoken(self) -> set[str]:
        """Those with enough evidence, and in any case the likeliest so far."""
        likeliest = max(self._seconds, key=lambda language: (self._seconds[language], language))
        sure = {language for language, heard in self._evidence.items() if heard >= _EVIDENCE}
        return {likeliest, *sure, *self._confirmed} if self._several else {likeliest}


def most_plausible(
    utterance: Utterance, language: str, confidence: Mapping[str, float], known: Collection[str] = ()
) -> str:
    """The language of an utterance, given the mean log probability of a token of what is recognized in each.

    ``language`` is that of the path, which another has to beat clearly; one that is not ``known`` from elsewhere in the
    video has to convince by itself as well, since unclear speech is most like some language that nobody speaks.
    """
    plausible = {
        code: sure
        + _PRIOR * math.log(max(utterance.chance(code), _EXPECTED * (code == language)))
        - _MARGIN * (code != language)
        for code, sure in confidence.items()
    }
    enough = [
        code for code in sorted(plausible) if plausible[code] + _MARGIN > (_GARBAGE if code in known else _NEW_GARBAGE)
    ]
    return max([language, *enough], key=lambda code: plausible[code])


def stretches(window: Span, heard: Sequence[Utterance], path: Sequence[str]) -> list[tuple[Span, str]]:
    """A window cut where its language changes, in the middle of the silence there."""
    runs = [list(run) for _, run in groupby(zip(heard, path, strict=True), key=lambda item: item[1])]
    borders: list[Seconds] = [
        window.start,
        *((before[-1][0].span.end + after[0][0].span.start) / 2 for before, after in pairwise(runs)),
        window.end,
    ]
    return [(Span(*edges), run[0][1]) for edges, run in zip(pairwise(borders), runs, strict=True)]


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
        weight = min(1.0, float(utterance.span.duration) / _FULL)
        for language in languages:
            came = max(languages, key=lambda other: best[other] - _CHANGE * (other != language))
            now[language] = best[came] - _CHANGE * (came != language) + weight * math.log(utterance.chance(language))
            before[language] = came
        best = now
        steps.append(before)
    path = [max(languages, key=lambda language: best[language])]
    for before in reversed(steps[1:]):
        path.append(before[path[-1]])
    return path[::-1]
