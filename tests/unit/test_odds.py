from __future__ import annotations

import numpy as np
import pytest

from clipy.analysis.odds import log_odds, shares


def test_faces_share_the_odds_of_those_on_screen() -> None:
    one, other = shares([np.array([1.0, 3.0]), np.array([1.0, 0.0])])
    assert one == pytest.approx([0.5, 1.0])
    assert other == pytest.approx([0.5, 0.0])


def test_nobody_takes_part_at_each_time() -> None:
    (alone,) = shares([np.array([1.0, 1.0])], nobody=np.array([0.0, 3.0]))
    assert alone == pytest.approx([1.0, 0.25])


def test_faces_compete_only_where_both_are_on_screen() -> None:
    one, other = shares([np.ones(3), np.ones(2)], 1.0, [np.array([0, 1, 2]), np.array([2, 5])])
    assert one == pytest.approx([1 / 2, 1 / 2, 1 / 3])
    assert other == pytest.approx([1 / 3, 1 / 2])


def test_share_of_nothing_is_nothing() -> None:
    assert shares([]) == []
    assert shares([np.zeros(2)])[0].tolist() == [0.0, 0.0]


def test_log_odds_are_bounded() -> None:
    assert log_odds(np.array([0.5, 0.0, 1.0]), bound=0.25) == pytest.approx([0, -np.log(3), np.log(3)])
