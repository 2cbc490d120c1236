from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest

from clipy.context import Context
from clipy.geometry import share_inside
from clipy.stages.render.pizzazz.title import balance_lines
from clipy.typography.occupied_regions import occupied_regions
from clipy.typography.safe_area import text_safe_area
from tests.clips import LEVEL, VIDEO, changed, clip, draw, gray, pizzazz

TITLE = "Why nobody ever finishes what they start"
SPEECH = "Most people think you need a huge budget"


def test_the_highlights_title_is_shown_in_the_first_seconds_only(ctx: Context) -> None:
    before, after = draw(pizzazz("title", duration=2), clip(title=TITLE), [1, Fraction(2)], ctx)
    box = changed(before)
    assert box is not None
    assert box[3] < 400
    assert changed(after) is None


def test_it_fades_in_and_out(ctx: Context) -> None:
    times = [Fraction(0), Fraction(1, 10), Fraction(1), Fraction(19, 10), Fraction(199, 100)]
    frames = draw(pizzazz("title", duration=2, style="accent"), clip(title=TITLE), times, ctx)
    amounts = [float(abs(frame.planes[0].astype(int) - LEVEL).sum()) for frame in frames]
    assert amounts[0] == 0
    assert amounts[0] < amounts[1] < amounts[2] > amounts[3] > amounts[4]


@pytest.mark.parametrize("style", ["plate", "dark", "accent", "bold"])
@pytest.mark.parametrize("size", [(540, 960), (960, 540)])
def test_every_style_stays_in_the_safe_area(style: str, size: tuple[int, int], ctx: Context) -> None:
    (frame,) = draw(pizzazz("title", style=style), clip(title=TITLE, size=size), [1], ctx)
    area, box = text_safe_area(*size), changed(frame, 40)
    assert box is not None
    assert area.left - 1 <= box[0] < box[2] <= area.right + 1
    assert area.top - 1 <= box[1] < box[3] <= area.bottom + 1


def test_own_text_overrides_the_title_and_empty_text_disables_it(ctx: Context) -> None:
    edit = pizzazz("title", text="Mine").plan(VIDEO, clip(title=TITLE), ctx)
    assert edit.plans["title"]["title"]["lines"] == [["Mine"]]
    for effect, title in ((pizzazz("title"), ""), (pizzazz("title", text=""), TITLE)):
        edit = effect.plan(VIDEO, clip(title=title), ctx)
        frames = iter([gray(0, (540, 960))])
        assert effect.frames(frames, edit, ctx) is frames


@pytest.mark.parametrize("order", [("title", "captions"), ("captions", "title")])
@pytest.mark.parametrize("position", [None, 0.6])
def test_title_and_captions_do_not_overlap(order: tuple[str, str], position: float | None, ctx: Context) -> None:
    edit = clip(SPEECH, title=TITLE)
    for name in order:
        edit = pizzazz(name, **({"position": position} if name == order[0] else {})).plan(VIDEO, edit, ctx)
    boxes = [(item.span, item.box) for item in occupied_regions(edit)]
    assert len(boxes) > 2
    for (span, box), (other, second) in pairwise(sorted(boxes, key=lambda item: item[0].start)):
        assert span.overlap(other) == 0 or share_inside(box, second) == 0


def test_the_plan_lists_the_occupied_region(ctx: Context) -> None:
    effect, edit = pizzazz("title"), clip(title=TITLE)
    (frame,) = draw(effect, edit, [1], ctx)
    (item,) = occupied_regions(effect.plan(VIDEO, edit, ctx))
    box = changed(frame)
    assert box is not None
    assert item.box.x1 - 2 <= box[0]
    assert item.box.y1 - 2 <= box[1]
    assert box[2] <= item.box.x2 + 2
    assert box[3] <= item.box.y2 + 2


def test_title_lines_are_few_and_balanced() -> None:
    def measure(line: Sequence[str]) -> float:
        return float(len(" ".join(line)))

    words = "one two three four five six".split()
    assert balance_lines(words, measure, 100, 3) == (tuple(words),)
    assert balance_lines(words, measure, 15, 3) == (("one", "two", "three"), ("four", "five", "six"))
    assert len(balance_lines(words, measure, 3, 3)) == 3  # it does not fit: it will be drawn smaller
    assert balance_lines(["one"], measure, 1, 3) == (("one",),)
