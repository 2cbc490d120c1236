"""What makes a stretch of speech work as a clip: each feature named, in 0..1, and weighed.

The cues are those that editors and the field's literature name: a hook in the first seconds, an opening that needs no
context, a whole thought, words that strike, speech that is lively. Word lists are English; for other languages the
features that need them stay neutral (0.5), and the rest decide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipy.analysis.meaning.closings import leads_on
from clipy.analysis.meaning.openings import hook, standalone, words_of
from clipy.media.loudness import Levels
from clipy.stages.highlight.selection.about import Topic
from clipy.stages.highlight.selection.candidates import Candidate
from clipy.stages.highlight.selection.meaning import Meaning
from clipy.text.punctuation import CLOSERS, QUESTION_MARKS, ends_with_terminal
from clipy.text.sentences import Sentence
from clipy.types import Array, Seconds, Span

WEIGHTS: Mapping[str, float] = {
    "hook": 0.16,
    "standalone": 0.12,
    "finished": 0.08,
    "energy": 0.10,
    "emphasis": 0.05,
    "pace": 0.05,
    "substance": 0.06,
    "clean edges": 0.04,
    "length": 0.10,
}
# Features that exist only where what is said could be judged by its meaning.
UNDERSTOOD: Mapping[str, float] = {
    "striking": 0.22,
    "whole thought": 0.14,
    "novelty": 0.05,
}
# Features that exist only where the user asked for something; each counts beside those above.
ASKED: Mapping[str, float] = {
    "about": 0.6,
}
_ALL: Mapping[str, float] = {**WEIGHTS, **UNDERSTOOD, **ASKED}

_SAID: Mapping[str, str] = {
    "hook": "opens strongly",
    "standalone": "needs no context",
    "finished": "ends on a finished sentence",
    "energy": "loud and lively",
    "emphasis": "spoken with emphasis",
    "pace": "spoken fast",
    "substance": "says what matters in this video",
    "clean edges": "silence before and after",
    "striking": "striking words",
    "whole thought": "a whole thought",
    "novelty": "said nowhere else in the video",
    "about": "about what was asked for",
}
_NOTABLE = 0.6  # a feature this high may be named as a reason

_STOP = frozenset(
    "a an the and or but if then so of to in on at by for with from as is are was were be been being am do does did"
    " have has had i you he she it we they me him her us them my your his its our their this that these those there"
    " here not no yes what which who when where why how all any some can could will would shall should may might must"
    " just like really very also than too up out about into over after before again more most other own same such"
    " s t re ve ll d m don didn isn wasn aren".split()
)
_CLEAN = 0.3  # seconds of silence at an edge that make it sound like an edge
_BREATH = 0.8  # seconds of silence that end a thought
_OPENING = 6.0  # seconds in which one stays or goes
_GOOD_LENGTH = (30.0, 45.0)  # seconds; what editors make of talk when nothing else was asked for
_SPLIT = 0.75  # what each turn of the talk inside a stretch leaves of its being a whole thought


@dataclass(frozen=True)
class Features:
    """A candidate's features by name, each in 0..1. ``opening`` says in words what its hook is."""

    values: Mapping[str, float]
    opening: str = ""

    @property
    def score(self) -> float:
        """Their weighted mean, in 0..1."""
        total = sum(_ALL[name] for name in self.values)
        return sum(_ALL[name] * value for name, value in self.values.items()) / total

    def reason(self) -> str:
        """The three that speak for it most, for a person."""
        named = [name for name in self.values if name in _SAID and self.values[name] >= _NOTABLE]
        strongest = sorted(named, key=lambda name: -_ALL[name] * (self.values[name] - 0.5))[:3]
        said = [self.opening if name == "hook" and self.opening else _SAID[name] for name in strongest]
        return "; ".join(said) or "no single strength, but better than what is beside it"


class Judge:
    """Scores candidates of one video; what is unusual is measured against the video itself."""

    def __init__(
        self,
        sentences: Sequence[Sentence],
        levels: Levels,
        *,
        topic: Topic | None = None,
        target: Seconds | None = None,
        meaning: Meaning | None = None,
    ) -> None:
        self.sentences, self.levels, self.topic, self.meaning = sentences, levels, topic, meaning
        self.target = None if target is None else float(target)
        self._substance = _running(_substance([words_of(sentence.text) for sentence in sentences]))
        self._words = _running([len(sentence.words) for sentence in sentences])
        self._pace = self._words[-1] / max(0.1, sum(float(sentence.span.duration) for sentence in sentences))
        spoken = np.concatenate([levels.within(sentence.span) for sentence in sentences])
        self._low, self._high = np.percentile(spoken, [20, 95])
        self._swing = max(1.0, float(spoken[spoken >= self._low].std()))
        if meaning is not None:
            self._striking, self._novelty = _running(meaning.striking), _running(meaning.novelty)
            self._turns = _running(meaning.breaks >= 1)

    def features(self, candidate: Candidate) -> Features:
        """All features of one candidate."""
        hooked, opening = self._hook(candidate)
        values = {
            "hook": hooked,
            "standalone": self._standalone(candidate),
            "finished": self._finished(candidate),
            **self._sound(candidate),
            "pace": self._spoken_fast(candidate),
            "substance": _mean(self._substance, candidate),
            "clean edges": float(np.mean([min(1.0, float(room) / _CLEAN) for room in candidate.room])),
            "length": self._length(candidate.span),
            **self._understood(candidate),
        }
        about = self._about(candidate)
        return Features(values if about is None else {**values, "about": about}, opening)

    def _hook(self, candidate: Candidate) -> tuple[float, str]:
        """The best of the sentences of the first seconds, by its cues and its meaning."""
        start = self.sentences[candidate.first].span.start
        best, opening = 0.0, ""
        for index in range(candidate.first, candidate.last + 1):
            sentence = self.sentences[index]
            if index > candidate.first and sentence.span.end - start > _OPENING:
                break
            value, cue = hook(sentence.text, _is_english(sentence))
            if self.meaning is not None:
                value = 0.5 * value + 0.5 * float(self.meaning.striking[index])
            if value > best:
                best, opening = value, cue
        return best, opening

    def _standalone(self, candidate: Candidate) -> float:
        first, second = (self.sentences[index] for index in (candidate.first, min(candidate.first + 1, candidate.last)))
        return standalone(first.text, second.text, first.language)

    def _finished(self, candidate: Candidate) -> float:
        """Whether it ends on a finished sentence and a pause; 0 where that announces what then is not said."""
        last = self.sentences[candidate.last]
        if leads_on(last.text, last.language):
            return 0.0
        asks = last.text.rstrip(f"{CLOSERS} ").endswith(tuple(QUESTION_MARKS))  # the answer is missing
        ends = ends_with_terminal(last.text) and not asks
        return 0.4 * ends + 0.6 * min(1.0, float(candidate.room[1]) / _BREATH)

    def _sound(self, candidate: Candidate) -> dict[str, float]:
        """How loud it is for this video, and how much louder its stressed words are than the rest."""
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
            "novelty": _mean(self._novelty, candidate),
        }

    def _about(self, candidate: Candidate) -> float | None:
        """How much it speaks of what the user asked for, in its words or in others; None when nothing was asked."""
        said = self.topic.match(candidate.first, candidate.last) if self.topic else None
        if self.meaning is None or self.meaning.asked is None:
            return said
        nearest = np.sort(self.meaning.asked[candidate.first : candidate.last + 1])[-3:]
        return max(said or 0.0, float(nearest.mean()))


def _is_english(sentence: Sentence) -> bool:
    return sentence.language == "en"


def _running(values: Sequence[float] | Array) -> NDArray[np.float64]:
    """Sums of the values before each index and of all, so that the sum over any run is one difference."""
    return np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])


def _mean(running: NDArray[np.float64], candidate: Candidate) -> float:
    count = candidate.last + 1 - candidate.first
    return float(np.clip((running[candidate.last + 1] - running[candidate.first]) / count, 0, 1))


def _substance(texts: Sequence[Sequence[str]]) -> Array:
    """For each sentence, how much it says that matters in this video: TF-IDF with sentences as documents, ranked."""
    documents = Counter(word for words in texts for word in set(words))
    weights = []
    for words in texts:
        content = [word for word in words if word not in _STOP and len(word) > 2]
        telling = [math.log(len(texts) / documents[word]) * math.log(1 + documents[word]) for word in content]
        weights.append(sum(telling) / max(4, len(words)))
    order = np.argsort(np.argsort(np.asarray(weights), kind="stable"), kind="stable")
    return np.asarray((order + 1) / max(1, len(texts)), dtype=np.float64)
