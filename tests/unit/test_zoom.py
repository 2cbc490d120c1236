from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipy.analysis.base import SpeakerDetector
from clipy.analysis.camera.onscreen import faces_on_screen
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.perception import scored_tracks
from clipy.context import Context
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.stages.reframe.center import Center
from clipy.stages.reframe.speaker import Speaker
from clipy.stages.render.pizzazz.crop_windows.punch_in import Anchor, PunchIn, apply_punch_ins, narrow_window
from clipy.stages.render.pizzazz.zoom import Zoom
from clipy.stages.render.x264 import X264
from clipy.types import Box, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word
from fixtures.media import Picture, make_video
from tests.unit.seeing import EverybodySpeaks, Squares

SIZE = (180, 320)
END = 10.0
SAID = (
    ("Nobody", 0.5, 0.9),
    ("ever", 1.0, 1.3),
    ("does.", 1.4, 1.8),
    ("It", 4.0, 4.2),
    ("was", 4.3, 4.5),
    ("LOUD", 4.6, 5.0),
    ("there.", 5.1, 5.4),
    ("Then", 8.0, 8.3),
    ("silence.", 8.4, 8.9),
)


def played(times: NDArray[np.float64]) -> NDArray[np.float64]:
    heard = np.zeros_like(times)
    for text, start, end in SAID:
        loud = 0.5 if text == "LOUD" else 0.1
        heard += np.where((times >= start) & (times < end), loud * np.sin(2 * np.pi * 300 * times), 0)
    return np.asarray(heard)


def drawn(time: float, size: tuple[int, int]) -> Picture:
    """A square that sways a little, on stripes."""
    width, height = size
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[:, ::16] = (60, 90, 160)
    left = round(width * 0.6 + 8 * np.sin(time))
    picture[110:170, left : left + 50] = (250, 230, 60)
    return picture


def exact(time: float) -> Fraction:
    return Fraction(time).limit_denominator(1000)


@pytest.fixture
def seeing(ctx: Context) -> Context:
    return replace(ctx, analysers={**ctx.analysers, FaceDetector: Squares(), SpeakerDetector: EverybodySpeaks()})


@pytest.fixture
def video(tmp_path: Path) -> Video:
    return probe(make_video(tmp_path / "a.mp4", seconds=END, size=(640, 360), draw=drawn, play=played))


@pytest.fixture
def edit(video: Video, seeing: Context) -> Edit:
    crop = Speaker(Speaker.Options.model_validate({"width": SIZE[0], "height": SIZE[1]}))
    highlight = Highlight(video.span)
    path = seeing.cached(crop.reframe, video, highlight)
    words = tuple(Word(text, exact(start), exact(end)) for text, start, end in SAID)
    return Edit(highlight, path, (video.span,), "en", words)


def made(**options: object) -> Zoom:
    zoom = Zoom(Zoom.Options.model_validate(options))
    zoom.name = "zoom"
    return zoom


def window(edit: Edit, time: float) -> Box:
    shot = next(shot for shot in edit.crop.shots if exact(time) in shot.span)
    return shot.panels[0].window(exact(time))


def punches(edit: Edit) -> list[tuple[str, float]]:
    return [(punch["reason"], punch["scale"]) for punch in edit.plans["zoom"]["punch_ins"]]


def test_zoom_in_and_out_on_stressed_words(video: Video, edit: Edit, seeing: Context) -> None:
    zoomed_in = seeing.cached(made(on=["emphasis"], scale=1.3).plan, video, edit)
    assert [why for why, _ in punches(zoomed_in)] == ["LOUD"]
    plain = window(edit, 5).width
    assert window(zoomed_in, 5).width == pytest.approx(plain / 1.3, rel=1e-4)
    assert window(zoomed_in, 4.3).width == pytest.approx(plain)
    assert window(zoomed_in, 6.2).width == pytest.approx(plain)
    assert plain / 1.3 < window(zoomed_in, 4.65).width < plain


def test_smooth_zoom_has_no_jump_and_hard_zoom_is_a_cut(video: Video, edit: Edit, seeing: Context) -> None:
    smooth = made(on=["emphasis"], scale=1.3).plan(video, edit, seeing)
    widths = np.array([window(smooth, 4 + tick / 50).width for tick in range(150)])
    assert np.abs(np.diff(widths)).max() < 0.03 * widths.max()
    assert len(smooth.crop.shots) == len(edit.crop.shots)
    hard = made(on=["emphasis"], scale=1.3, style="hard").plan(video, edit, seeing)
    assert len(hard.crop.shots) == len(edit.crop.shots) + 2
    assert {round(window(hard, 4 + tick / 50).width, 2) for tick in range(150)} == {
        round(float(widths.max()), 2),
        round(float(widths.max()) / 1.3, 2),
    }


@pytest.mark.parametrize("style", ["smooth", "hard"])
@pytest.mark.parametrize("scale", [1.15, 3])
def test_zoom_never_cuts_faces_or_leaves_the_picture(
    video: Video, edit: Edit, seeing: Context, style: str, scale: float
) -> None:
    closer = made(style=style, scale=scale, max_upscale=16, apart=0).plan(video, edit, seeing)
    assert len(punches(closer)) >= 3
    (track,) = scored_tracks(video, video.span, seeing)
    for time, corners in zip(track.times.tolist(), track.boxes.tolist(), strict=True):
        box = window(closer, min(time, END - 0.01))
        assert box.width / box.height == pytest.approx(SIZE[0] / SIZE[1], rel=1e-6)
        assert box.x1 >= -1e-6
        assert box.x2 <= video.width + 1e-6
        assert box.y1 >= -1e-6
        assert box.y2 <= video.height + 1e-6
        assert box.x1 < corners[0]
        assert corners[2] < box.x2
        assert box.y1 < corners[1]
        assert corners[3] < box.y2


def test_the_face_stays_in_place_and_grows(video: Video, edit: Edit, seeing: Context) -> None:
    closer = made(on=["emphasis"], scale=1.2).plan(video, edit, seeing)
    before = next(face for face in faces_on_screen(video, edit, seeing) if face.time >= 5)
    after = next(face for face in faces_on_screen(video, closer, seeing) if face.time >= 5)
    assert after.box.width == pytest.approx(1.2 * before.box.width, rel=0.02)
    assert after.box.center == pytest.approx(before.box.center, abs=4)


def test_max_upscale_limits_the_zoom(video: Video, edit: Edit, seeing: Context) -> None:
    width = window(edit, 5).width
    limit = SIZE[0] / width * 1.1
    closer = made(on=["emphasis"], scale=2, max_upscale=max(1, limit)).plan(video, edit, seeing)
    ((_, scale),) = punches(closer)
    assert scale == pytest.approx(max(1, limit) * width / SIZE[0], abs=1e-3)
    big = replace(edit, crop=replace(edit.crop, shots=tuple(_enlarged(shot) for shot in edit.crop.shots)))
    assert made(max_upscale=1).plan(video, big, seeing) is big


def _enlarged(shot: CropShot) -> CropShot:
    return replace(shot, panels=tuple(replace(panel, into=(0, 0, 720, 1280)) for panel in shot.panels))


def test_every_other_span_between_cuts_is_zoomed(video: Video, edit: Edit, seeing: Context) -> None:
    keep = tuple(Span(exact(a), exact(b)) for a, b in ((0, 2), (3.9, 5.5), (7.9, 9)))
    closer = made(on=["cuts"]).plan(video, replace(edit, keep=keep), seeing)
    plain = window(edit, 1).width
    assert window(closer, 1.9).width == pytest.approx(plain)
    assert window(closer, 4).width == pytest.approx(plain / 1.15, rel=1e-3)
    assert window(closer, 5.4).width == pytest.approx(plain / 1.15, rel=1e-3)
    assert window(closer, 8).width == pytest.approx(plain)


def test_zooms_are_spaced_and_the_strongest_win(video: Video, edit: Edit, seeing: Context) -> None:
    assert [why for why, _ in punches(made(apart=1).plan(video, edit, seeing))] == ["sentence", "LOUD", "sentence"]
    assert [why for why, _ in punches(made(apart=60).plan(video, edit, seeing))] == ["LOUD"]


def test_a_number_counts_as_stressed(video: Video, edit: Edit, seeing: Context) -> None:
    words = tuple(replace(word, text="42") if word.text == "ever" else word for word in edit.words)
    closer = made(on=["emphasis"], apart=0).plan(video, replace(edit, words=words), seeing)
    assert [why for why, _ in punches(closer)] == ["42", "LOUD"]


def test_the_edit_is_unchanged_without_zooms(video: Video, edit: Edit, seeing: Context) -> None:
    assert made().plan(video, replace(edit, words=()), seeing).crop == edit.crop
    fit = Speaker(Speaker.Options.model_validate({"layout": "fit"})).reframe(video, edit.highlight, seeing)
    whole = replace(edit, crop=fit)
    assert made().plan(video, whole, seeing) is whole


def test_zoom_on_the_center_without_faces(tmp_path: Path, edit: Edit, ctx: Context) -> None:
    def empty(time: float, size: tuple[int, int]) -> Picture:
        return np.full((size[1], size[0], 3), 40 + round(20 * np.sin(time)), dtype=np.uint8)

    video = probe(make_video(tmp_path / "b.mp4", seconds=END, size=(640, 360), draw=empty, play=played))
    crop = Center(Center.Options.model_validate({"width": SIZE[0], "height": SIZE[1]})).reframe(
        video, edit.highlight, ctx
    )
    seeing = replace(ctx, analysers={**ctx.analysers, FaceDetector: Squares()})
    closer = made(on=["emphasis"], scale=1.5).plan(video, replace(edit, crop=crop), seeing)
    assert window(closer, 5).center[0] == pytest.approx(320)
    assert window(closer, 5).height == pytest.approx(240, rel=0.01)


def test_rendered_face_is_larger(video: Video, edit: Edit, seeing: Context) -> None:
    zoom = made(on=["emphasis"], scale=1.3)
    closer = zoom.plan(video, edit, seeing)
    path = video.path.with_name("clip.mp4")
    X264(X264.Options.model_validate({"quality": "draft"})).render(video, closer, (zoom,), path, seeing)
    clip = probe(path)
    areas = [
        int(((picture[..., 0] > 180) & (picture[..., 2] < 140)).sum())
        for _, picture in pictures(clip, clip.span, times=[exact(3), exact(5)])
    ]
    assert areas[1] / areas[0] == pytest.approx(1.69, rel=0.05)


@given(
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    scale=st.floats(1, 5),
    left=st.floats(0, 1000),
    width=st.floats(10, 1000),
)
def test_zoomed_window_lies_inside(x: float, y: float, scale: float, left: float, width: float) -> None:
    outer = Box(left, 5, left + width, 5 + width * 16 / 9)
    inner = narrow_window(outer, x, y, scale)
    assert inner.x1 >= outer.x1 - 1e-6
    assert inner.x2 <= outer.x2 + 1e-6
    assert inner.y1 >= outer.y1 - 1e-6
    assert inner.y2 <= outer.y2 + 1e-6
    assert inner.width * outer.height == pytest.approx(inner.height * outer.width)


def test_moving_camera_keeps_moving() -> None:
    keys = tuple(Keyframe(Fraction(at), Box(at * 10, 0, at * 10 + 90, 160)) for at in range(5))
    shot = CropShot(Span(Fraction(0), Fraction(4)), "single", (Panel(keys, (0, 0, 90, 160)),))
    punch = PunchIn(Span(Fraction(1), Fraction(3)), 1.5, "test")
    (made_shot,) = apply_punch_ins(shot, [(punch, Anchor(0.5, 0.5, 9))])
    for tick in range(41):
        time = Fraction(tick, 10)
        base, inner = shot.panels[0].window(time), made_shot.panels[0].window(time)
        assert inner.center == pytest.approx(base.center, abs=0.02)
        assert base.width / inner.width == pytest.approx(punch.scale_at(time), abs=0.01)
