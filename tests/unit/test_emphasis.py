from __future__ import annotations

from fractions import Fraction

import pytest

from clipy.stages.render.pizzazz.captioning.emoji import emoji_for
from clipy.stages.render.pizzazz.captioning.emphasis import key_words
from clipy.types import Word
from clipy.typography.styles import CAPTION_PRESETS, Preset


def chosen(text: str, language: str = "en") -> list[str]:
    words = [Word(token, Fraction(n), Fraction(n + 1)) for n, token in enumerate(text.split())]
    return [words[index].text for index in sorted(key_words(words, language))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we gave 40 of them a task", ["40"]),
        ("then we asked Sarah, who said no", ["Sarah,"]),
        ("it was nothing but procrastination after all", ["procrastination"]),
        ("I think I'm sure that I've seen it", []),  # capitals that are no names
        ("Done. Then it went on. Now it is over.", []),  # beginnings of sentences
        ("WE ALL SHOUT IN THIS ONE HERE", []),  # capitals that say nothing
        ("something absolutely everybody immediately understood", []),  # long, and weak
        ("consistency beats talent and consistency wins", []),  # long, and said twice
        ("", []),
    ],
)
def test_numbers_names_and_rare_long_words_are_emphasized(text: str, expected: list[str]) -> None:
    assert chosen(text) == expected


def test_german_nouns_are_not_names() -> None:
    assert chosen("wir haben den Hund und die Katze gern", "de") == []


def test_few_words_are_emphasized() -> None:
    assert len(chosen(" ".join(f"{n} things" for n in range(10, 30)))) <= 10


def test_emoji_of_the_first_matching_word() -> None:
    assert emoji_for(["Such", "a", "good", "IDEA,", "for", "money"]) == "💡"
    assert emoji_for(["nothing", "here"]) == ""


@pytest.mark.parametrize("preset", sorted(CAPTION_PRESETS))
def test_no_speaker_has_the_color_of_key_words(preset: Preset) -> None:
    style = CAPTION_PRESETS[preset]
    colors = style.speaker_colors(emphasis=True)
    assert len(colors) >= 4
    assert style.emphasis is None or style.emphasis.color not in colors
    assert style.speaker_colors(emphasis=False) == style.speaker_palette
