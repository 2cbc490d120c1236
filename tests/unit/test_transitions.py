from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy.context import Context
from clipy.errors import ConfigError
from tests.clips import LEVEL, VIDEO, clip, draw, gray, pizzazz, sound

TIMES = [Fraction(n, 10) for n in range(40)]


def brightness(kind: str, ctx: Context, **options: object) -> list[float]:
    effect = pizzazz("transitions", intro=kind, outro=kind, duration=0.5, sound=False, **options)
    return [float(frame.planes[0].mean()) for frame in draw(effect, clip(seconds=4), TIMES, ctx)]


@pytest.mark.parametrize("kind", ["fade", "slide", "wipe"])
def test_intro_and_outro_start_and_end_with_the_color(kind: str, ctx: Context) -> None:
    seen = brightness(kind, ctx)
    assert seen[0] == pytest.approx(16, abs=1)
    assert seen[:6] == sorted(seen[:6])
    assert all(value == LEVEL for value in seen[5:36])
    assert seen[35:] == sorted(seen[35:], reverse=True)
    assert seen[-1] < LEVEL - 20


def test_slide_and_wipe_move_whole_pixels_of_the_clip(ctx: Context) -> None:
    for kind in ("slide", "wipe"):
        effect = pizzazz("transitions", intro=kind, duration=0.5)
        (frame,) = draw(effect, clip(seconds=4), [Fraction(1, 4)], ctx)
        assert set(np.unique(frame.planes[0])) == {16, LEVEL}
        share = float((frame.planes[0] == LEVEL).mean())
        assert share == pytest.approx(0.5, abs=0.01)


def test_an_image_replaces_the_color(tmp_path: Path, ctx: Context) -> None:
    picture = np.full((100, 300, 3), (0, 0, 255), np.uint8)
    cv2.imwrite(str(tmp_path / "intro.png"), picture)
    (frame,) = draw(pizzazz("transitions", image=str(tmp_path / "intro.png")), clip(seconds=4), [0], ctx)
    assert frame.rgb[..., 0].min() > 240
    assert frame.rgb[..., 1].max() < 20
    with pytest.raises(ConfigError, match="cannot read"):
        pizzazz("transitions", image=str(tmp_path / "missing.png")).plan(VIDEO, clip(), ctx)


def test_the_sound_fades_with_the_picture(ctx: Context) -> None:
    edit = clip(seconds=4)
    blocks = list(pizzazz("transitions", duration=0.5).audio(iter(sound(edit.duration)), edit, ctx))
    samples = np.concatenate([block.samples[0] for block in blocks])
    assert samples[0] == 0
    assert np.all(np.diff(samples[:24_000]) >= 0)
    assert np.all(samples[24_001:167_999] == 0.5)
    assert np.all(np.diff(samples[168_001:]) <= 0)
    assert samples[-1] < 0.001


def test_intro_and_outro_are_independent(ctx: Context) -> None:
    effect, edit = pizzazz("transitions", intro="none", duration=0.5), clip(seconds=4)
    first, last = draw(effect, edit, [0, Fraction(399, 100)], ctx)
    assert np.all(first.planes[0] == LEVEL)
    assert last.planes[0].mean() < 20
    blocks = list(effect.audio(iter(sound(edit.duration)), edit, ctx))
    assert blocks[0].samples[0, 0] == 0.5
    assert blocks[-1].samples[0, -1] < 0.001


def test_transitions_are_shortened_in_short_clips(ctx: Context) -> None:
    effect = pizzazz("transitions", duration=5)
    (middle,) = draw(effect, clip(seconds=3), [Fraction(3, 2)], ctx)
    assert np.all(middle.planes[0] == LEVEL)


def test_none_hands_the_stream_on(ctx: Context) -> None:
    effect, frames, blocks = (
        pizzazz("transitions", intro="none", outro="none"),
        iter([gray(0, (8, 8))]),
        sound(Fraction(1)),
    )
    assert effect.frames(frames, clip(), ctx) is frames
    stream = iter(blocks)
    assert effect.audio(stream, clip(), ctx) is stream
