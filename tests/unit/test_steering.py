"""What steers every highlighter: topics, lengths, silence; and passages that say the same."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy.analysis.meaning.duplicates import containment, distinct, shingles
from clipy.media.loudness import Levels
from clipy.stages.highlight.selection.about import Topic
from clipy.stages.highlight.selection.candidates import Candidate, candidates
from clipy.stages.highlight.selection.features import NEEDS, Judge
from clipy.stages.highlight.selection.interval_scheduling import best_first
from clipy.text.sentences import Sentence
from clipy.types import Span, Word

TEXTS = [
    "We talked about the weather.",
    "Money was never the problem.",
    "She invested early, and money came.",
    "Then it rained.",
    "Investing is patience.",
]


def sentence(text: str, start: float, length: float = 3) -> Sentence:
    words = text.split()
    step = Fraction(length) / len(words)
    times = [Fraction(start) + index * step for index in range(len(words))]
    spoken = tuple(Word(word, time, time + step) for word, time in zip(words, times, strict=True))
    return Sentence(spoken, Span(spoken[0].start, spoken[-1].end), text, "en")


def test_a_topic_is_matched_by_its_words_and_their_forms() -> None:
    topic = Topic("the part on money and investing", TEXTS)
    matches = [topic.match(index, index) for index in range(len(TEXTS))]
    assert matches[0] == matches[3] == 0
    assert matches[2] > matches[1] > 0
    assert matches[2] > matches[4] > 0
    assert topic.missing == ()
    assert topic.match(0, 4) > matches[2]  # each further mention counts
    assert topic.match(0, 4) < 1


def test_unspoken_topics_are_reported_and_ignored() -> None:
    topic = Topic("dragons, money", TEXTS)
    assert topic.missing == ("dragons",)
    assert topic
    assert not Topic("dragons", TEXTS)
    assert not Topic("?!", TEXTS)


def test_short_topics_match_whole_words_only() -> None:
    assert not Topic("art", ["Part of it started."])
    assert Topic("art", ["The arts are free."])


@pytest.mark.parametrize(
    ("about", "text"),
    [("金钱", "他们谈论金钱和时间。"), ("เงิน", "เขาพูดถึงเงินและเวลา"), ("деньги", "Деньги решают всё.")],
)
def test_topics_match_in_other_scripts(about: str, text: str) -> None:
    topic = Topic(about, [text, "x"])
    assert topic.match(0, 0) > 0
    assert topic.match(1, 1) == 0


@given(st.text(max_size=60), st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_match_is_between_0_and_1(about: str, texts: list[str]) -> None:
    topic = Topic(about, texts)
    if topic:
        assert 0 <= topic.match(0, len(texts) - 1) <= 1


def judge(**asked: object) -> Judge:
    spoken = [sentence(text, 4 * index) for index, text in enumerate(TEXTS)]
    return Judge(spoken, Levels(np.linspace(-40, -20, 300, dtype=np.float32)), **asked)  # type: ignore[arg-type]


def test_only_requested_topics_become_a_feature() -> None:
    item = Candidate(1, 2, Span(Fraction(4), Fraction(11)), (Fraction(1), Fraction(1)))
    plain = judge().features(item)
    assert set(plain.values) == set(NEEDS) - {"about", "striking", "whole thought"}
    steered = judge(topic=Topic("money", TEXTS), target=Fraction(14)).features(item)
    assert steered.values["about"] == pytest.approx(0.75)
    assert steered.values["length"] == pytest.approx(0.5)
    assert plain.values["length"] == pytest.approx(7 / 20)  # of the shortest length that suits talk
    others = set(plain.values) - {"length"}
    assert {name: steered.values[name] for name in others} == {name: plain.values[name] for name in others}
    assert 0 <= steered.score <= 1


def test_a_topic_changes_which_passage_is_best() -> None:
    spoken = [Candidate(i, i, Span(Fraction(4 * i), Fraction(4 * i + 3)), (Fraction(1), Fraction(1))) for i in range(5)]
    steering = judge(topic=Topic("patience", TEXTS))
    assert max(spoken, key=lambda item: steering.features(item).score).first == 4


def test_candidates_do_not_span_long_silences() -> None:
    spoken = [sentence("One two three.", 0), sentence("Four five six.", 4), sentence("Seven eight nine.", 12)]
    bounds = (Fraction(2), Fraction(30))
    runs = {(item.first, item.last) for item in candidates(spoken, Fraction(20), *bounds, Fraction(2))}
    assert runs == {(0, 0), (0, 1), (1, 1), (2, 2)}
    assert (0, 2) in {(item.first, item.last) for item in candidates(spoken, Fraction(20), *bounds)}


STORY = "Then the captain opened the door and saw that nobody was left on the whole ship."


def test_repeated_story_is_kept_once() -> None:
    teaser = "Next week: the captain opened the door and saw that nobody was left on the whole ship!"
    kept, left = distinct([STORY, "Something else was said that day by the others.", teaser], str)
    assert kept == [STORY, "Something else was said that day by the others."]
    assert left == [(teaser, STORY)]


def test_similarity_in_unspaced_scripts() -> None:
    first, second = (
        shingles("船长打开了门发现整条船上一个人也没有。"),
        shingles("下周船长打开了门发现整条船上一个人也没有!"),
    )
    assert containment(first, second) > 0.9
    assert containment(first, shingles("今天天气很好我们去公园散步吃午饭再回家睡觉。")) == 0


@given(st.text(max_size=80), st.text(max_size=80))
def test_containment_is_symmetric_and_between_0_and_1(first: str, second: str) -> None:
    a, b = shingles(first), shingles(second)
    assert 0 <= containment(a, b) == containment(b, a) <= 1
    assert containment(a, a) == 1


def test_replacements_are_near_the_first_choice() -> None:
    pool = [(Span(Fraction(i), Fraction(i + 2)), 1.0 / (i + 1), i) for i in range(8)]
    found = best_first(pool, 2, 2)
    assert len(found) == 4
    spans = sorted(span for span, _, _ in found)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert found[0][1] >= found[1][1]
