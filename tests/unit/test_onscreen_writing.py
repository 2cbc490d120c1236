from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy import probe, registry
from clipy.analysis.base import ShotDetector
from clipy.analysis.camera.onscreen_writing import Writing, mapped_writing, writing_on_screen
from clipy.context import Context
from clipy.storage.store import Store
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Layout, Panel, Span
from fixtures.media import Picture, make_video

SPAN = Span(Fraction(0), Fraction(4))
WINDOW = Box(460, 0, 820, 640)


def edit(layout: Layout = "single", keep: tuple[Span, ...] = (SPAN,), moves: float = 0) -> Edit:
    """A window of 360 x 640 that fills an output of 180 x 320 and moves right by so many pixels in all."""
    end = Box(WINDOW.x1 + moves, WINDOW.y1, WINDOW.x2 + moves, WINDOW.y2)
    panel = Panel((Keyframe(SPAN.start, WINDOW), Keyframe(SPAN.end, end)), (0, 0, 180, 320))
    return Edit(Highlight(SPAN), CropPath(180, 320, (CropShot(SPAN, layout, (panel,)),)), keep, "en")


def test_writing_is_mapped_through_the_window() -> None:
    (found,) = mapped_writing([Writing(Span(Fraction(1), Fraction(9)), Box(500, 500, 700, 540))], edit())
    assert found == Writing(Span(Fraction(1), Fraction(4)), Box(20, 250, 120, 270))


def test_a_moving_window_covers_all_places_of_the_writing() -> None:
    (found,) = mapped_writing([Writing(SPAN, Box(500, 500, 700, 540))], edit(moves=30))
    assert found.box == Box(5, 250, 120, 270)


def test_writing_that_is_cut_out_outside_or_over_a_backdrop_does_not_count() -> None:
    text = [Writing(Span(Fraction(0), Fraction(1)), Box(500, 500, 700, 540))]
    assert not list(mapped_writing(text, edit(keep=(Span(Fraction(2), Fraction(4)),))))
    assert not list(mapped_writing([Writing(SPAN, Box(10, 500, 300, 540))], edit()))
    assert not list(mapped_writing(text, edit("fit")))


@pytest.mark.parametrize("shown", [True, False])
def test_a_name_in_the_lower_third_is_found(tmp_path: Path, shown: bool) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        waves = 120 + 60 * np.sin(columns / 170 + time) * np.cos(rows / 130)
        picture = np.repeat(waves[..., None], 3, axis=2).astype(np.uint8)
        if shown:
            cv2.rectangle(picture, (480, 520), (800, 590), (20, 30, 60), -1)
            cv2.putText(picture, "MARIA SANTOS", (496, 570), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (250, 250, 250), 3)
        return picture

    video = probe(make_video(tmp_path / "name.mp4", size=(1280, 720), draw=draw, play=None))
    detector = registry.create("shots", "pyscenedetect", {})
    assert isinstance(detector, ShotDetector)
    ctx = Context(Store(tmp_path / "store"), tmp_path, {ShotDetector: detector})
    found = writing_on_screen(video, edit(), ctx)
    assert bool(found) is shown
    for writing in found:
        assert 250 <= writing.box.y1 < writing.box.y2 <= 300
