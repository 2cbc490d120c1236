"""What makes a stretch of speech work as a clip: what editors choose, and what a clip needs whatever is in it.

What editors choose is learnt (``editor_choice``). What a clip needs is weighed by hand: an opening that needs no
context, a whole thought, lively speech, edges in silence, a good length. Both add up as logarithms of odds. Word lists
are English; for other languages the features that need them stay neutral.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.meaning.closings import leads_on
from clipy.analysis.meaning.openings import standalone
from clipy.media.loudness import Levels
from clipy.stages.highlight.editor_choice.boundaries import Boundaries
from clipy.stages.highlight.editor_choice.model import Choice
from clipy.stages.highlight.selection.about import Topic
from clipy.stages.highlight.selection.candidates import Candidate
from clipy.stages.highlight.selection.meaning import Meaning
from clipy.text.punctuation import CLOSERS, QUESTION_MARKS, ends_with_terminal
from clipy.text.sentences import Sentence
from clipy.types import Array, Seconds, Span


@dataclass(frozen=True, slots=True)
class Need:
    """How a feature in 0..1 moves the log-odds of a clip: by ``weight`` for each unit above what is ``usual``."""

    weight: float
    usual: float


NEEDS: Mapping[str, Need] = {
    "striking": Need(4.0, 0.5),
    "whole thought": Need(0.6, 0.3),
    "standalone": Need(0.6, 0.6),
    "finished": Need(0.5, 0.6),
    "length": Need(2.0, 1.0),
    "energy": Need(0.6, 0.5),
    "emphasis": Need(0.3, 0.4),
    "pace": Need(0.3, 0.6),
    "clean edges": Need(0.3, 0.8),
    "about": Need(8.0, 0.4),
}
"""What a clip needs, weighed by hand."""
EDGES: Mapping[str, float] = {"opening": 0.3, "closing": 0.6}
"""What a spread of ``Boundaries`` adds to the log-odds: chosen on the episodes learnt from."""
CALIBRATION = (-3.95, 0.255)
"""The log-odds that half of a passage that editors chose lies in a stretch of 30 s: level, and slope of what is added.

Logistic regression (Platt, 1999) on ``local``'s picks in shows that it was not learnt from:
``benchmark/editors.py --calibration``.
"""

_SAID: Mapping[str, str] = {
    "meaning": "says what editors choose",
    "speaker": "said by the one whom editors choose",
    "subject": "near the heart of the talk",
    "place": "where in a talk editors look",
    "opening": "opens as editors do",
    "closing": "closes as editors do",
    "standalone": "needs no context",
    "finished": "ends on a finished sentence",
    "energy": "loud and lively",
    "emphasis": "spoken with emphasis",
    "pace": "spoken fast",
    "clean edges": "silence before and after",
    "striking": "striking words",
    "whole thought": "a whole thought",
    "about": "about what was asked for",
    "chat": "viewers wrote much",
    "most replayed": "viewers replayed it",
    "feedback": "like what you accepted",
    "promised": "about what the title promises",
}
_NOTABLE = 0.08  # of log-odds: what moves them by so much may be named as a reason

_HEARD = 1.0  # decibels between quiet and loud below which nothing is heard: silence, or a steady tone
_CLEAN = 0.3  # seconds of silence at an edge that make it sound like an edge
_GAP, _TIMED = 0.05, 0.05  # of gaps that last so many seconds, at least, or pauses were not measured
_BREATH = 0.8  # seconds of silence that end a thought
_USUAL_BREATH = 1 / 3  # of that, where pauses were not measured
_GOOD_LENGTH = (20.0, 36.0)  # seconds; what editors make of talk when nothing else was asked for
_SPLIT = 0.75  # what each turn of the talk inside a stretch leaves of its being a whole thought


@dataclass(frozen=True)
class Features:
    """A candidate's features by name, each in 0..1, and what each adds to its log-odds.

    ``uneven`` is what its best sentences add beyond the mean of all.
    """

    values: Mapping[str, float]
    added: Mapping[str, float] = field(default_factory=dict)
    uneven: float = 0.0

    @property
    def strength(self) -> float:
        """What speaks for it in all; 0 for a stretch as good as any."""
        return self.uneven + sum(self.added.values())

    @property
    def score(self) -> float:
        """The probability that an editor of a show would choose half a minute of it, calibrated (``CALIBRATION``)."""
        level, slope = CALIBRATION
        return _probability(level + slope * self.strength)

    def reason(self) -> str:
        """The three that speak for it most, for a person."""
        named = [name for name in self.added if name in _SAID and self.added[name] >= _NOTABLE]
        strongest = sorted(named, key=lambda name: -self.added[name])[:3]
        return "; ".join(_SAID[name] for name in strongest) or "no single strength, but better than what is beside it"


class Judge:
    """Scores candidates of one video; what is unusual is measured against the video itself.

    ``moves`` are further parts by name: what each adds to the log-odds of a candidate.
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        levels: Levels,
        *,
        topic: Topic | None = None,
        target: Seconds | None = None,
        meaning: Meaning | None = None,
        choice: Choice | None = None,
        boundaries: Boundaries | None = None,
        moves: Mapping[str, Callable[[Candidate], float]] | None = None,
    ) -> None:
        self.sentences, self.levels, self.topic, self.meaning = sentences, levels, topic, meaning
        self.choice, self.boundaries, self.moves = choice, boundaries, moves or {}
        self.target = None if target is None else float(target)
        self._words = _running([len(sentence.words) for sentence in sentences])
        self._pace = self._words[-1] / max(0.1, sum(float(sentence.span.duration) for sentence in sentences))
        spoken = np.concatenate([levels.within(sentence.span) for sentence in sentences])
        self._low, self._high = np.percentile(spoken, [20, 95])
        gaps = [after.span.start - before.span.end for before, after in pairwise(sentences)]
        self._timed = sum(gap > _GAP for gap in gaps) >= _TIMED * len(gaps)
        self._swing = max(1.0, float(spoken[spoken >= self._low].std()))
        if meaning is not None:
            self._striking = _running(meaning.striking)
            self._turns = _running(meaning.breaks >= 1)

    def features(self, candidate: Candidate) -> Features:
        """All features of one candidate."""
        values = {
            "standalone": self._standalone(candidate),
            "finished": self._finished(candidate),
            **self._sound(candidate),
            "pace": self._spoken_fast(candidate),
            "clean edges": self._clean(candidate),
            "length": self._length(candidate.span),
            **self._understood(candidate),
        }
        if (about := self._about(candidate)) is not None:
            values["about"] = about
        added = {name: NEEDS[name].weight * (value - NEEDS[name].usual) for name, value in values.items()}
        for name, move in self.moves.items():
            added[name] = move(candidate)
            values[name] = _probability(added[name])
        return self._chosen(candidate, values, added)

    def _chosen(self, candidate: Candidate, values: dict[str, float], added: dict[str, float]) -> Features:
        """The features with what editors would think of it, each part as what it would make of even odds."""
        if self.choice is None:
            return Features(values, added)
        where = candidate.first, candidate.last
        parts = dict(self.choice.contributions(*where))
        uneven = self.choice.strength(*where) - sum(parts.values())
        if self.boundaries is not None:
            parts["opening"] = EDGES["opening"] * float(self.boundaries.opening[candidate.first])
            parts["closing"] = EDGES["closing"] * float(self.boundaries.closing[candidate.last])
        shown = {name: _probability(part) for name, part in parts.items()}
        return Features({**shown, **values}, {**parts, **added}, uneven)

    def _standalone(self, candidate: Candidate) -> float:
        first, second = (self.sentences[index] for index in (candidate.first, min(candidate.first + 1, candidate.last)))
        return standalone(first.text, second.text, first.language)

    def _clean(self, candidate: Candidate) -> float:
        """How much silence is at the edges; neutral where words follow each other as in subtitles, without pauses."""
        clean = float(np.mean([min(1.0, float(room) / _CLEAN) for room in candidate.room]))
        return clean if self._timed else NEEDS["clean edges"].usual

    def _finished(self, candidate: Candidate) -> float:
        """Whether it ends on a finished sentence and a pause; 0 where that announces what then is not said."""
        last = self.sentences[candidate.last]
        if leads_on(last.text, last.language):
            return 0.0
        asks = last.text.rstrip(f"{CLOSERS} ").endswith(tuple(QUESTION_MARKS))  # the answer is missing
        ends = ends_with_terminal(last.text) and not asks
        return 0.4 * ends + 0.6 * (min(1.0, float(candidate.room[1]) / _BREATH) if self._timed else _USUAL_BREATH)

    def _sound(self, candidate: Candidate) -> dict[str, float]:
        """How loud it is for this video, and how much louder its stressed words are; neutral where nothing is heard."""
        if self._high - self._low < _HEARD:
            return {name: NEEDS[name].usual for name in ("energy", "emphasis")}
        inside = self.levels.within(candidate.span)
        loud, quiet = np.percentile(inside, [90, 40])
        level = (loud - self._low) / max(1.0, self._high - self._low)
        voiced = inside[inside >= self._low]
        swing = float(voiced.std()) / self._swing if len(voiced) else 0.0
        return {
            "energy": float(np.clip(0.6 * level + 0.4 * (loud - quiet) / 20, 0, 1)),
            "emphasis": float(np.clip(swing - 0.5, 0, 1)),
        }

    def _spoken_fast(self, candidate: Candidate) -> float:
        words = self._words[candidate.last + 1] - self._words[candidate.first]
        return float(np.clip(words / float(candidate.span.duration) / self._pace - 0.4, 0, 1))

    def _length(self, span: Span) -> float:
        """1 at the target, or in the range that suits most talk; less by how many times it is longer or shorter."""
        length = float(span.duration)
        shortest, longest = (self.target, self.target) if self.target is not None else _GOOD_LENGTH
        return min(1.0, length / shortest, longest / length)

    def _understood(self, candidate: Candidate) -> dict[str, float]:
        if self.meaning is None:
            return {}
        first, last = candidate.first, candidate.last
        peak = float(self.meaning.striking[first : last + 1].max())
        inner = self._turns[last + 1] - self._turns[first + 1]
        whole = (self.meaning.breaks[first] + self.meaning.breaks[last + 1]) / 2
        return {
            "striking": 0.75 * _mean(self._striking, candidate) + 0.25 * peak,
            "whole thought": float(whole * _SPLIT**inner),
        }

    def _about(self, candidate: Candidate) -> float | None:
        """How much it speaks of what the user asked for, in its words or in others; None when nothing was asked."""
        said = self.topic.match(candidate.first, candidate.last) if self.topic else None
        if self.meaning is None or self.meaning.asked is None:
            return said
        nearest = np.sort(self.meaning.asked[candidate.first : candidate.last + 1])[-3:]
        return max(said or 0.0, float(nearest.mean()))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _running(values: Sequence[float] | Array) -> NDArray[np.float64]:
    """Sums of the values before each index and of all, so that the sum over any run is one difference."""
    return np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])


def _mean(running: NDArray[np.float64], candidate: Candidate) -> float:
    count = candidate.last + 1 - candidate.first
    return float(np.clip((running[candidate.last + 1] - running[candidate.first]) / count, 0, 1))
