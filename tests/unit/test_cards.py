from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipy.types import Word, seconds
from clipy.typography.cards import (
    Card,
    CardRules,
    display_width,
    group_into_cards,
    join_words,
    needs_space,
    normalize_words,
)

CAPTION = CardRules(max_width=18, max_words=5, max_duration=4)


def said(text: str, start: str = "0", length: str = "0.3", pause: str = "0.5") -> list[Word]:
    """Words at an even pace; a ``|`` in the text is a pause."""
    time, words = Fraction(start), []
    for token in text.split():
        if token == "|":
            time += Fraction(pause)
            continue
        words.append(Word(token, time, time + Fraction(length)))
        time += Fraction(length)
    return words


def texts(cards: tuple[Card, ...]) -> list[str]:
    return [" / ".join(join_words(line) for line in card.lines) for card in cards]


@st.composite
def transcripts(draw: st.DrawFn) -> list[Word]:
    time, words = Fraction(0), []
    for _ in range(draw(st.integers(0, 40))):
        text = draw(
            st.sampled_from(["a", "of", "word", "sentence.", "clause,", "incomprehensibilities", "今日", "は。", "42"])
        )
        time += Fraction(draw(st.integers(0, 150)), 100)
        end = time + Fraction(draw(st.integers(0, 90)), 100)
        words.append(Word(text, time, end, speaker=draw(st.sampled_from([None, "A"]))))
        time = draw(st.sampled_from([end, time]))
    return words


@settings(max_examples=150, deadline=None)
@given(transcripts(), st.integers(1, 3), st.integers(1, 6))
def test_every_word_is_on_one_visible_card_and_cards_do_not_overlap(
    words: list[Word], max_lines: int, max_words: int
) -> None:
    rules = CardRules(max_width=18, max_lines=max_lines, max_words=max_words, max_duration=4)
    cards = group_into_cards(words, rules)
    assert [word for card in cards for word in card.words] == list(normalize_words(words))
    for card in cards:
        assert card.span.duration > 0
        assert 1 <= len(card.lines) <= max_lines
        assert all(display_width(join_words(line)) <= 18 or len(line) == 1 for line in card.lines)
        assert len({word.speaker for word in card.words}) == 1
    for before, after in pairwise(cards):
        gap = after.span.start - before.span.end
        assert gap == 0 or gap > rules.max_flicker


def test_cards_break_first_at_sentences_clauses_and_pauses() -> None:
    words = said("Okay so here is it. You do not need | a huge budget, but time.")
    assert texts(group_into_cards(words, CAPTION)) == [
        "Okay so here / is it.",
        "You do not need",
        "a huge budget, / but time.",
    ]


def test_a_title_stays_with_its_name() -> None:
    spoken = said("And Mr. President, I am not the answer. He met Dr. Smith and Prof. Jones.")
    assert texts(group_into_cards(spoken, CAPTION)) == [
        "And Mr. President,",
        "I am not / the answer.",
        "He met Dr. Smith",
        "and Prof. Jones.",
    ]


def test_a_german_date_is_one_phrase_in_german() -> None:
    spoken = said("Wir feiern am 3. Oktober wieder.")
    cards = group_into_cards(spoken, CardRules(max_width=18, max_words=5, max_duration=4, language="de"))
    assert not any(text.endswith("3.") for text in texts(cards))
    assert any(text.endswith("3.") for text in texts(group_into_cards(spoken, CAPTION)))


def test_no_orphan_words() -> None:
    cards = group_into_cards(said("we really like to make it"), CAPTION)
    assert min(len(card.words) for card in cards) >= 2


def test_lines_are_balanced() -> None:
    assert texts(group_into_cards(said("great things will happen every morning"), CardRules(max_width=34))) == [
        "great things will / happen every morning"
    ]


def test_a_line_does_not_end_in_an_article() -> None:
    assert texts(group_into_cards(said("they like the beginning there"), CardRules(max_width=20))) == [
        "they like / the beginning there"
    ]


def test_card_outlasts_its_last_word_and_does_not_flicker() -> None:
    first, second = said("Hello there.", "1"), said("Next one.", "1.9")
    cards = group_into_cards([*first, *second], CAPTION)
    assert cards[0].span.start == 1
    assert cards[0].span.end == cards[1].span.start == Fraction("1.9")
    far = group_into_cards([*first, *said("Next one.", "9")], CAPTION)
    assert far[0].span.end == Fraction("1.6") + CAPTION.hold


def test_cards_end_with_the_clip() -> None:
    assert group_into_cards(said("The end."), CAPTION, until=Fraction("0.65"))[-1].span.end == Fraction("0.65")


def test_zero_length_and_unordered_words_are_shown_in_order() -> None:
    words = [
        Word("Now.", seconds(2), seconds(2)),
        Word("Then.", seconds(2), seconds(2)),
        Word("So.", seconds(1), seconds(1)),
    ]
    cards = group_into_cards(words, CAPTION)
    assert [word.text for card in cards for word in card.words] == ["Now.", "Then.", "So."]
    assert all(card.span.duration > 0 for card in cards)


def test_unspaced_scripts_are_joined_without_spaces() -> None:
    words = [Word(text, seconds(n), seconds(n + 1)) for n, text in enumerate(["今日", "は", "OpenAI", "の", "話"])]
    assert join_words(words) == "今日は OpenAI の話"
    assert not needs_space("สวัสดี", "ครับ")
    assert needs_space("안녕", "하세요")


def test_japanese_line_does_not_start_with_punctuation() -> None:
    words = said("とても 簡単 です 。 今日 は 動画 を 作る 方法 に つい て 話し ます 。", length="0.2")
    cards = group_into_cards(words, CardRules(max_width=14, max_words=5, max_duration=4))
    assert all(line[0].text != "。" for card in cards for line in card.lines)


def lines_of(text: str, max_width: float, language: str) -> list[str]:
    rules = CardRules(max_width=max_width, max_words=100, max_duration=9, language=language)
    return [join_words(line) for card in group_into_cards(said(text, length="0.2"), rules) for line in card.lines]


@pytest.mark.parametrize(
    ("text", "width", "language", "expected"),
    [
        ("今 日 は プ ロ グ ラ ム", 12, "ja", ["今日は", "プログラム"]),
        ("参 加 者 は 全 部 で １２３ 人 で す", 16, "ja", ["参加者は全部で", "１２３人です"]),
        ("東 京 で 食 べ た 寿 司", 10, "ja", ["東京で", "食べた寿司"]),
        ("我 爱 「 故 宫 」", 8, "zh", ["我爱", "「故宫」"]),
        ("他 住 ２ 年 了 吗", 8, "zh", ["他住", "２年了吗"]),
    ],
)
def test_japanese_and_chinese_lines_break_between_words(
    text: str, width: float, language: str, expected: list[str]
) -> None:
    assert lines_of(text, width, language) == expected


_PHRASES = st.sampled_from(
    ["今 日 は", "プ ロ グ ラ ム を", "「 学 校 」 が", "42 人 で", "Google の", "第 3 回 、", "ち ょ っ と"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PHRASES, min_size=1, max_size=12))
def test_breaks_obey_kinsoku_and_spare_katakana_words_and_counted_numbers(phrases: list[str]) -> None:
    for before, after in pairwise(lines_of(" ".join(phrases), 24, "ja")):
        assert after[0] not in "、」ーょっ"
        assert before[-1] not in "「第"
        assert (before[-1], after[0]) not in {("2", "人"), ("3", "回"), *pairwise("プログラム")}


def test_combining_marks_join_and_white_space_is_removed() -> None:
    words = [
        Word(" สวัสด", seconds(0), seconds(1)),
        Word("ี", seconds(1), seconds(2)),
        Word(" \n", seconds(2), seconds(3)),
    ]
    assert [(word.text, word.end) for word in normalize_words(words)] == [("สวัสดี", Fraction(2))]


@pytest.mark.parametrize(("text", "width"), [("word", 4), ("今日", 4), ("e\u0301", 1)])
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


def test_thai_words_are_counted_by_letters() -> None:
    """Marks above and below are no letters; four letters are about a word."""
    cards = group_into_cards(said("สวัสดี ครับ วันนี้ เรา จะ พูด เรื่อง วิทยาศาสตร์"), CAPTION)
    assert len(cards) <= 3
    assert all(len(card.words) >= 2 for card in cards)
