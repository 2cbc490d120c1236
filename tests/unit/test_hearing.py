"""Whisper's tokens -> words as they are shown, without what it made up."""

from __future__ import annotations

from fractions import Fraction

import pytest

from clipy.analysis.transcription.whisper.decoding import AsrSegment, AsrWord, shown, without_loops
from clipy.types import Word


def said(*tokens: str, no_speech: float = 0, confidence: float = -0.2, compression: float = 1.5) -> AsrSegment:
    """Tokens of a quarter of a second each."""
    heard = tuple(AsrWord(text, 0.25 * n, 0.25 * n + 0.25, 0.9) for n, text in enumerate(tokens))
    return AsrSegment(heard, no_speech, confidence, compression)


def texts(*tokens: str, spaced: bool = True) -> list[str]:
    return [word.text for word in shown([said(*tokens)], Fraction(0), spaced=spaced)[0]]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ((" Hello,", " world."), ["Hello,", "world."]),
        ((" a", " 30", "-year", "-old"), ["a", "30-year-old"]),
        ((" it", " costs", " $", "3", ".14", "."), ["it", "costs", "$3.14."]),
        ((" say", ' "', "yes", '"', " now"), ["say", '"yes"', "now"]),
        ((" well", " …", " so"), ["well…", "so"]),
        ((" one", " -", " two", " —", " three"), ["one", "two", "three"]),
        ((" ♪", " la", " la", " ♪"), ["la", "la"]),
        ((" Q", " &", " A"), ["Q", "&", "A"]),
        ((" ", "", " a"), ["a"]),
    ],
)
def test_punctuation_belongs_to_its_word(tokens: tuple[str, ...], expected: list[str]) -> None:
    assert texts(*tokens) == expected


def test_unspaced_scripts_keep_separate_words() -> None:
    assert texts("你", "好", "。", "「", "是", "」", spaced=False) == ["你", "好。", "「是」"]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (("Go", "ogle", "で", "検索", "。"), ["Google", "で", "検索。"]),
        ((" Machine", " Lear", "ning", "と", "は"), ["Machine", "Learning", "と", "は"]),
        (("caf", "é", "に"), ["café", "に"]),
        (("我", "用", "i", "Ph", "one", "15", "手", "机"), ["我", "用", "iPhone15", "手", "机"]),
        (("增长", "3", ".", "5", "%", "了"), ["增长", "3.5%", "了"]),
        (("Wi", "-", "Fi", "が", " A", " -", " B"), ["Wi-Fi", "が", "A", "B"]),
        (("１", "００", "円"), ["１００", "円"]),
        (("OK", "!", "Go", "ogle"), ["OK!", "Google"]),
        (("グ", "ー", "グ", "ル"), ["グ", "ー", "グ", "ル"]),
        (("ใช้", "Go", "ogle", "ครับ", "ผม"), ["ใช้", "Google", "ครับ", "ผม"]),
    ],
)
def test_latin_words_and_numbers_stay_whole_in_unspaced_scripts(tokens: tuple[str, ...], expected: list[str]) -> None:
    assert texts(*tokens, spaced=False) == expected


def test_joined_latin_word_lasts_from_its_first_token_to_its_last() -> None:
    segment = AsrSegment((AsrWord("Go", 1.0, 1.25, 0.9), AsrWord("ogle", 1.25, 1.75, 0.5)), 0, -0.2, 1.5)
    (word,), _ = shown([segment], Fraction(0), spaced=False)
    assert (word.start, word.end, word.probability) == (Fraction(1), Fraction(7, 4), 0.5)


def test_times_are_relative_to_the_window() -> None:
    words, _ = shown([said(" a", " b", "c")], Fraction(123 * 512, 16_000), spaced=True)
    offset = Fraction(123 * 512, 16_000)
    assert [(word.start - offset, word.end - offset) for word in words] == [
        (0, Fraction(1, 4)),
        (Fraction(1, 4), Fraction(3, 4)),
    ]


@pytest.mark.parametrize(
    ("segment", "kept"),
    [
        (said(" Bye!", no_speech=0.9, confidence=-1.5), 0),
        (said(" Hi.", no_speech=0.9, confidence=-0.3), 1),
        (said(" Hi.", no_speech=0.1, confidence=-1.5), 1),
        (said(" so", " so", compression=5, confidence=-1.5), 0),
        (said(" I", " said", " I", " said", compression=3), 4),
        (AsrSegment(tuple(AsrWord(" go", 1, 1.01, 0.5) for _ in range(5)), 0, -0.2, 9), 0),
    ],
)
def test_hallucinated_words_are_dropped_and_counted(segment: AsrSegment, kept: int) -> None:
    words, dropped = shown([segment], Fraction(0), spaced=True)
    assert (len(words), dropped) == (kept, len(segment.words) - kept)


def spoken(text: str) -> list[Word]:
    return [Word(token, Fraction(n), Fraction(n + 1)) for n, token in enumerate(text.split())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no, no, no, no, no! Stop.", "no, no, no, no, no! Stop."),
        ("and " + "so " * 30 + "on", "and so on"),
        ("thank you. " * 20, "thank you."),
        ("a b c a b c a b c d", "a b c a b c a b c d"),
        ("start " + "one two three four " * 12 + "end", "start one two three four end"),
        ("", ""),
    ],
)
def test_loops_are_kept_once_and_repetition_for_emphasis_stays(text: str, expected: str) -> None:
    assert " ".join(word.text for word in without_loops(spoken(text))) == expected
