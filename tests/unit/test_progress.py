from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.context import Context
from tests.clips import LEVEL, clip, draw, pizzazz


@pytest.mark.parametrize("edge", ["top", "bottom"])
def test_the_bar_fills_in_step_with_the_clip_and_touches_its_own_rows_only(edge: str, ctx: Context) -> None:
    times = [Fraction(0), Fraction(1), Fraction(2), Fraction(3)]
    effect = pizzazz("progress", edge=edge, color="#ffffff", track=0.5, thickness=0.01)
    for time, frame in zip(times, draw(effect, clip(seconds=4), times, ctx), strict=True):
        y = frame.planes[0] if edge == "top" else frame.planes[0][::-1]
        assert int((y[0] > 200).sum()) == pytest.approx(540 * float(time) / 4, abs=1)
        assert np.all(y[0][int(540 * float(time) / 4) + 2 :] < LEVEL)
        assert np.all(y[10:] == LEVEL)


def test_bar_end_moves_with_subpixel_precision(ctx: Context) -> None:
    times = [Fraction(n, 540 * 4) * 4 for n in (400, 401, 402, 403)]
    ends = [int(frame.planes[0][-1, 100]) for frame in draw(pizzazz("progress"), clip(seconds=4), times, ctx)]
    assert ends == sorted(ends)
    assert len(set(ends)) > 2


def test_bar_uses_the_brand_colour(tmp_path: Path, ctx: Context) -> None:
    kit = tmp_path / "brand.toml"
    kit.write_text('highlight_color = "#0000ff"')
    (frame,) = draw(pizzazz("progress", brand=str(kit)), clip(seconds=4), [2], ctx)
    red, green, blue = frame.rgb[-3, 100]
    assert blue > 200
    assert max(red, green) < 60
