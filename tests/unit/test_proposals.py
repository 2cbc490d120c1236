"""From what a model names to candidates: within the bounds, each once, in one order."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy.chat.answers import sanitize
from clipy.chat.prompt_data import estimate_tokens
from clipy.stages.highlight.llm_ranking.answers import Passage, is_quoted
from clipy.stages.highlight.llm_ranking.proposals import placed, proposed, told_once
from clipy.stages.highlight.llm_ranking.windows import window_from, windows
from clipy.stages.highlight.selection.candidates import candidates
from clipy.text.sentences import Sentence
from clipy.types import Word

SENTENCES = [
    Sentence((word := Word(f"Alpha{n} beta{n} gamma{n}.", Fraction(5 * n), Fraction(5 * n + 4)),), word.span, word.text)
    for n in range(20)
]
CANDIDATES = list(candidates(SENTENCES, Fraction(100), Fraction(8), Fraction(20)))


def named(first: int, last: int, mark: int = 50) -> Passage:
    marks = dict.fromkeys(("hook", "standalone", "payoff", "interest"), mark)
    return Passage.model_validate({"first": first, "last": last, "reason": "r", "title": "t", **marks})


@pytest.mark.parametrize(
    ("passage", "first", "last"),
    [
        ((3, 5), 3, 5),  # fits: as it is
        ((3, 20), 3, 6),  # too long: its beginning, which is the hook
        ((3, 3), 3, 4),  # too short: and what follows
        ((20, 20), 19, 20),  # too short at the end: and what comes before
    ],
)
def test_passage_snaps_to_the_nearest_candidate(passage: tuple[int, int], first: int, last: int) -> None:
    (found,) = proposed([named(*passage)], SENTENCES, CANDIDATES)
    assert (found.candidate.first + 1, found.candidate.last + 1) == (first, last)
    assert (found.fit == 1) == (passage == (first, last))
    assert found.worth <= found.passage.score


def test_overlapping_proposals_keep_the_better() -> None:
    found = told_once(proposed([named(3, 5, 50), named(3, 6, 90), named(10, 11, 10)], SENTENCES, CANDIDATES), SENTENCES)
    assert [(item.passage.first, item.passage.last) for item in found] == [(3, 6), (10, 11)]


def test_score_is_half_rank_and_half_marks() -> None:
    proposals = proposed([named(1, 2, 100), named(10, 11, 100)], SENTENCES, CANDIDATES)
    pool = placed(proposals, [1, 0])
    assert [(item.passage.first, score) for _, score, item in pool] == [(10, 1.0), (1, 0.75)]


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(50, 1000))
def test_windows_cover_every_sentence_and_overlap(costs: list[int], budget: int) -> None:
    found = windows(costs, budget)
    assert sorted({index for window in found for index in window}) == list(range(len(costs)))
    for window in found:
        assert len(window) == 1 or sum(costs[index] for index in window) <= budget
        assert window == window_from(costs, window.start, budget)
    for before, after in pairwise(found):
        assert before.start < after.start <= before.stop
        assert sum(costs[index] for index in range(after.start, before.stop)) <= 0.1 * budget


def test_estimates_count_scripts_with_more_bytes_as_more_tokens() -> None:
    assert estimate_tokens("a" * 35) == 10
    assert estimate_tokens("字" * 35) == 30


@given(st.text(max_size=400))
def test_a_cleaned_text_is_one_short_line_without_links(text: str) -> None:
    plain = sanitize(text, 80)
    assert len(plain) <= 80
    assert plain.isprintable()
    assert "@" not in plain
    assert "http://" not in plain


def test_links_tags_and_terminal_commands_are_taken_out() -> None:
    assert sanitize("See\x1b[2J https://evil.example/x\n#now @me or a@b.c “today”") == "See or “today"
    assert sanitize("word " * 40, 20) == "word word word…"


def test_quoted_title_is_verbatim() -> None:
    assert is_quoted("The Bridge fell", "Then, the bridge fell!")
    assert not is_quoted("The bridge rose", "Then, the bridge fell!")
    assert not is_quoted("ridge", "the bridge fell")
    assert is_quoted("整条船上", "发现整条船上一个人也没有。")
    assert not is_quoted("?!", "the bridge fell?!")
