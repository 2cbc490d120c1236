from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from clipy.analysis.base import batched
from clipy.analysis.faces import CenterFace
from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.types import Shot, Span
from tests.media import make_video, still
from tests.unit.seeing import Squares

SHOTS = [Shot(Span(Fraction(0), Fraction(1))), Shot(Span(Fraction(1), Fraction(3)))]


def test_each_shot_is_searched_from_its_first_picture_to_its_last(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3))
    times = [sighting.time for sighting in Squares().look(video, SHOTS, ctx)]
    assert times == sorted(set(times))
    assert {Fraction(0), Fraction(24, 25), Fraction(1), Fraction(74, 25)} <= set(times)
    assert all(b - a <= Fraction(1, 5) for a, b in pairwise(times))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3)])
def test_faces_are_in_upright_display_pixels(
    tmp_path: Path, ctx: Context, rotation: Literal[0, 90, 180, 270], aspect: Fraction
) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=0.4, draw=still, size=(960, 720), rotation=rotation, aspect=aspect)
    video = probe(path)
    (face,) = Squares().look(video, [Shot(video.span)], ctx)[0].faces
    _, picture = next(pictures(video, video.span))  # the same square, seen at full size
    (true,) = Squares().detect([picture], ctx)[0]
    found = (face.box.x1, face.box.y1, face.box.x2, face.box.y2)
    assert found == pytest.approx((true.box.x1, true.box.y1, true.box.x2, true.box.y2), abs=6)


def test_a_second_look_is_taken_from_the_store(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3))
    first = ctx.cached(Squares().look, video, SHOTS)
    calls = Squares.calls
    assert ctx.cached(Squares().look, video, SHOTS) == first
    assert Squares.calls == calls


def test_batches_hold_everything_once() -> None:
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_centerface_sees_no_face_in_a_pattern(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.4))
    assert all(not sighting.faces for sighting in CenterFace().look(video, [Shot(video.span)], ctx))


def test_centerface_finds_a_real_face_with_its_landmarks(media: Path, ctx: Context) -> None:
    video = probe(media / "video" / "portrait_man_1080x1920.mp4")
    sightings = CenterFace().look(video, [Shot(Span(Fraction(0), Fraction(2)))], ctx)
    assert sightings
    for sighting in sightings:
        (face,) = sighting.faces
        right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
        assert face.box.x1 < right_eye[0] < left_eye[0] < face.box.x2
        assert right_mouth[0] < left_mouth[0]
        assert face.box.y1 < right_eye[1] < nose[1] < right_mouth[1] < face.box.y2


def test_centerface_finds_small_faces(media: Path, ctx: Context) -> None:
    video = probe(media / "video" / "debate_wide_1080p.mp4")
    sightings = CenterFace().look(video, [Shot(Span(Fraction(0), Fraction(4)))], ctx)
    assert np.mean([len(sighting.faces) == 2 for sighting in sightings]) > 0.9
