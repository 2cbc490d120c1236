"""What a shot is like apart from its faces, on generated videos; and where the eye goes without one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy import probe
from clipy.analysis.picture.saliency import saliency_map, saliency_path
from clipy.analysis.picture.shot_analysis import analyze_shots
from clipy.analysis.picture.text_detection import detect_text_lines
from clipy.context import Context
from clipy.types import Box, Shot, Span
from fixtures.media import Picture, make_video, moving

SIZE = (640, 360)


def slide(dark: bool, lines: int) -> Picture:
    ground, ink = ((24, 28, 36), (225, 225, 225)) if dark else ((250, 250, 250), (30, 30, 30))
    picture = np.full((SIZE[1], SIZE[0], 3), ground, np.uint8)
    cv2.putText(picture, "Results of the second study", (40, 55), cv2.FONT_HERSHEY_SIMPLEX, 1.0, ink, 2, cv2.LINE_AA)
    for k in range(lines):
        text = f"What we measured in group {k + 1} of {lines}"
        cv2.putText(picture, text, (60, 110 + 36 * k), cv2.FONT_HERSHEY_DUPLEX, 0.6, ink, 1, cv2.LINE_AA)
    return picture


def gray_of(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


@pytest.mark.parametrize("dark", [False, True])
def test_text_lines_are_located(dark: bool) -> None:
    page = detect_text_lines(gray_of(slide(dark, 5)))
    assert 5 <= len(page.lines) <= 9
    assert page.flat > 0.8
    rows = sorted(line.center[1] for line in page.lines)
    assert rows[0] == pytest.approx(45, abs=8)
    assert rows[-1] == pytest.approx(104 + 36 * 4, abs=10)


def test_texture_is_not_text() -> None:
    scene = gray_of(moving(0.4, SIZE))
    noise = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0]), dtype=np.uint8)
    assert detect_text_lines(scene).lines == ()
    assert len(detect_text_lines(noise).lines) <= 1


@pytest.mark.parametrize("size", [SIZE, (320, 180)])
def test_slides_are_classified_as_pages(tmp_path: Path, ctx: Context, size: tuple[int, int]) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        if time < 1:
            return moving(time, size)
        return np.asarray(cv2.resize(slide(time >= 2, 4), size, interpolation=cv2.INTER_AREA), np.uint8)

    video = probe(make_video(tmp_path / "a.mp4", seconds=3, size=size, draw=draw, play=None))
    edges = [Fraction(k) for k in range(4)]
    scenes = analyze_shots(video, [Shot(Span(a, b)) for a, b in pairwise(edges)], ctx)
    assert [scene.page for scene in scenes] == [False, True, True]
    assert all(scene.picture == Box(0, 0, *size) for scene in scenes)
    assert all(0 <= box.x1 < box.x2 <= size[0] and box.y2 <= size[1] for scene in scenes for box in scene.writing)


def test_bars_are_in_display_pixels_of_a_rotated_anamorphic_video(tmp_path: Path, ctx: Context) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[:, 40:-40] = moving(time, (size[0] - 80, size[1]))
        return picture

    path = make_video(
        tmp_path / "a.mp4", seconds=1, size=(320, 240), draw=draw, play=None, rotation=90, aspect=Fraction(4, 3)
    )
    video = probe(path)
    (scene,) = analyze_shots(video, [Shot(video.span)], ctx)
    high = video.height * 40 / 320
    assert scene.picture.x1 == 0
    assert scene.picture.x2 == pytest.approx(video.width, abs=1)
    assert scene.picture.y1 == pytest.approx(high, abs=4)
    assert scene.picture.y2 == pytest.approx(video.height - high, abs=4)


@pytest.mark.parametrize("dark", [False, True])
def test_slide_beside_a_presenter_is_a_board(tmp_path: Path, ctx: Context, dark: bool) -> None:
    """The text of a slide that fills a part of a scene; without it there is none."""

    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = moving(time, size)
        if time >= 1:
            picture[20:340, 20:420] = cv2.resize(slide(dark, 5), (400, 320), interpolation=cv2.INTER_AREA)
        return picture

    video = probe(make_video(tmp_path / "a.mp4", seconds=2, size=SIZE, draw=draw, play=None))
    shots = [Shot(Span(Fraction(a), Fraction(a + 1))) for a in range(2)]
    without, beside = analyze_shots(video, shots, ctx)
    assert without.board is None
    assert beside.board is not None
    assert [beside.board.x1, beside.board.y1] == pytest.approx([45, 45], abs=20)
    assert beside.board.x2 < 420
    assert 180 < beside.board.y2 < 340


# Where the eye goes


def test_salient_regions_differ_from_surroundings() -> None:
    picture = np.full((72, 128, 3), (60, 110, 70), np.uint8)
    picture[20:32, 90:104] = (200, 60, 50)
    found = saliency_map(picture)
    assert found.sum() == pytest.approx(1)
    assert found[15:37, 85:109].sum() > 0.6


def test_motion_is_more_salient_than_contrast_except_in_a_pan() -> None:
    chance = np.random.default_rng(4)
    wide: Picture = np.asarray(
        cv2.GaussianBlur(chance.integers(40, 200, (72, 160, 3), dtype=np.uint8), (0, 0), 3), np.uint8
    )
    wide[30:44, 20:34] = (240, 240, 240)
    before, now = wide[:, 4:132].copy(), wide[:, :128].copy()  # the camera goes 4 pixels to the left
    before[50:58, 100:108] = (120, 40, 40)
    now[50:58, 96:104] = (120, 40, 40)  # ... and something small goes its own way
    calm, seen = saliency_map(now), saliency_map(now, before)
    mover, block = (slice(44, 64), slice(90, 114)), (slice(26, 48), slice(14, 40))
    assert calm[block].sum() > calm[mover].sum()
    assert seen[mover].sum() > 1.5 * calm[mover].sum()


@pytest.mark.parametrize("wide", [True, False])
def test_window_follows_a_moving_object_and_reports_coverage(tmp_path: Path, wide: bool) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = np.full((size[1], size[0], 3), (60, 90, 70), np.uint8)
        for left in (round(30 + 60 * time), round(580 - 60 * time)) if wide else (round(30 + 250 * time),):
            picture[150:190, left : left + 36] = (220, 210, 190)
        return picture

    video = probe(make_video(tmp_path / "a.mp4", seconds=2, size=SIZE, draw=draw, play=None))
    found = saliency_path(video, video.span, Box(0, 0, *SIZE), (202, 360))
    assert found.baseline == pytest.approx(202 / 640)
    if wide:
        assert found.coverage < 0.65
    else:
        assert found.coverage > 0.8
        middle = 30 + 250 * found.times + 18
        assert np.abs(found.centers[:, 0] - np.clip(middle, 101, 539)).max() < 101
