"""``frame`` and ``blur-background``: what surrounds a picture that is shown whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy import probe
from clipy.analysis.camera.camera import Camera
from clipy.context import Context
from clipy.errors import ConfigError
from clipy.geometry import share_inside
from clipy.media.frame import Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.frames import clip_frames
from clipy.stages.render.pizzazz.crop_windows.letterboxed import letterboxed_regions
from clipy.types import Box, CropPath, Edit, Highlight, Span, Video, Word
from clipy.typography.occupied_regions import occupied_regions
from fixtures.media import make_video
from tests.clips import VIDEO, clip, pizzazz

SIZE = (360, 640)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("fit") / "a.mp4", seconds=2))


def edit_of(video: Video) -> Edit:
    """A second of one window, and a second of the whole picture."""
    camera, span = Camera(video, *SIZE), Span(Fraction(0), Fraction(2))
    shots = (camera.middle(Span(Fraction(0), Fraction(1))), camera.whole(Span(Fraction(1), Fraction(2))))
    return Edit(Highlight(span), CropPath(*SIZE, shots), (span,))


def rendered(video: Video, ctx: Context, *effects: Pizzazz) -> tuple[Edit, list[Frame]]:
    edit = edit_of(video)
    for effect in effects:
        edit = effect.plan(video, edit, ctx)
    frames = clip_frames(video, edit, Fraction(25), 50)
    for effect in effects:
        frames = effect.frames(frames, edit, ctx)
    return edit, list(frames)


def test_only_fit_frames_are_changed(video: Video, ctx: Context) -> None:
    _, plain = rendered(video, ctx)
    for name in ("blur-background", "frame"):
        _, drawn = rendered(video, ctx, pizzazz(name))
        for index, (before, after) in enumerate(zip(plain, drawn, strict=True)):
            same = all(np.array_equal(a, b) for a, b in zip(before.planes, after.planes, strict=True))
            assert same == (index < 25), (name, index)


def test_backdrop_leaves_the_picture_unchanged(video: Video, ctx: Context) -> None:
    edit, plain = rendered(video, ctx)
    _, drawn = rendered(video, ctx, pizzazz("blur-background"))
    (stretch,) = letterboxed_regions(video, edit)
    x1, y1, x2, y2 = stretch.into
    assert np.array_equal(plain[40].planes[0][y1:y2, x1:x2], drawn[40].planes[0][y1:y2, x1:x2])
    assert not np.array_equal(plain[40].planes[0][:y1], drawn[40].planes[0][:y1])


def test_captions_avoid_letterboxed_pictures(video: Video, ctx: Context) -> None:
    said = [
        Word(text, Fraction(n, 4), Fraction(n + 1, 4)) for n, text in enumerate("one two. three four. five six".split())
    ]
    edit = pizzazz("captions").plan(video, replace(edit_of(video), words=tuple(said)), ctx)
    (whole,) = letterboxed_regions(video, edit)
    over = [item for item in occupied_regions(edit) if item.span.overlap(whole.span) > 0]
    assert over
    assert all(share_inside(item.box, Box(*whole.into)) == 0 for item in over)


@pytest.mark.parametrize("name", ["blur-background", "frame"])
def test_a_backdrop_after_drawn_pizzazz_is_refused(name: str, video: Video, ctx: Context) -> None:
    said = replace(edit_of(video), words=(Word("one", Fraction(1, 4), Fraction(1, 2)),))
    captioned = pizzazz("captions").plan(video, said, ctx)
    with pytest.raises(ConfigError, match=f"{name} comes after captions.*Put {name} before captions"):
        pizzazz(name).plan(video, captioned, ctx)


def test_brightness_saturation_and_blur_options(video: Video, ctx: Context) -> None:
    def backdrop(**options: object) -> Frame:
        return rendered(video, ctx, pizzazz("blur-background", **options))[1][40]

    dark, bright = backdrop(light=0.3), backdrop(light=1.0)
    assert dark.planes[0][:100].mean() < bright.planes[0][:100].mean() - 20
    gray, colourful = backdrop(saturation=0), backdrop(saturation=2)
    assert np.ptp(gray.planes[1][:50]) <= 1
    assert np.ptp(colourful.planes[1][:50].astype(int)) > 8
    sharp, soft = (backdrop(blur=blur).planes[0][:100].astype(int) for blur in (0.0, 1.0))
    assert np.abs(np.diff(soft, axis=1)).mean() < 0.5 * np.abs(np.diff(sharp, axis=1)).mean()


def test_the_frame_insets_the_picture_before_it_is_drawn(video: Video, ctx: Context) -> None:
    edit, _ = rendered(video, ctx, pizzazz("frame", margin=0.1))
    (stretch,) = letterboxed_regions(video, edit)
    assert stretch.into[0] == 36
    assert stretch.into[2] == 324
    wide, high = stretch.into[2] - stretch.into[0], stretch.into[3] - stretch.into[1]
    assert wide / high == pytest.approx(640 / 360, rel=0.02)


@pytest.mark.parametrize("backdrop", ["color", "gradient"])
def test_round_corners_show_the_backdrop_color(backdrop: str, video: Video, ctx: Context) -> None:
    options = {"backdrop": backdrop, "color": "#ff0000", "second_color": "#0000ff", "shadow": 0, "border": 0}
    edit, frames = rendered(video, ctx, pizzazz("frame", radius=0.1, **options))
    (stretch,) = letterboxed_regions(video, edit)
    x1, y1, x2, y2 = stretch.into
    rgb = frames[40].rgb.astype(int)
    for x, y in ((x1 + 1, y1 + 1), (x2 - 2, y1 + 1), (x1 + 1, y2 - 2), (x2 - 2, y2 - 2)):
        beside = rgb[y, x1 - 8 if x < 180 else x2 + 7]
        assert np.abs(rgb[y, x] - beside).max() < 24
    assert tuple(rgb[2, 2] > 200) == (True, False, False)
    assert bool(rgb[-3, -3, 2] > 200) == (backdrop == "gradient")


def test_round_corners_continue_a_picture_backdrop(video: Video, ctx: Context) -> None:
    options = {"radius": 0.1, "shadow": 0, "border": 0}
    edit, frames = rendered(video, ctx, pizzazz("blur-background", blur=1), pizzazz("frame", **options))
    (stretch,) = letterboxed_regions(video, edit)
    x1, y1, _, _ = stretch.into
    y = frames[40].planes[0].astype(int)
    assert abs(y[y1 + 2, x1 + 2] - y[y1 - 3, x1 - 3]) < 12


def test_border_width_and_color(video: Video, ctx: Context) -> None:
    edit, frames = rendered(video, ctx, pizzazz("frame", border=0.02, border_color="#ffffff", shadow=0))
    (stretch,) = letterboxed_regions(video, edit)
    x1, y1, _, y2 = stretch.into
    row = frames[40].planes[0][(y1 + y2) // 2, x1 : x1 + 12]
    assert np.all(row[:7] > 225)
    assert np.any(row[7:] < 225)


def test_no_effect_without_letterboxed_shots(ctx: Context) -> None:
    for name in ("frame", "blur-background"):
        effect, edit = pizzazz(name), clip()
        assert effect.plan(VIDEO, edit, ctx) is edit


def test_letterboxed_regions_follow_the_kept_spans(tmp_path: Path) -> None:
    edit = clip(seconds=6, fit=[(1, 3), (4, 6)])
    keep = (Span(Fraction(10), Fraction(12)), Span(Fraction(13), Fraction(15)))
    cut = Edit(edit.highlight, edit.crop, keep)
    half = Fraction(1, 50)
    assert [item.span for item in letterboxed_regions(VIDEO, cut)] == [
        Span(1 - half, Fraction(2)),
        Span(3 - half, Fraction(4)),
    ]
