from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from clipy.media.frame import Frame, black_planes, rgb_to_yuv, yuv_to_rgb


def _smooth(width: int = 64, height: int = 48) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    x, y = np.meshgrid(np.linspace(20, 220, width), np.linspace(30, 200, height))
    return np.stack([x, y, (x + y) / 2], axis=2).astype(np.uint8)


def test_known_colours_have_the_codes_of_bt709() -> None:
    red = np.full((4, 4, 3), (255, 0, 0), dtype=np.uint8)
    assert [int(plane[0, 0]) for plane in rgb_to_yuv(red)] == [63, 102, 240]
    white = np.full((4, 4, 3), 255, dtype=np.uint8)
    assert [int(plane[0, 0]) for plane in rgb_to_yuv(white)] == [235, 128, 128]


def test_a_round_trip_through_rgb_has_no_bias() -> None:
    picture = _smooth()
    back = yuv_to_rgb(*rgb_to_yuv(picture))
    difference = back.astype(int) - picture
    assert abs(difference.mean()) < 0.2
    assert np.abs(difference[2:-2, 2:-2]).max() <= 3


def test_the_last_used_view_is_current() -> None:
    frame = Frame(Fraction(0), planes=black_planes(16, 8))
    frame.rgb[:] = 255
    assert int(frame.planes[0].min()) == 235
    frame.planes[0][:] = 16
    assert int(frame.rgb.max()) == 0
    assert (frame.width, frame.height) == (16, 8)


def test_setting_rgb_replaces_the_picture() -> None:
    frame = Frame(Fraction(0), planes=black_planes(16, 8))
    frame.rgb = np.full((8, 16, 3), 255, dtype=np.uint8)
    assert int(frame.planes[0][0, 0]) == 235


def test_a_frame_needs_exactly_one_view() -> None:
    with pytest.raises(ValueError, match="either planes or rgb"):
        Frame(Fraction(0))
