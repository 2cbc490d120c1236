from __future__ import annotations

import pytest

from clipy.text.profanity import Profanity, built_in

STRONG = "fuck Fucking, motherfuckers bullshit! sh1t fuuuuck 'shit' bitches damned crappy goddamned retarded asses ASS!"
HARMLESS = "assassin class Scunthorpe pass assess passing title Dickens cocktail scrap arsenal hello hits titan 5*3 *"


@pytest.mark.parametrize("word", STRONG.split())
def test_strong_language_is_found_with_its_inflections(word: str) -> None:
    assert Profanity().matches(word)


@pytest.mark.parametrize("word", HARMLESS.split())
def test_word_containing_profanity_is_not_matched(word: str) -> None:
    assert not Profanity().matches(word)
    assert Profanity().masked(word) == word


@pytest.mark.parametrize(
    ("word", "masked"),
    [
        ("shit", "s***"),
        ("Fucking,", "F******,"),
        ("“Bullshit!”", "“B*******!”"),
        ("son-of-a-bitch", "son-of-a-b****"),
        ("f*ck", "f*ck"),
    ],
)
def test_masking_keeps_the_first_letter_the_length_and_the_punctuation(word: str, masked: str) -> None:
    assert Profanity().masked(word) == masked
    assert len(Profanity().masked(word)) == len(word)


@pytest.mark.parametrize("word", built_in())
def test_masked_words_are_still_matched(word: str) -> None:
    """So that a sound effect that comes after the captions knows what to silence."""
    profanity, bare = Profanity(), word.strip("*")
    assert profanity.masked(bare) != bare
    assert profanity.matches(profanity.masked(bare))
    assert profanity.masked(profanity.masked(bare)) == profanity.masked(bare)


def test_custom_words_match_literally_in_any_language() -> None:
    profanity = Profanity(("Schei*", "a.c", "[", "***"))
    assert profanity.matches("Scheiße")
    assert profanity.matches("A.C")
    assert not profanity.matches("abc")
    assert not profanity.matches("beschei")
