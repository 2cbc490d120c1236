from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from clipy.cards import Card, columns, joined
from clipy.subtitles import cues, srt, vtt
from clipy.types import Span, Word

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
    assert vtt(words) == "WEBVTT\n\n00:00:00.000 --> 00:00:03.250\nR&amp;D &lt;b&gt; --&gt;\n"


def test_an_arrow_cannot_pass_for_a_line_of_times() -> None:
    assert srt([Word("-->", Fraction(0), Fraction(1))]).count("-->") == 1


def test_cues_are_readable() -> None:
    cards = cues(said(SPEECH))
    assert " ".join(joined(line) for card in cards for line in card.lines) == SPEECH
    for card in cards:
        assert len(card.lines) <= 2
        assert all(columns(joined(line)) <= 42 for line in card.lines)
        assert Fraction(5, 6) <= card.span.duration <= 8
    for before, after in pairwise(cards):
        assert before.span.end <= after.span.start


def test_short_words_stay_long_enough_to_read_where_there_is_time() -> None:
    (card,) = cues([Word("Unquestionably.", Fraction(1), Fraction("1.1"))])
    assert card.span.duration == Fraction(15, 17)


def test_cards_are_written_as_they_are() -> None:
    word = Word("one", Fraction(0), Fraction(1))
    card = Card(Span(Fraction(0), Fraction(2)), ((word,), (word,)))
    assert srt([card]) == "1\n00:00:00,000 --> 00:00:02,000\none\none\n"


def test_nothing_said_makes_an_empty_file() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_a_real_reader_reads_back_what_was_written(tmp_path: Path, suffix: str) -> None:
    words = [*said("Größe & Straße: 今日は!"), *said("שלום עולם.", Fraction(5))]
    path = tmp_path / f"clip{suffix}"
    path.write_text((srt if suffix == ".srt" else vtt)(words), encoding="utf-8")
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.subtitles[0]) if p.pts is not None and p.size]
        found = [(Fraction(p.pts or 0) * (p.time_base or 1), bytes(p).decode()) for p in packets]
    text = "Größe & Straße: 今日は!" if suffix == ".srt" else "Größe &amp; Straße: 今日は!"
    assert found == [(Fraction(0), text), (Fraction(5), "שלום עולם.")]
