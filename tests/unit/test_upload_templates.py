"""The words of a post: templates, and cutting to what a platform takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clipy.errors import ConfigError
from clipy.stages.upload.publishing.templates import (
    TemplateContext,
    template_context,
    to_hashtag,
    truncate,
    utf8_length,
    utf16_length,
)
from fixtures.publishing.clips import make_clip


def test_a_template_is_filled_from_the_clip(tmp_path: Path) -> None:
    words = template_context(make_clip(tmp_path), ("shorts", "{language}", "Bees & Co", "shorts", "!"))
    assert words.fill("{title}: {opening} ({duration} s)") == "Why bees <dance>: Every bee knows this dance. (3 s)"
    assert words.hashtags == ("#shorts", "#en", "#BeesCo")
    assert words.fill("{reason}\n\n{hashtags}") == "It is a surprise.\n\n#shorts #en #BeesCo"


def test_values_are_never_interpreted_as_templates() -> None:
    assert (
        TemplateContext({"title": "{hashtags} {nonsense}", "hashtags": "#a"}, ()).fill("{title}")
        == "{hashtags} {nonsense}"
    )


def test_an_empty_value_leaves_no_gap() -> None:
    assert TemplateContext({"a": "x", "reason": "", "b": "y"}, ()).fill("{a}\n\n{reason}\n\n{b}") == "x\n\ny"


def test_unknown_placeholders_suggest_the_closest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\{titel\}.*Did you mean \{title\}"):
        template_context(make_clip(tmp_path), ()).fill("{titel}")


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 5, "short"),
        ("a longer title here", 12, "a longer…"),
        ("a longer title here", 16, "a longer title…"),
        ("a longer, title", 10, "a longer…"),
        ("Donaudampfschiff", 8, "Donauda…"),
        ("one two", 4, "one…"),
        ("anything", 0, ""),
        ("  spaces  ", 6, "spaces"),
    ],
)
def test_texts_are_truncated_at_words(text: str, most: int, expected: str) -> None:
    assert truncate(text, most) == expected


@example("0000000𐀀\x1f 0", 10, utf16_length)
@given(st.text(max_size=60), st.integers(0, 40), st.sampled_from([len, utf8_length, utf16_length]))
def test_truncated_texts_fit(text: str, most: int, measure: object) -> None:
    assert callable(measure)
    found = truncate(text.encode("utf-8", "ignore").decode(), most, measure)
    assert measure(found) <= most


def test_length_is_counted_as_each_platform_does() -> None:
    assert (len("🐝é"), utf16_length("🐝é"), utf8_length("🐝é")) == (2, 3, 6)


@pytest.mark.parametrize(
    ("text", "expected"), [("Deep Sea", "#DeepSea"), ("#done", "#done"), ("日本", "#日本"), ("?", "")]
)
def test_hashtag_has_only_letters_and_digits(text: str, expected: str) -> None:
    assert to_hashtag(text) == expected
