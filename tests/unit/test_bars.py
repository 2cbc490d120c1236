"""Black bars are found on generated pictures with every kind of them, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.analysis.picture.bars import MaxPicture, inside
from clipy.types import Box

HIGH, WIDE = 180, 320


def scene(high: int, wide: int, level: float = 1.0, seed: int = 0) -> NDArray[np.uint8]:
    """A textured picture with dark and bright places, seen for some time: the brightest of each pixel."""
    seen = MaxPicture()
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:high, 0:wide]
    for moment in range(6):
        light = 110 + 70 * np.sin(x / 23 + moment) * np.cos(y / 17) + chance.normal(0, 12, (high, wide))
        seen.see(np.clip(level * light, 0, 255).astype(np.uint8))
    return seen.picture


def barred(top: int, bottom: int, left: int, right: int, noise: int = 6) -> NDArray[np.uint8]:
    frame = np.random.default_rng(1).integers(0, noise, (HIGH, WIDE)).astype(np.uint8)
    frame[top : HIGH - bottom, left : WIDE - right] = scene(HIGH - top - bottom, WIDE - left - right)
    return frame


@pytest.mark.parametrize(
    ("top", "bottom", "left", "right"),
    [(23, 23, 0, 0), (19, 22, 0, 0), (0, 0, 40, 40), (0, 0, 37, 41), (20, 20, 44, 44), (5, 5, 0, 0), (30, 0, 0, 0)],
)
def test_bars_are_excluded_to_the_exact_line(top: int, bottom: int, left: int, right: int) -> None:
    (box,) = inside([barred(top, bottom, left, right)])
    for found, true in ((box.y1, top), (HIGH - box.y2, bottom), (box.x1, left), (WIDE - box.x2, right)):
        assert found == 0 if true == 0 else true <= found <= true + 2


def test_picture_without_bars_is_not_cropped() -> None:
    assert inside([scene(HIGH, WIDE)]) == [Box(0, 0, WIDE, HIGH)]


def test_a_dark_scene_has_no_bars() -> None:
    """Dark at the top and bottom as a film is at night: it gets dark little by little, and on no line."""
    fade = np.clip(1.6 - 3.2 * np.abs(np.linspace(-0.5, 0.5, HIGH)), 0, 1)[:, None]
    for level in (0.5, 0.2, 0.1):
        assert inside([(scene(HIGH, WIDE, level) * fade).astype(np.uint8)]) == [Box(0, 0, WIDE, HIGH)]


def test_night_sky_is_not_a_bar() -> None:
    night = np.random.default_rng(3).integers(0, 6, (HIGH, WIDE)).astype(np.uint8)
    skyline = (70 + 25 * np.sin(np.arange(WIDE) / 31)).astype(int)
    street = scene(HIGH, WIDE)
    for column, roof in enumerate(skyline):
        night[roof:, column] = street[roof:, column]
    assert inside([night]) == [Box(0, 0, WIDE, HIGH)]


def test_a_logo_and_subtitles_inside_the_bars_do_not_hide_them() -> None:
    frame = barred(26, 26, 0, 0)
    frame[6:16, 250:300] = 220
    frame[160:172, 60:260:2] = 235
    (box,) = inside([frame])
    assert 26 <= box.y1 <= 28
    assert HIGH - 28 <= box.y2 <= HIGH - 26


def test_bars_apply_only_to_their_part_of_the_video() -> None:
    plain, wide = scene(HIGH, WIDE), barred(24, 24, 0, 0)
    first, second, third = inside([plain, wide, plain])
    assert first == third == Box(0, 0, WIDE, HIGH)
    assert 24 <= second.y1 <= 26


def test_dark_shot_takes_the_bars_of_its_neighbour() -> None:
    black = np.zeros((HIGH, WIDE), np.uint8)
    assert inside([barred(24, 24, 0, 0), black])[1] == inside([barred(24, 24, 0, 0)])[0]
    dim = black.copy()
    dim[2:20, 40:90] = 60  # something is seen where the neighbour has a bar
    assert inside([barred(24, 24, 0, 0), dim])[1] == Box(0, 0, WIDE, HIGH)
    assert inside([black]) == [Box(0, 0, WIDE, HIGH)]
