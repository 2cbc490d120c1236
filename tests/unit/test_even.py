"""Where stretches end up of which only about the place is wanted: between sentences, else between words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from clipy.context import Context
from clipy.media.probe import probe
from clipy.stages.highlight.even import Even
from clipy.stages.highlight.selection.snapping import placed
from clipy.types import Span, Transcript, Word
from tests.spoken_clips import hearing

LASTS = Fraction(60)


def span(start: float, end: float) -> Span:
    return Span(Fraction(start).limit_denominator(1000), Fraction(end).limit_denominator(1000))


def _word(start: float, lasts: float, text: str) -> Word:
    when = span(start, start + lasts)
    return Word(text, when.start, when.end)


def said(*sentences: tuple[float, int], pace: float = 0.5) -> Transcript:
    """Sentences of some words each, from some second on; a word takes four fifths of its pace."""
    words = [
        _word(start + pace * index, 0.8 * pace, "word." if index + 1 == count else "word")
        for start, count in sentences
        for index in range(count)
    ]
    return Transcript("en", tuple(words))


def _edges(found: Span) -> tuple[Fraction, Fraction]:
    return found.start, found.end


def test_edges_snap_to_pauses_between_sentences() -> None:
    spoken = said((0, 10), (6, 10), (12, 10), (18, 10), (24, 10))  # each of 5 s, with a second between
    found = placed(span(8, 21), span(0, 60), spoken, Fraction(5), Fraction(30), LASTS)
    assert Fraction(5) < found.start < 6
    assert float(found.end) == pytest.approx(23.3, abs=0.1)
    assert not any(edge for word in spoken.words for edge in _edges(found) if word.start < edge < word.end)


def test_bounds_and_margins_are_kept() -> None:
    spoken = said((0, 10), (6, 10), (12, 10), (18, 10), (24, 10))
    found = placed(span(8, 15), span(6.5, 20), spoken, Fraction(4), Fraction(10), LASTS)
    assert found.start >= Fraction(13, 2)
    assert found.end <= 20
    assert 4 <= found.duration <= 10


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    spoken = said((0, 100))
    found = placed(span(10.1, 20.1), span(0, 60), spoken, Fraction(8), Fraction(12), LASTS)
    assert 8 <= found.duration <= 12
    for edge in _edges(found):
        assert not any(word.start < edge < word.end for word in spoken.words)


def test_edges_in_silence_are_unchanged() -> None:
    wanted = span(30, 40)
    assert placed(wanted, span(0, 60), said((0, 10)), Fraction(5), Fraction(20), LASTS) == wanted
    assert placed(wanted, span(0, 60), Transcript("", ()), Fraction(5), Fraction(20), LASTS) == wanted


def test_even_clips_do_not_cut_words(talk: Path, tmp_path: Path) -> None:
    video = probe(talk)
    pace = float(video.duration) / 24
    spoken = said(*((pace * 4 * part, 4) for part in range(6)), pace=pace * 0.9)
    ctx: Context = hearing(tmp_path, spoken.words)
    options = Even.Options(count=2, duration=pace * 9, min_duration=pace * 2, max_duration=pace * 12)
    found = Even(options).highlight(video, ctx)
    assert len(found) == 2
    assert found[0].span.end <= found[1].span.start
    for pick in found:
        for edge in _edges(pick.span):
            assert not any(word.start < edge < word.end for word in spoken.words)


def test_a_duration_widens_the_bounds_that_are_not_set() -> None:
    short, long = Even.Options(duration=8), Even.Options(duration=90)
    assert (short.min_duration, short.max_duration) == (8, 60)
    assert (long.min_duration, long.max_duration) == (15, 90)
    with pytest.raises(ValueError, match=r"duration 8\.0 lies outside min_duration 10"):
        Even.Options(duration=8, min_duration=10)
