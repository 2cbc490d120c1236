"""A passage does not close with the announcement of what comes next."""

from __future__ import annotations

import pytest

from clipy.analysis.meaning.closings import leads_on


@pytest.mark.parametrize(
    "text",
    [
        "Two things result from this fact.",
        "There are three reasons for that.",
        "Here is that sentence.",
        "So here's what happened next.",
        "Let me tell you a story.",
        "And I'll show you why.",
        "Guess what?",
        "Imagine this.",
        "The reason is simple.",
        "We found the following:",
        "For example.",
        "I thought that maybe…",
    ],
)
def test_announcement_is_not_a_closing(text: str) -> None:
    assert leads_on(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "It was one sentence that they wrote on paper.",
        "Here we are.",
        "Nobody in the first group had ever tried it.",
        "We did it for two years.",
        "I told you the two reasons: nobody asked, and nobody paid for any of what we then had to build in the end.",
        "That is why I am here.",
        "Let me go!",
    ],
)
def test_statement_is_a_closing(text: str) -> None:
    assert not leads_on(text, "en")


def test_other_languages_only_check_for_an_unfinished_sentence() -> None:
    assert leads_on("Мне нравится то, что...", "ru")
    assert not leads_on("Das hat drei Gründe.", "de")
