from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy.typography.bidi import embedding_levels, is_right_to_left, visual_order
from clipy.typography.fonts import Face, FontStack, packaged_face, packaged_font_digests
from clipy.typography.glyph_masks import Font, to_uppercase
from clipy.typography.shaping import Extent, family_name, shape_text

ANTON = packaged_face("fontpkg_anton", "Anton-Regular.ttf", 900)
FONTS = FontStack(ANTON)


def file_of(text: str) -> str:
    """The one font file that draws a text."""
    (run,) = FONTS.runs(text)
    return run[0].path.name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hello", "Anton"),
        ("straße", "Anton"),
        ("Привет", "Montserrat"),
        ("Ελλάδα", "NotoSans["),
        ("שלום", "NotoSansHebrew"),
        ("مرحبا", "NotoSansArabic"),
        ("नमस्ते", "NotoSansDevanagari"),
        ("สวัสดี", "NotoSansThai"),
        ("ქართული", "NotoSansGeorgian"),
        ("👩\u200d💻", "NotoEmoji"),
    ],
)
def test_each_script_is_drawn_by_a_packaged_face_that_covers_it(text: str, name: str) -> None:
    assert file_of(text).startswith(name)


def test_coverage_agrees_with_what_is_drawn() -> None:
    """A character that is said to be missing draws the same box as one that surely is; one that is there does not."""

    def drawn(char: str) -> bytes:
        return shape_text([(ANTON, 40.0, char)], False, "").rasterize(Extent(-10, -60, 60, 20)).tobytes()

    for char in "AzßŁỹ€½я字ש":
        assert ANTON.covers(char) == (drawn(char) != drawn("\U0010fffd"))


def test_words_are_split_where_no_single_face_covers_them() -> None:
    assert [(face.path.name.split("[")[0], part) for face, part in FONTS.runs("don't🔥")] == [
        ("Anton-Regular.ttf", "don't"),
        ("NotoEmoji", "🔥"),
    ]


def test_a_character_without_any_font_is_left_out_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        runs = [FONTS.runs("a\U000f1234b") for _ in range(3)]
    assert runs[0] == [(ANTON, "ab")]
    assert len(caplog.records) == 1
    assert "U+F1234" in caplog.text


@pytest.mark.skipif(find_spec("noto_cjk_sans_jp_bold") is None, reason="the extra cjk is not installed")
@pytest.mark.parametrize("text", ["日本語", "한국어", "汉语", "漢語"])
def test_one_extra_brings_chinese_japanese_and_korean(text: str) -> None:
    assert file_of(text) == "NotoSansCJKjp-Bold.otf"


def test_non_font_files_are_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "x.ttf").write_bytes(b"\x00\x01\x00\x00\x00\x09")
    with caplog.at_level(logging.WARNING):
        assert not Face(tmp_path / "x.ttf").covers("a")
    assert "x.ttf" in caplog.text


def test_the_weight_of_a_variable_font_is_set() -> None:
    darkness = [
        int(
            Font(FontStack(packaged_face("fontpkg_montserrat", "Montserrat[[]wght].ttf", weight)), 60)
            .masks("H")
            .glyphs.sum()
        )
        for weight in (300, 600, 900)
    ]
    assert darkness[0] * 1.3 < darkness[1]
    assert darkness[1] * 1.2 < darkness[2]


def test_arabic_letters_join() -> None:
    """All of this word's letters join, and none has dots: it is one piece of ink, however many letters it has."""
    pieces, _ = cv2.connectedComponents(Font(FONTS, 60).masks("محمد", True).glyphs)
    assert pieces - 1 == 1


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("ביולי15", ["15", "ביולי"]),
        ("15ביולי", ["ביולי", "15"]),
        ("مايو15", ["15", "مايو"]),
        ("x2", ["x2"]),
    ],
)
def test_numbers_read_from_left_to_right_in_every_script(word: str, parts: list[str]) -> None:
    face, right_to_left = FONTS.runs(word)[0][0], is_right_to_left("", [word])
    alone = [shape_text([(face, 60.0, part)], is_right_to_left("", [part]), "").glyphs for part in parts]
    drawn = shape_text([(face, 60.0, word)], right_to_left, "").glyphs
    assert [glyph.index for glyph in drawn] == [glyph.index for part in alone for glyph in part]


def test_kerning() -> None:
    font = Font(FontStack(packaged_face("fontpkg_montserrat", "Montserrat[[]wght].ttf", 700)), 100)
    assert font.width("AV") < font.width("A") + font.width("V") - 2


@pytest.mark.parametrize("outline", [1.5, 4.0, 9.25])
def test_an_outline_is_as_wide_as_was_asked(outline: float) -> None:
    """A full stop of this face is a rectangle: one with an outline is so much larger, and its corners are round."""
    masks = Font(FONTS, 120).masks(".", outline=outline)
    height, width = (masks.glyphs.sum(axis=axis).max() / 255 for axis in (0, 1))
    across = masks.outlined.astype(float).sum(axis=1).max() / 255
    assert across == pytest.approx(width + 2 * outline, abs=0.2)
    area = height * width + 2 * outline * (height + width) + np.pi * outline**2
    assert masks.outlined.sum() / 255 == pytest.approx(area, rel=0.01)


def test_nothing_is_drawn_of_a_space() -> None:
    assert Font(FONTS, 40).width(" ") > 0
    assert Font(FONTS, 40).masks(" ", outline=3).outlined.sum() == 0


def test_a_font_is_called_by_its_family() -> None:
    assert family_name(ANTON) == "Anton"


def test_what_is_drawn_lies_inside_what_was_measured() -> None:
    font = Font(FONTS, 48)
    for text in ("Hello", "jÅÇ", "नमस्ते", "สวัสดีครับ", "don't🔥"):
        masks = font.masks(text, outline=5)
        edges = [masks.outlined[0], masks.outlined[-1], masks.outlined[:, 0], masks.outlined[:, -1]]
        assert all(int(edge.max()) == 0 for edge in edges)
        assert np.all(masks.outlined >= masks.glyphs.astype(int) - 2)
        assert masks.outlined.sum() > masks.glyphs.sum() > 0


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("straße", "de", "STRASSE"),
        ("istanbul", "tr", "İSTANBUL"),
        ("istanbul", "en", "ISTANBUL"),
        ("ქართული", "ka", "ქართული"),
    ],
)
def test_to_uppercase(text: str, language: str, expected: str) -> None:
    assert to_uppercase(text, language) == expected


@pytest.mark.parametrize(
    ("words", "right_to_left", "order"),
    [
        ("one two three", False, [0, 1, 2]),
        ("שלום לכולם היום", True, [2, 1, 0]),
        ("שלום iPhone 15 היום", True, [3, 1, 2, 0]),  # a number after Latin text belongs to it
        ("مرحبا 10 20", True, [2, 1, 0]),  # numbers apart follow the paragraph
        ("مرحبا hello world", True, [1, 2, 0]),
        ("I love שלום עולם now", False, [0, 1, 3, 2, 4]),
        ("I said שלום – עולם", False, [0, 1, 4, 3, 2]),  # a dash between two Hebrew words reads with them
    ],
)
def test_words_are_ordered_as_the_unicode_bidirectional_algorithm_does(
    words: str, right_to_left: bool, order: list[int]
) -> None:
    assert visual_order(words.split(), right_to_left) == order


def test_levels_tell_which_words_are_shaped_from_right_to_left() -> None:
    assert embedding_levels(["שלום", "abc", "12"], True) == [1, 2, 2]
    assert embedding_levels(["שלום", "12"], True) == [1, 2]


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("ar", "clipy مرحبا", True),  # the language decides where its letters occur
        ("ar", "hello world", False),
        ("he", "15 , 20", True),
        ("", "שלום hello", True),
        ("en", "hello שלום", False),
    ],
)
def test_direction_of_a_paragraph(language: str, words: str, expected: bool) -> None:
    assert is_right_to_left(language, words.split()) is expected


def test_digests_name_the_fonts_by_content() -> None:
    assert len(packaged_font_digests()) >= 20
    assert all(len(digest) == 64 for digest in packaged_font_digests())
