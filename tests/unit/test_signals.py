"""Media without speech: the loud, moving part is what is picked."""

from __future__ import annotations

import itertools
import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy import probe
from clipy.context import Context
from clipy.stages.highlight.local import Local
from clipy.stages.highlight.selection.activity import stretches
from clipy.stages.highlight.signals import Signals
from clipy.types import Span, Video
from fixtures.media import Picture, make_video, moving, still

GOAL = (20.0, 30.0)


def play(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """A quiet hum, and a roar during the goal."""
    loud = (times >= GOAL[0]) & (times < GOAL[1])
    return np.asarray(np.where(loud, 0.5, 0.01) * np.sin(2 * np.pi * 200 * times))


def draw(time: float, size: tuple[int, int]) -> Picture:
    """Nothing moves but during the goal."""
    return moving(time, size) if GOAL[0] <= time < GOAL[1] else still(time, size)


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Video:
    path = tmp_path_factory.mktemp("match") / "match.mp4"
    return probe(make_video(path, seconds=50, size=(160, 90), rate=10, draw=draw, play=play))


def test_most_eventful_moment_comes_first(match: Video, ctx: Context) -> None:
    options = Signals.Options(count=2, min_duration=8, max_duration=12)
    found = Signals(options).highlight(match, ctx)
    best = found[0]
    assert best.span.overlap(Span(*map(Fraction, GOAL))) >= Fraction(7)
    assert best.title.startswith("Moment at 0:2")
    assert "movement" in best.reason or "loud" in best.reason or "swells" in best.reason
    assert set(best.details) == {"sound", "swell", "movement", "cuts", "faces", "length"}
    assert all(0 <= value <= 1 for pick in found for value in pick.details.values())
    assert [pick.score for pick in found[:2]] == sorted((pick.score for pick in found[:2]), reverse=True)
    assert not any(a.span.overlap(b.span) for a, b in itertools.combinations(found, 2))
    assert all(8 <= pick.span.duration <= 12 for pick in found)
    assert all(int(pick.span.start) <= int(pick.title.rpartition(":")[2]) < pick.span.end for pick in found)
    assert Signals(options).highlight(match, ctx) == found


def test_clip_does_not_start_with_a_shot_fragment() -> None:
    cuts = [Fraction(124, 10), Fraction(21)]
    starts = {span.start for span in stretches(cuts, Fraction(60), Fraction(8), Fraction(12), None)}
    assert {*cuts, Fraction(10), Fraction(13)} <= starts
    assert not starts & {Fraction(11), Fraction(12), Fraction(20)}, "these shots are over at once"


def test_faces_are_detected_only_on_request(match: Video, ctx: Context) -> None:
    options = Signals.Options(count=1, min_duration=8, max_duration=12, target_duration=9, faces=False)
    assert "faces" not in Signals(options).highlight(match, ctx)[0].details


def test_silent_video_is_scored_by_picture(tmp_path: Path, ctx: Context) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=40, size=(160, 90), rate=10, draw=draw, play=None)
    found = Signals(Signals.Options(count=1, min_duration=8, max_duration=12, faces=False)).highlight(probe(path), ctx)
    assert "sound" not in found[0].details
    assert found[0].span.overlap(Span(*map(Fraction, GOAL))) >= Fraction(7)


def test_local_reports_that_nobody_speaks(tmp_path: Path, ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=40, size=(160, 90), rate=10, draw=draw, play=None)
    with caplog.at_level(logging.WARNING):
        found = Local(Local.Options(count=1, min_duration=8, max_duration=12)).highlight(probe(path), ctx)
    assert found[0].span.overlap(Span(*map(Fraction, GOAL))) >= Fraction(7)
    assert any("nobody speaks" in record.getMessage() for record in caplog.records)
