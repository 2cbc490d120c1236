from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from clipy.analysis.subtitles.writer import Style, ass, cues, planned_ass, srt, vtt
from clipy.types import CropPath, Edit, Highlight, Span, Word
from clipy.typography.cards import Card, display_width, join_words

SPEECH = (
    "Okay, so here's the thing. Most people think that you need a huge budget to make great videos, but honestly? "
    "You don't. I've been doing this for ten years and the single biggest lesson is simple: consistency beats talent."
)


def said(text: str, start: Fraction = Fraction(0), pace: Fraction = Fraction(1, 3)) -> list[Word]:
    return [Word(token, start + pace * n, start + pace * (n + 1)) for n, token in enumerate(text.split())]


def test_srt_is_exact() -> None:
    words = [*said("Hello there.", Fraction(1)), *said("Bye.", Fraction(3725) + Fraction(1, 3000))]
    assert srt(words) == ("1\n00:00:01,000 --> 00:00:01,917\nHello there.\n\n2\n01:02:05,000 --> 01:02:05,834\nBye.\n")


def test_vtt_is_exact_and_escaped() -> None:
    words = [
        Word("R&D", Fraction(0), Fraction(1)),
        Word("<b>", Fraction(1), Fraction(2)),
        Word("-->", Fraction(2), Fraction(3)),
    ]
    assert vtt(words) == "WEBVTT\n\n1\n00:00:00.000 --> 00:00:03.250\nR&amp;D &lt;b&gt; --&gt;\n"


def test_arrow_in_text_is_not_a_timing_line() -> None:
    assert srt([Word("-->", Fraction(0), Fraction(1))]).count("-->") == 1


def test_cues_are_readable() -> None:
    cards = cues(said(SPEECH))
    assert " ".join(join_words(line) for card in cards for line in card.lines) == SPEECH
    for card in cards:
        assert len(card.lines) <= 2
        assert all(display_width(join_words(line)) <= 42 for line in card.lines)
        assert Fraction(5, 6) <= card.span.duration <= 8
    for before, after in pairwise(cards):
        assert before.span.end <= after.span.start


def test_short_cues_are_extended_for_reading() -> None:
    (card,) = cues([Word("Unquestionably.", Fraction(1), Fraction("1.1"))])
    assert card.span.duration == Fraction(15, 17)


def test_cards_become_cues_unchanged() -> None:
    word = Word("one", Fraction(0), Fraction(1))
    card = Card(Span(Fraction(0), Fraction(2)), ((word,), (word,)))
    assert srt([card]) == "1\n00:00:00,000 --> 00:00:02,000\none\none\n"


def test_no_words_give_an_empty_file() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_ffmpeg_reads_srt_and_vtt(tmp_path: Path, suffix: str) -> None:
    words = [*said("Größe & Straße: 今日は!"), *said("שלום עולם.", Fraction(5))]
    path = tmp_path / f"clip{suffix}"
    path.write_text((srt if suffix == ".srt" else vtt)(words), encoding="utf-8")
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.subtitles[0]) if p.pts is not None and p.size]
        found = [(Fraction(p.pts or 0) * (p.time_base or 1), bytes(p).decode()) for p in packets]
    text = "Größe & Straße: 今日は!" if suffix == ".srt" else "Größe &amp; Straße: 今日は!"
    assert found == [(Fraction(0), text), (Fraction(5), "שלום עולם.")]


def test_vtt_has_speaker_tags() -> None:
    words = [
        Word("Hi.", Fraction(0), Fraction(1), speaker="Ana <b>"),
        Word("Yes.", Fraction(3), Fraction(4), speaker="Ben"),
        Word("Off.", Fraction(6), Fraction(7)),
    ]
    cued = [line for line in vtt(words).splitlines() if "." in line and "-->" not in line]
    assert cued == ["<v Ana &lt;b&gt;>Hi.</v>", "<v Ben>Yes.</v>", "Off."]


def test_ass_highlights_each_word_in_its_time() -> None:
    words = [Word("one", Fraction("1.0"), Fraction("1.4")), Word("two", Fraction("1.5"), Fraction(2))]
    card = Card(Span(Fraction(1), Fraction("2.2")), ((words[0],), (words[1],)))
    (line,) = [line for line in ass([card], Style(speakers={"B": "#112233"})).splitlines() if "Dialogue" in line]
    assert line.startswith("Dialogue: 0,0:00:01.00,0:00:02.20,Default,")
    assert line.endswith(r"{\an5\pos(540,1152)}{\k50}one\N{\k70}two")


def test_ass_has_the_given_colours_and_positions() -> None:
    card = Card(Span(Fraction(0), Fraction(1)), ((Word("x", Fraction(0), Fraction(1), speaker="B"),),))
    text = ass([card], Style(text="#010203", speakers={"B": "#112233"}, uppercase=True), positions=[0.25])
    assert ",&H00030201," in text
    assert r"\pos(540,480)\1c&H00332211&" in text
    assert text.rstrip().endswith("}X")


@pytest.mark.parametrize("hostile", [r"{\p1}", r"\N", "a\nDialogue: 0,x", "a\r\x85b", "{", "}"])
def test_ass_override_tags_in_words_are_escaped(hostile: str) -> None:
    word = Word(hostile, Fraction(0), Fraction(1), speaker=hostile)
    text = ass([Card(Span(Fraction(0), Fraction(1)), ((word,),))], Style(font="A,B\nStyle: x"))
    lines = text.splitlines()
    (line,) = [line for line in lines if line.startswith("Dialogue")]
    spoken = line.rpartition("}")[2]
    assert not set(spoken) & set("{}\\")
    assert sum(line.startswith("Style:") for line in lines) == 1


def test_ffmpeg_reads_the_ass_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.ass"
    path.write_text(ass(said("Größe {und} Straße: 今日は!")), encoding="utf-8")
    with av.open(str(path)) as container:
        (packet,) = [p for p in container.demux(container.streams.subtitles[0]) if p.size]
        text = bytes(packet).decode()
    assert "Größe" in text
    assert "{und}" not in text


def test_the_ass_file_of_a_clip_is_placed_like_its_captions() -> None:
    words = tuple(said("some words here", Fraction(10)))
    edit = Edit(
        Highlight(Span(Fraction(10), Fraction(12))),
        CropPath(540, 960, ()),
        (Span(Fraction(10), Fraction(12)),),
        "en",
        words,
    )
    assert "PlayResX: 540" in planned_ass(edit)
    cards = [
        {"span": {"start": "0", "end": "1"}, "lines": [[{"text": "hi", "start": "0", "end": "1"}]], "position": 0.25}
    ]
    planned = replace(
        edit, plans={"anything": {"cards": cards, "style": {"width": 540, "height": 960, "font": "Anton"}}}
    )
    assert r"\pos(270,240)" in planned_ass(planned)
    assert "Style: Default,Anton," in planned_ass(planned)
    assert "Dialogue" not in planned_ass(None)
