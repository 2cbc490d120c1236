"""File names out of any text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from clipy.text.slugs import slug, unique_slugs


def test_slugs_read_like_the_text() -> None:
    assert slug("My Talk (2026) – final.v2") == "my-talk-2026-final-v2"
    assert slug("Überraschung déjà vu") == "uberraschung-deja-vu"
    assert slug("講演") == "clip"


@given(st.text())
def test_no_text_names_anything_but_a_plain_file(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))
    assert len(slug(text)) <= 60


def test_equal_names_are_numbered() -> None:
    assert unique_slugs(["a", "A!", "b"]) == ["a", "a-2", "b"]
