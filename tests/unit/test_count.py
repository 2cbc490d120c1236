"""How many clips: a number that was asked for, or as many as are good."""

from __future__ import annotations

from fractions import Fraction

import pytest

from clipy.context import Context
from clipy.stages.base import Highlighter
from clipy.stages.highlight.chapters import Chapters
from clipy.stages.highlight.even import Even
from clipy.types import Highlight, Span, Video


class Scored(Highlighter):
    """Has a bar, and is asked about candidates that the tests make."""

    name = "scored"
    bar = 0.5

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        raise NotImplementedError


def candidates(*scores: float) -> list[Highlight]:
    return [Highlight(Span(Fraction(20 * n), Fraction(20 * n + 15)), score) for n, score in enumerate(scores)]


def lasting(minutes: float) -> Video:
    return Video("talk", Fraction(60 * minutes), Fraction(25), 64, 64, 64, 64, 0, Fraction(0))


def test_a_number_is_how_many_whatever_they_are_worth() -> None:
    scored = Scored(Scored.Options(count=2))
    assert scored.wanted(lasting(1), candidates(0.9, 0.1, 0.1)) == 2
    assert scored.is_good(candidates(0.1)[0])


@pytest.mark.parametrize(
    ("scores", "minutes", "wanted"),
    [((0.9, 0.6, 0.5, 0.4), 60, 3), ((0.4, 0.3), 60, 1), ((0.9, 0.8, 0.7), 8, 2), ((0.9, 0.8), 1, 1), ((), 60, 1)],
)
def test_auto_takes_what_is_good_at_least_one_and_no_more_than_the_length_allows(
    scores: tuple[float, ...], minutes: float, wanted: int
) -> None:
    scored = Scored(Scored.Options())
    assert scored.options.count == "auto"
    assert scored.wanted(lasting(minutes), candidates(*scores)) == wanted


def test_auto_makes_a_few_where_nothing_tells_the_good_from_the_others() -> None:
    assert Even(Even.Options()).wanted(lasting(60), candidates(*[0.9] * 20)) == 3
    assert Even(Even.Options()).wanted(lasting(5), candidates(*[0.9] * 20)) == 1


def test_auto_makes_all_moments_of_a_list() -> None:
    assert Chapters(Chapters.Options()).wanted(lasting(4), candidates(*[0.1] * 20)) == 20
    assert Chapters(Chapters.Options(count=3)).wanted(lasting(4), candidates(*[0.1] * 20)) == 3
