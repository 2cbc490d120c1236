"""Word times: put into the voice, in order, without losing what was said."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clipy.analysis.alignment.forced.word_times import in_order, snap_to_speech, wordless_spans
from clipy.types import Span, Word, seconds

EARLY = Fraction(1, 25)  # what every word is moved by before anything else


def word(text: str, start: str, end: str) -> Word:
    return Word(text, Fraction(start), Fraction(end))


def span(start: str, end: str) -> Span:
    return Span(Fraction(start), Fraction(end))


def test_outer_words_snap_to_the_voice() -> None:
    words = [word("so", "0.70", "1.20"), word("it", "1.20", "1.40"), word("goes.", "1.40", "2.60")]
    moved, dropped = snap_to_speech(words, [span("1", "2")])
    assert [(each.start, each.end) for each in moved] == [
        (Fraction(1), Fraction("1.24")),
        (Fraction("1.24"), Fraction("1.44")),
        (Fraction("1.44"), Fraction(2)),
    ]
    assert dropped == 0


def test_word_stretched_over_a_pause_starts_after_it() -> None:
    speech = [span("0", "2"), span("2.5", "4")]
    moved, _ = snap_to_speech(
        [word("end.", "1.2", "1.8"), word("The", "1.8", "2.6"), word("rest", "2.6", "3.9")], speech
    )
    assert [(each.start, each.end) for each in moved] == [
        (Fraction("1.24"), Fraction(2)),
        (Fraction("2.5"), Fraction("2.64")),
        (Fraction("2.64"), Fraction(4)),
    ]


def test_last_word_before_a_pause_ends_at_the_pause() -> None:
    moved, _ = snap_to_speech([word("end.", "1.2", "2.5")], [span("0", "2"), span("2.5", "4")])
    assert moved[0].span == span("1.24", "2")


def test_word_far_from_any_voice_is_dropped() -> None:
    moved, dropped = snap_to_speech([word("Hi.", "1", "1.5"), word("Thanks for watching!", "8", "9")], [span("1", "2")])
    assert [each.text for each in moved] == ["Hi."]
    assert dropped == 1
    assert snap_to_speech([word("a", "1", "2")], []) == ([], 1)


def test_word_next_to_the_voice_is_moved_into_it() -> None:
    moved, dropped = snap_to_speech([word("Well,", "0.4", "0.7")], [span("1", "3")])
    assert (moved[0].start, dropped) == (Fraction(1), 0)
    assert moved[0].end == Fraction("1.3")


def test_fragmented_speech_without_words_is_found() -> None:
    speech = [span("0", "3"), span("4", "5"), span("5.5", "6.5"), span("7", "9")]
    words = [word("a", "0", "2.9"), word("b", "7", "9")]
    assert wordless_spans(words, speech, Fraction(3, 2)) == [span("2.9", "6.5")]
    assert wordless_spans(words, speech, Fraction(3)) == []
    assert wordless_spans([], speech, Fraction(3)) == [span("0", "9")]
    assert wordless_spans([], [], Fraction(1)) == []
    overlapping = [word("a", "0", "1.02"), word("b", "1", "9")]
    assert wordless_spans(overlapping, speech, Fraction(1)) == []


def test_zero_length_words_get_a_visible_duration() -> None:
    words = [word("a", "1", "1"), word("b", "1", "1"), word("c", "1", "1.5")]
    placed = in_order(words, span("0", "10"))
    assert [each.start for each in placed] == [Fraction(1), Fraction("1.06"), Fraction("1.12")]
    assert placed[-1].end == Fraction("1.5")


def test_words_at_the_end_stay_inside_the_video() -> None:
    placed = in_order([word("a", "9.99", "10.4"), word("b", "10.4", "11")], span("0", "10"))
    assert [each.span for each in placed] == [span("9.88", "9.94"), span("9.94", "10")]


times = st.floats(-1, 12, allow_nan=False)


@given(st.lists(st.tuples(times, st.floats(0, 3)), max_size=40), st.integers(1, 10))
def test_words_are_ordered_disjoint_and_inside(raw: list[tuple[float, float]], limit: int) -> None:
    words = [Word(str(n), seconds(start), seconds(start) + seconds(lasts)) for n, (start, lasts) in enumerate(raw)]
    placed = in_order(words, Span(Fraction(0), Fraction(limit)))
    assert [each.text for each in placed] == [each.text for each in words]
    assert all(each.end > each.start for each in placed)
    assert all(before.end <= after.start for before, after in pairwise(placed))
    assert all(each.start >= 0 and each.end <= limit for each in placed)


@given(st.lists(st.tuples(times, st.floats(0, 3)), max_size=30), st.lists(st.floats(0.1, 2), max_size=12))
def test_every_kept_word_overlaps_the_voice(raw: list[tuple[float, float]], lengths: list[float]) -> None:
    words = [Word("w", seconds(start), seconds(start) + seconds(lasts)) for start, lasts in sorted(raw)]
    speech, time = [], Fraction(0)
    for length in lengths:
        speech.append(Span(time, time + seconds(length)))
        time += seconds(length) + Fraction(1, 2)
    kept, dropped = snap_to_speech(words, speech)
    assert len(kept) + dropped == len(words)
    assert all(any(s.start <= each.start <= each.end <= s.end for s in speech) for each in kept)
