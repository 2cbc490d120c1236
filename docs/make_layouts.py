"""Draws the pictures of docs/reframing.md: each layout on a scene that is made here, with the windows that it shows.

Run it after a change of layouts: ``python docs/make_layouts.py``. The scenes are computed; the windows and the results
are what clipy makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from make_gallery import IMAGES, TALL, VIDEO, WIDE, Picture, _with_person

from clipy.analysis.camera.camera import Camera
from clipy.analysis.picture.picture_in_picture import Borders
from clipy.analysis.picture.shot_analysis import ShotAnalysis
from clipy.media.frame import yuv_to_rgb
from clipy.media.resample import PanelWindow, Resampler
from clipy.stages.reframe.layouts.director import Director
from clipy.types import Box, CropShot, Span, Track

SPAN = Span(Fraction(0), Fraction(8))
COUNT = 200
MARKS = ((255, 196, 0), (64, 200, 255), (120, 230, 120), (255, 120, 160))
FACE = 1.25  # height of a face as a detector sees it, in sizes of ``_with_person`` to either side


def room() -> Picture:
    """A studio wall with lamps out of focus."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDE[0]), np.linspace(0, 1, WIDE[1]))
    wall = np.stack([70 + 60 * y + 30 * x, 84 + 44 * y + 22 * x, 110 + 20 * y + 14 * (1 - x)], axis=-1)
    canvas, chance = wall.astype(np.uint8), np.random.default_rng(3)
    for _ in range(14):
        place = (int(chance.uniform(0, WIDE[0])), int(chance.uniform(0, 500)))
        layer = canvas.copy()
        cv2.circle(layer, place, int(chance.uniform(30, 80)), (240, 205, 140), -1, cv2.LINE_AA)
        canvas = np.asarray(cv2.addWeighted(layer, 0.3, canvas, 0.7, 0), np.uint8)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 14), np.uint8)


def table(heads: Sequence[tuple[int, int]], size: float) -> Picture:
    """People side by side."""
    canvas = room()
    for x, y in heads:
        column = canvas[:, max(0, x - 350) : x + 350]
        canvas[:, max(0, x - 350) : x + 350] = _with_person(column.copy(), (min(x, 350), y), size)
    return canvas


def game(moment: float) -> Picture:
    """Hills and a sun, as a game has them, and in a corner the one who plays."""
    x = np.arange(WIDE[0])
    canvas = np.zeros((WIDE[1], WIDE[0], 3), np.uint8)
    canvas[:] = (116, 190, 240)
    cv2.circle(canvas, (1500, 220), 90, (255, 236, 150), -1, cv2.LINE_AA)
    for depth, tint in enumerate(((92, 160, 120), (64, 132, 92), (40, 100, 66))):
        ridge = 560 + 140 * depth + 70 * np.sin(x / (190 - 40 * depth) + depth * 2 + moment)
        canvas[np.arange(WIDE[1])[:, None] > ridge[None, :]] = tint
    cv2.circle(canvas, (1010, int(520 + 40 * np.sin(3 * moment))), 46, (220, 60, 60), -1, cv2.LINE_AA)
    canvas[700:, :560] = _with_person(room()[200:580, 300:860].copy(), (280, 150), 74)
    return canvas


def slide() -> Picture:
    canvas = np.full((WIDE[1], WIDE[0], 3), 250, np.uint8)
    cv2.putText(canvas, "What the study found", (140, 190), cv2.FONT_HERSHEY_DUPLEX, 3, (40, 50, 80), 6, cv2.LINE_AA)
    for k, text in enumerate(
        ("Forty students, one task a day", "Half of them stopped by day nine", "One note kept the rest")
    ):
        cv2.putText(canvas, f"- {text}", (180, 400 + 160 * k), cv2.FONT_HERSHEY_DUPLEX, 2, (60, 60, 60), 4, cv2.LINE_AA)
    return canvas


def face(number: int, head: tuple[int, int], size: float, speaking: float) -> Track:
    x, y = head
    box = (x - 0.95 * size, y - FACE * size, x + 0.95 * size, y + FACE * size)
    boxes = np.tile(np.array(box, np.float32), (COUNT, 1))
    spoken = np.full(COUNT, speaking, np.float32)
    return Track(number, SPAN, np.arange(COUNT) / 25, boxes, np.ones(COUNT, np.float32), spoken)


def drawn(picture: Picture, shot: CropShot) -> Picture:
    """The source with the windows of a shot, and beside it what the clip shows."""
    source = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    source.colorspace = Colorspace.ITU709
    windows = [(panel.window(Fraction(4)), panel.into) for panel in shot.panels]
    clip = Resampler(VIDEO, *TALL).draw(source, [PanelWindow(*window) for window in windows], fit=shot.layout == "fit")
    marked = picture.copy()
    for (box, _), colour in zip(windows, MARKS, strict=False):
        corners = [round(value) for value in (box.x1, box.y1, box.x2, box.y2)]
        cv2.rectangle(marked, (corners[0] + 5, corners[1] + 5), (corners[2] - 6, corners[3] - 6), colour, 10)
    high = 360
    left = cv2.resize(marked, (640, high), interpolation=cv2.INTER_AREA)
    right = cv2.resize(yuv_to_rgb(*clip), (round(high * 9 / 16 / 2) * 2, high), interpolation=cv2.INTER_AREA)
    return np.hstack([left, np.full((high, 14, 3), 255, np.uint8), right])


def main() -> None:
    (IMAGES / "layouts").mkdir(exist_ok=True)
    two, four = [(520, 430), (1390, 430)], [(270, 420), (740, 420), (1200, 420), (1660, 420)]
    borders = Borders()
    for moment in range(6):
        gray = cv2.cvtColor(cv2.resize(game(moment), (640, 360), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        borders.see(np.asarray(gray, np.uint8))
    whole, none = Box(0, 0, *WIDE), Borders()
    scenes = {
        "single": (table(two, 100), [face(0, two[0], 100, 0.02), face(1, two[1], 100, 0.9)], none, False),
        "stack": (table(two, 100), [face(0, two[0], 100, 0.8), face(1, two[1], 100, 0.8)], none, False),
        "grid": (table(four, 72), [face(k, head, 72, 0.8) for k, head in enumerate(four)], none, False),
        "inset": (game(0), [face(0, (280, 850), 74, 0.9)], borders, False),
        "fit": (slide(), [], none, True),
    }
    for name, (picture, tracks, seen, page) in scenes.items():
        director = Director(Camera(VIDEO, *TALL), lambda camera, scene, _: camera.middle(scene.span))
        (shot,) = director.crop_shots(ShotAnalysis(SPAN, whole, page, (), seen, WIDE[1] / 360), tracks)
        if shot.layout != name:
            raise SystemExit(f"the scene for {name} is shown as {shot.layout}")
        sheet = cv2.cvtColor(drawn(picture, shot), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(IMAGES / "layouts" / f"{name}.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 84])


if __name__ == "__main__":
    main()
