"""The nouns: exact times, spans, windows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from clipy.types import Array, Box, CropPath, Edit, Highlight, Keyframe, Panel, Span, Word, seconds

times = st.fractions(min_value=0, max_value=10_000, max_denominator=90_000)


def test_seconds_is_exact_for_text_and_fractions_and_on_the_mpeg_clock_for_floats() -> None:
    assert seconds("1/3") == Fraction(1, 3)
    assert seconds("12.5") == Fraction(25, 2)
    assert seconds(0.1) == Fraction(1, 10)
    assert seconds(1 / 3).denominator <= 90_000


def test_a_span_is_half_open_and_never_negative() -> None:
    span = Span(Fraction(1), Fraction(2))
    assert Fraction(1) in span
    assert Fraction(2) not in span
    with pytest.raises(ValueError, match="cannot end"):
        Span(Fraction(2), Fraction(1))


@given(times, times, times, times)
def test_overlap_is_symmetric_and_clamp_lies_inside(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> None:
    one, two = Span(min(a, b), max(a, b)), Span(min(c, d), max(c, d))
    assert one.overlap(two) == two.overlap(one) >= 0
    inside = one.clamp(two)
    assert two.start <= inside.start <= inside.end <= two.end
    assert inside.duration == one.overlap(two)


def test_window_is_linear_between_keyframes_and_constant_outside() -> None:
    panel = Panel((Keyframe(Fraction(1), Box(0, 0, 10, 10)), Keyframe(Fraction(3), Box(20, 0, 30, 10))), (0, 0, 2, 2))
    assert panel.window(Fraction(0)) == Box(0, 0, 10, 10)
    assert panel.window(Fraction(2)) == Box(10, 0, 20, 10)
    assert panel.window(Fraction(9)) == Box(20, 0, 30, 10)


def edit(*keep: tuple[int, int]) -> Edit:
    spans = tuple(Span(Fraction(a), Fraction(b)) for a, b in keep)
    return Edit(Highlight(Span(spans[0].start, spans[-1].end)), CropPath(1080, 1920, ()), spans)


def test_clip_time_skips_removed_spans() -> None:
    cut = edit((10, 12), (15, 20))
    assert cut.duration == 7
    assert [cut.clip_time(Fraction(t)) for t in (9, 11, 13, 16, 30)] == [0, 1, 2, 3, 7]


@given(st.fractions(min_value=0, max_value=Fraction(699, 100)))
def test_source_time_is_the_inverse_of_clip_time(time: Fraction) -> None:
    cut = edit((10, 12), (15, 20))
    assert cut.clip_time(cut.source_time(time)) == time


def test_words_are_given_in_clip_time() -> None:
    said = Word("olá", Fraction(11), Fraction(12), 0.5, "A", "pt")
    cut = Edit(*_fields(edit((10, 20))), words=(said,))
    assert cut.clip_words() == (Word("olá", Fraction(1), Fraction(2), 0.5, "A", "pt"),), "all else stays"


def _fields(made: Edit) -> tuple[Highlight, CropPath, tuple[Span, ...]]:
    return made.highlight, made.crop, made.keep


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8, np.bool_])
def test_arrays_survive_json(dtype: type) -> None:
    adapter: TypeAdapter[Array] = TypeAdapter(Array)
    array: NDArray[Any] = np.arange(12).reshape(3, 4).astype(dtype)
    back = adapter.validate_json(adapter.dump_json(array))
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_an_array_of_objects_is_refused() -> None:
    adapter: TypeAdapter[Array] = TypeAdapter(Array)
    with pytest.raises(ValidationError, match="not allowed"):
        adapter.validate_python({"dtype": "|O", "shape": [1], "zlib": ""})
