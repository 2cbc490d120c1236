"""Sentences: no word lost, split where people would, in every script."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipy.text.sentences import sentences
from clipy.types import Transcript, Word, seconds


def spoken(text: str, language: str = "en", pauses: dict[str, float] | None = None) -> Transcript:
    """Words of 0.3 s with 0.05 s between them, and longer pauses after the words named."""
    words, time = [], Fraction(0)
    for token in text.split():
        words.append(Word(token, time, time + seconds("0.3")))
        time += seconds("0.35") + seconds(str((pauses or {}).get(token, 0)))
    return Transcript(language, tuple(words))


def texts(transcript: Transcript) -> list[str]:
    return [sentence.text for sentence in sentences(transcript)]


def test_sentence_ends_at_terminal_punctuation() -> None:
    assert texts(spoken("This is one. Is this two? Yes! And… Three")) == [
        "This is one.",
        "Is this two?",
        "Yes!",
        "And…",
        "Three",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "We met Dr. Smith and Mrs. Jones today.",
        "It costs 3.14 dollars, or 3. 50 if heard apart.",
        "The U.S. Army and J. R. Tolkien, e.g. Frodo.",
        "See No. 5 on the list, etc. and so on.",
        '"What?" he said.',
        "Well... maybe not.",
    ],
)
def test_sentence_continues_after_abbreviations_decimals_and_quotes(text: str) -> None:
    assert texts(spoken(text)) == [text]


def test_a_pause_after_initials_ends_the_sentence() -> None:
    assert texts(spoken("He lives in the U.S. He likes it.", pauses={"U.S.": 0.4})) == [
        "He lives in the U.S.",
        "He likes it.",
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Wir trafen uns am 3. Oktober, bzw. Donnerstag, bei Prof. Meier."),
        ("de", "Kaiser Karl V. Habsburg zahlte 5 Mio. Gulden."),
        ("fi", "Se oli 20. Joulukuuta."),
        ("fr", "Mme. Dupont habite av. Foch."),
        ("es", "La Dra. Pérez vive en EE. UU. desde 1990."),
        ("it", "Il sig. Rossi e la dott.ssa Bianchi arrivano."),
        ("ru", "Это ул. Ленина, т.е. центр."),
        ("en", "It was Oct. 3 on Mt. Everest."),
    ],
)
def test_sentence_continues_after_abbreviations_and_ordinals_of_each_language(language: str, text: str) -> None:
    assert texts(spoken(text, language)) == [text]


@pytest.mark.parametrize(
    ("language", "text", "pauses", "expected"),
    [
        ("de", "Sie ist 12. Er ist 10.", {}, ["Sie ist 12.", "Er ist 10."]),
        ("de", "Das war 1990. Oktober kam.", {}, ["Das war 1990.", "Oktober kam."]),
        ("de", "Er nahm 3. Oktober kam.", {"3.": 0.4}, ["Er nahm 3.", "Oktober kam."]),
        ("en", "She is 12. Bob is 10.", {}, ["She is 12.", "Bob is 10."]),
        ("en", "Up to Oct. Then it ends.", {}, ["Up to Oct.", "Then it ends."]),
    ],
)
def test_number_ends_a_sentence_unless_it_is_an_ordinal(
    language: str, text: str, pauses: dict[str, float], expected: list[str]
) -> None:
    assert texts(spoken(text, language, pauses)) == expected


def test_no_is_an_abbreviation_only_before_a_number() -> None:
    assert texts(spoken("I said no. Then I left.")) == ["I said no.", "Then I left."]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "你 好。 你 是 谁？ 我 用 iPhone 手 机。", ["你好。", "你是谁？", "我用iPhone手机。"]),
        ("ja", "そう です か？ はい！", ["そうですか？", "はい！"]),
        ("hi", "यह एक है। यह दो है।", ["यह एक है।", "यह दो है।"]),
        ("ar", "كيف حالك؟ أنا بخير.", ["كيف حالك؟", "أنا بخير."]),
        ("es", "¿Qué tal? ¡Muy bien!", ["¿Qué tal?", "¡Muy bien!"]),
    ],
)
def test_sentences_are_split_in_every_script(language: str, text: str, expected: list[str]) -> None:
    assert texts(spoken(text, language)) == expected


def test_adjacent_latin_words_keep_their_space_in_unspaced_scripts() -> None:
    assert texts(spoken("我 学 machine learning 。", "zh")) == ["我学machine learning。"]


def test_pauses_end_sentences_where_punctuation_is_missing() -> None:
    assert texts(spoken("so here we are and then it rained", pauses={"are": 0.9})) == [
        "so here we are",
        "and then it rained",
    ]


def test_long_silence_splits_a_punctuated_sentence_but_a_pause_does_not() -> None:
    assert len(texts(spoken("I will tell you the truth.", pauses={"you": 1.2}))) == 1
    assert len(texts(spoken("I will tell you the truth.", pauses={"you": 3}))) == 2


def test_overlong_sentence_is_split_at_its_longest_pause_or_a_comma() -> None:
    words = [f"w{index}" for index in range(130)]
    words[60] += ","
    parts = sentences(spoken(" ".join(words) + " end.", pauses={"w40": 0.4}))
    assert all(part.span.duration <= 30 for part in parts)
    assert [part.words[-1].text for part in parts][:-1] == ["w60,"]
    parts = sentences(spoken(" ".join(words) + " end.", pauses={"w40": 0.7}))
    assert parts[0].words[-1].text == "w40"


def test_unpunctuated_hours_are_split_quickly_and_bounded() -> None:
    parts = sentences(spoken(" ".join(["word"] * 20_000)))
    assert all(3 <= part.span.duration <= 30 for part in parts)


def test_no_words_give_no_sentences() -> None:
    assert sentences(Transcript("en", ())) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "Bob", "U.S.", "end.", "3.", "14", "so,", "。", "?", '."']), st.floats(0, 4)),
        max_size=80,
    )
)
def test_no_word_is_lost_or_repeated_and_spans_follow_one_another(tokens: list[tuple[str, float]]) -> None:
    words, time = [], Fraction(0)
    for text, pause in tokens:
        words.append(Word(text, time, time + seconds("0.4")))
        time += seconds("0.4") + seconds(pause)
    found = sentences(Transcript("en", tuple(words)))
    assert [word for sentence in found for word in sentence.words] == words
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))
