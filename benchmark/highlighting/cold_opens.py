"""What an editor chose: passages of an episode that its opening repeats, found in any transcript.

Many podcasts open with a teaser, cut from sentences that are said again in their place. Wherever a run of words of the
first minutes comes once more, more than three quarters of a minute later, an editor chose it. What the openings of
several episodes of a show share (greetings, sponsors) is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_GRAM = 4  # words that must be the same for a match to begin
_OPENING = 240.0  # seconds in which a teaser begins and ends
_LONGEST = 1500  # words of it
_LATER = 45.0  # seconds after the teaser at which the passage itself may begin
_GAP = 110  # words that repeat nothing: the teaser is over
_SKIP = 14  # words that may differ or be cut out in a row
_SHORTEST, _SHORTEST_CHARACTERS = 8, 14  # words, or Chinese characters, of a passage
_ALIKE = 0.7  # of its words
_REPEATED = 0.35  # of all words of a teaser that are said again
_FEWEST = 15  # words of a teaser
_JOINED = 15.0  # seconds between passages that count as one
_USUAL = 60  # places at which the same four words come: so common that they tell nothing
_BOILERPLATE, _SHARED = 6, 0.03  # words in a row that so many of a show's openings share


@dataclass(frozen=True)
class ColdOpen:
    """How many words the opening has, and the passages chosen, as words first..last (exclusive)."""

    opening: int
    passages: tuple[tuple[int, int], ...]


def tokens(words: Sequence[str]) -> list[str]:
    """Each word as it is compared: without punctuation, in small letters."""
    return ["".join(_TOKEN.findall(word)).lower().replace("’", "'") for word in words]


def boilerplate(openings: Sequence[Sequence[str]]) -> frozenset[tuple[str, ...]]:
    """Runs of words that several openings of a show share."""
    counts = Counter(run for words in openings for run in set(_runs(words, _BOILERPLATE)))
    return frozenset(run for run, count in counts.items() if count > max(2, _SHARED * len(openings)))


def cold_open(
    words: Sequence[str], times: Sequence[float], shared: frozenset[tuple[str, ...]] = frozenset()
) -> ColdOpen | None:
    """The teaser of an episode of words (``tokens``) at times in seconds; None when there is none."""
    places = defaultdict[tuple[str, ...], list[int]](list)
    for index, run in enumerate(_runs(words, _GRAM)):
        places[run].append(index)
    end = min(bisect_left(times, times[0] + _OPENING), _LONGEST, len(words) // 4)
    matches, index, last = [], 0, 0
    while index < end and index - last <= _GAP:
        match = _longest(words, times, index, end, places)
        if match is None or not _is_quotation(words[index : match[1]], match[0], shared):
            index += 1
            continue
        matches.append((index, match[1], match[2], match[3]))
        index = last = match[1]
    return _teaser(matches, times)


def _longest(
    words: Sequence[str], times: Sequence[float], index: int, end: int, places: Mapping[tuple[str, ...], Sequence[int]]
) -> tuple[int, int, int, int] | None:
    """Of the later places that say what is said at ``index``, the one that does so longest.

    How many words are the same, where that ends in the opening, and from where to where it goes there.
    """
    candidates = places.get(tuple(words[index : index + _GRAM]), ())
    later = [at for at in candidates if times[at] >= times[index] + _LATER] if len(candidates) <= _USUAL else []
    found = [(*_aligned(words, index, at, end), at) for at in later]
    same, stop, beyond, at = max(found, default=(0, 0, 0, 0))
    return (same, stop, at, beyond) if same else None


def _aligned(words: Sequence[str], one: int, other: int, end: int) -> tuple[int, int, int]:
    """How many words two places have in common, one after the other, and where that ends in both."""
    same, stops, limit = 0, (one, other), other
    while one < min(end + _USUAL, limit) and other < len(words):
        if words[one] == words[other]:
            same, one, other = same + 1, one + 1, other + 1
            stops = (one, other)
            continue
        steps = ((d if a else 0, d if b else 0) for d in range(1, _SKIP) for a, b in ((1, 1), (0, 1), (1, 0)))
        ahead = (s for s in steps if words[one + s[0] : one + s[0] + 3] == words[other + s[1] : other + s[1] + 3])
        step = next(ahead, None)
        if step is None or one + step[0] + 3 > len(words) or other + step[1] + 3 > len(words):
            break
        one, other = one + step[0], other + step[1]
    return same, *stops


def _is_quotation(opening: Sequence[str], same: int, shared: frozenset[tuple[str, ...]]) -> bool:
    """Whether words of an opening are repeated for their own sake: enough of them, not a loop, not boilerplate."""
    characters = sum(len(word) == 1 and word > "\u3000" for word in opening) > len(opening) / 2
    if same < (_SHORTEST_CHARACTERS if characters else _SHORTEST) or same < _ALIKE * len(opening):
        return False
    known = [run in shared for run in _runs(opening, _BOILERPLATE)]
    return len(set(opening)) >= min(len(opening), 30) / 2 and sum(known) < 0.3 * max(1, len(known))


def _teaser(matches: Sequence[tuple[int, int, int, int]], times: Sequence[float]) -> ColdOpen | None:
    """The matches that lie close enough in the opening; their passages in order, near ones joined."""
    kept, repeated = list[tuple[int, int, int, int]](), 0
    for match in matches:
        repeated += match[1] - match[0]
        if repeated < _REPEATED * match[1]:
            break
        kept.append(match)
    if not kept or kept[-1][1] < _FEWEST:
        return None
    opening = kept[-1][1]
    passages = list[tuple[int, int]]()
    for first, beyond in sorted((match[2], match[3]) for match in kept if match[2] >= opening):
        if passages and times[first] - times[passages[-1][1]] <= _JOINED:
            passages[-1] = (passages[-1][0], max(passages[-1][1], beyond))
        else:
            passages.append((first, beyond))
    return ColdOpen(opening, tuple(passages)) if passages else None


def _runs(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(length)), strict=False))
