"""What makes a stretch of speech work as a clip: each feature named, in 0..1, and weighed.

The cues are those that editors and the field's literature name: a hook in the first seconds, an opening that needs no
context, a finished thought, speech that is lively and dense, words that matter in this video. Word lists are English;
for other languages the features that need them stay neutral (0.5), and the rest decide.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clipy.analysis.sentences import Sentence
from clipy.analysis.sound import Levels
from clipy.stages.highlight.about import Topic
from clipy.stages.highlight.candidates import Candidate
from clipy.types import Array, Seconds

WEIGHTS: Mapping[str, float] = {
    "hook": 0.22,
    "standalone": 0.18,
    "finished": 0.16,
    "energy": 0.14,
    "density": 0.10,
    "substance": 0.12,
    "clean edges": 0.08,
}
# Features that exist only where the user asked for something; each counts beside those above.
ASKED: Mapping[str, float] = {
    "about": 0.6,
    "length": 0.2,
}

_DANGLING = frozenset(
    "and but so or because then also which that this these those he she it they them him her there such"
    " anyway like yeah yes no okay ok well right meanwhile however therefore too".split()
)
_HOOKS = frozenset(
    "why how what who never always nobody everybody everyone secret mistake wrong truth lie actually imagine"
    " surprising surprised crazy insane biggest worst best first only must stop fear afraid love hate problem change"
    " changed lost won died million billion percent money free impossible dangerous".split()
)
_STOP = frozenset(
    "a an the and or but if then so of to in on at by for with from as is are was were be been being am do does did"
    " have has had i you he she it we they me him her us them my your his its our their this that these those there"
    " here not no yes what which who when where why how all any some can could will would shall should may might must"
    " just like really very also than too up out about into over after before again more most other own same such"
    " s t re ve ll d m don didn isn wasn aren".split()
)
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_CLEAN = 0.3  # seconds of silence at an edge that make it sound like an edge
_DENSE = 2.8  # words a second of lively speech


@dataclass(frozen=True)
class Features:
    """A candidate's features by name, each in 0..1."""

    values: Mapping[str, float]

    @property
    def score(self) -> float:
        """Their weighted mean, in 0..1."""
        weights = {**WEIGHTS, **ASKED}
        total = sum(weights[name] for name in self.values)
        return sum(weights[name] * value for name, value in self.values.items()) / total

    def reason(self) -> str:
        """The three strongest, for a person."""
        weights = {**WEIGHTS, **ASKED}
        strongest = sorted(self.values, key=lambda name: -weights[name] * self.values[name])[:3]
        return ", ".join(f"{name} {self.values[name]:.2f}" for name in strongest)


class Judge:
    """Scores candidates of one video; what is unusual is measured against the video itself."""

    def __init__(
        self,
        sentences: Sequence[Sentence],
        levels: Levels,
        language: str,
        *,
        topic: Topic | None = None,
        target: Seconds | None = None,
    ) -> None:
        self.sentences, self.levels, self.topic, self.target = sentences, levels, topic, target
        self.english = language == "en"
        self._words = [[word.lower() for word in _WORD.findall(sentence.text)] for sentence in sentences]
        self._substance = _substance(self._words)
        spoken = np.concatenate([levels.within(sentence.span) for sentence in sentences])
        self._low, self._high = np.percentile(spoken, [20, 95])

    def features(self, candidate: Candidate) -> Features:
        """All features of one candidate."""
        return Features(
            {
                "hook": self._hook(candidate),
                "standalone": self._standalone(candidate),
                "finished": self._finished(candidate),
                "energy": self._energy(candidate),
                "density": self._density(candidate),
                "substance": float(np.mean(self._substance[candidate.first : candidate.last + 1])),
                "clean edges": float(np.mean([min(1.0, float(room) / _CLEAN) for room in candidate.room])),
                **self._asked(candidate),
            }
        )

    def _asked(self, candidate: Candidate) -> dict[str, float]:
        """How well it meets what the user asked for; nothing that was not asked."""
        asked = {}
        if self.topic:
            asked["about"] = self.topic.match(candidate.first, candidate.last)
        if self.target is not None:
            length, target = float(candidate.span.duration), float(self.target)
            asked["length"] = min(length, target) / max(length, target)
        return asked

    def _hook(self, candidate: Candidate) -> float:
        opening = self.sentences[candidate.first]
        words = self._words[candidate.first]
        asks = opening.text.rstrip("\"'”’ ").endswith(("?", "？", "؟"))
        counts = any(word.isdigit() for word in words)
        brief = 3 <= len(words) <= 16
        strong = any(word in _HOOKS for word in words[:12]) if self.english else False
        return min(1.0, 0.15 + 0.35 * asks + 0.2 * counts + 0.15 * brief + 0.3 * strong)

    def _standalone(self, candidate: Candidate) -> float:
        words = self._words[candidate.first]
        if not self.english or not words:
            return 0.5
        return 0.15 if words[0] in _DANGLING else 0.6 if any(word in _DANGLING for word in words[1:4]) else 1.0

    def _finished(self, candidate: Candidate) -> float:
        ends = self.sentences[candidate.last].text.rstrip("\"'”’) ").endswith((".", "!", "。", "！", "।", "…"))
        return 0.4 * ends + 0.6 * min(1.0, float(candidate.room[1]) / 0.8)

    def _energy(self, candidate: Candidate) -> float:
        inside = self.levels.within(candidate.span)
        loud, quiet = np.percentile(inside, [90, 40])
        level = (loud - self._low) / max(1.0, self._high - self._low)
        return float(np.clip(0.6 * level + 0.4 * (loud - quiet) / 20, 0, 1))

    def _density(self, candidate: Candidate) -> float:
        words = sum(len(sentence.words) for sentence in self.sentences[candidate.first : candidate.last + 1])
        return min(1.0, words / float(candidate.span.duration) / _DENSE)


def title(sentences: Sequence[Sentence], limit: int = 60) -> str:
    """A real phrase of the stretch: its first sentence that says something, cut at a word."""
    telling = [s for s in sentences if len(s.words) >= 3] or list(sentences)
    words: list[str] = []
    for word in telling[0].text.split():
        if sum(len(w) + 1 for w in [*words, word]) > limit:
            return " ".join(words).rstrip(",;:-– ") + "…" if words else word[:limit]
        words.append(word)
    text = " ".join(words).strip('"“” ').rstrip(".,;:")
    return text[:1].upper() + text[1:]


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
