"""Captions and titles in another language, asked of a server that speaks the chat protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipy.context import Context
from clipy.errors import ConfigError, ServiceError
from clipy.stages.render.pizzazz.translation.timing import timed
from clipy.stages.review.captions import _untranslated
from clipy.types import Clip, Edit, Span
from tests.chat_server import KEY, Asked, ChatServer
from tests.clips import VIDEO, clip, gray, pizzazz

GERMAN = {
    "Two things": "Zwei Dinge",
    "This is the first sentence.": "Das ist der erste Satz.",
    "And here comes another one!": "Und hier kommt noch einer!",
}
SAID = "This is the first sentence. And here comes another one!"


def dictionary(lines: list[dict[str, Any]], asked: Asked) -> object:
    return {"lines": [{"n": line["n"], "text": GERMAN[line["text"]]} for line in lines]}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def server(key: None) -> Iterator[ChatServer]:
    with ChatServer(dictionary) as serving:
        yield serving


def said(text: str = SAID) -> Edit:
    return clip(text, title="Two things", seconds=6)


def translated(server: ChatServer, edit: Edit, ctx: Context, **options: object) -> Edit:
    effect = pizzazz("translate", to="de", base_url=f"{server.origin}/v1", model="test", retries=0, **options)
    return effect.plan(VIDEO, edit, ctx)


def text_of(edit: Edit) -> str:
    return " ".join(word.text for word in edit.words)


def test_sentences_and_title_are_translated_and_keep_their_times(server: ChatServer, ctx: Context) -> None:
    before = said()
    after = translated(server, before, ctx)
    assert text_of(after) == "Das ist der erste Satz. Und hier kommt noch einer!"
    assert after.highlight.title == "Zwei Dinge"
    assert after.language == "de"
    first = [word for word in after.words if word.end <= before.words[4].end]
    assert " ".join(word.text for word in first) == "Das ist der erste Satz."
    assert first[0].start == before.words[0].start
    assert first[-1].end == before.words[4].end
    assert all(a.end <= b.start for a, b in zip(after.words, after.words[1:], strict=False))


def test_the_model_is_told_the_room_and_the_glossary_and_shown_data_only(
    server: ChatServer, ctx: Context, tmp_path: Path
) -> None:
    glossary = tmp_path / "terms.txt"
    glossary.write_text("# names\nfirst sentence = erster Satz\n")
    translated(server, said(), ctx, glossary=glossary)
    (asked,) = server.requests
    assert "first sentence = erster Satz" in asked.system
    assert [line["n"] for line in asked.lines] == [0, 1, 2]
    assert asked.lines[1]["characters"] == round((1.5 + 0.5) * 17)
    assert "into de" in asked.system
    glossary.write_text("nothing\n")
    with pytest.raises(ConfigError, match="not a term"):
        translated(server, said(), ctx, glossary=glossary)


def test_a_translation_that_leaves_a_sentence_out_is_refused(key: None, ctx: Context) -> None:
    def forgetful(lines: list[dict[str, Any]], asked: Asked) -> object:
        return {"lines": [{"n": line["n"], "text": "etwas"} for line in lines[:-1]]}

    with ChatServer(forgetful) as server, pytest.raises(ServiceError, match="sentence 2 of 2 is missing"):
        translated(server, said(), ctx)


def test_nothing_is_asked_where_the_language_is_the_same(server: ChatServer, ctx: Context) -> None:
    before = replace(said(), language="de")
    assert translated(server, before, ctx) == before
    assert server.requests == []


def test_captions_show_the_translation_and_must_come_behind(server: ChatServer, ctx: Context) -> None:
    captions = pizzazz("captions")
    after = captions.plan(VIDEO, translated(server, said(), ctx), ctx)
    (plan,) = after.plans_of("captions")
    assert "Satz" in str(plan["cards"])
    with pytest.raises(ConfigError, match="Put translate first"):
        translated(server, captions.plan(VIDEO, said(), ctx), ctx)


def test_the_original_is_shown_below_where_wanted(server: ChatServer, ctx: Context) -> None:
    effect = pizzazz("translate", to="de", base_url=f"{server.origin}/v1", model="test", original=True)
    after = effect.plan(VIDEO, said(), ctx)
    size = (after.crop.width, after.crop.height)
    (drawn,) = effect.frames(iter([gray(1, size)]), after, ctx)
    rows = np.flatnonzero(np.abs(drawn.planes[0].astype(int) - 110).max(axis=1) > 40) / size[1]
    assert 0.66 < rows.min() < rows.max() < 0.74
    (plain,) = pizzazz("translate").frames(iter([gray(1, size)]), translated(server, said(), ctx), ctx)
    assert np.ptp(plain.planes[0]) == 0


def test_words_share_a_sentence_by_their_length() -> None:
    words = timed("Ja natürlich", Span(Fraction(10), Fraction(16)), "A")
    assert [(word.text, word.speaker) for word in words] == [("Ja", "A"), ("natürlich", "A")]
    assert [float(word.start) for word in words] == pytest.approx([10, 10 + 6 * 2 / 11])
    assert words[-1].end == 16
    pieces = timed("今日はいい天気です", Span(Fraction(0), Fraction(3)), None)
    assert [word.text for word in pieces] == ["今日はい", "い天気で", "す"]


def test_review_finds_sentences_that_are_shown_as_they_were_said() -> None:
    same = "And so he went home again"
    pairs = [["One is said here.", "Eins."], [same, same], [same, same]]
    edit = replace(said(), plans={"translate": {"kind": "translation", "sentences": pairs}})
    (finding,) = _untranslated(Clip("x", Fraction(6), 540, 960, edit))
    assert (finding.check, finding.severity) == ("untranslated", "error")
    fine = replace(edit, plans={"translate": {"kind": "translation", "sentences": pairs[:1]}})
    assert list(_untranslated(Clip("x", Fraction(6), 540, 960, fine))) == []
