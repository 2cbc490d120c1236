from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy.analysis.base import SpeakerDetector
from clipy.analysis.faces.base import FaceDetector
from clipy.context import Context
from clipy.media.probe import probe
from clipy.stages.base import Reframer
from clipy.stages.reframe.center import Center
from clipy.stages.reframe.saliency import Saliency
from clipy.stages.reframe.speaker import Speaker
from clipy.types import CropPath, Highlight, Shot, Span, Video
from fixtures.media import Picture, make_video, moving
from tests.unit.seeing import EverybodySpeaks, Squares


def two_scenes(time: float, size: tuple[int, int]) -> Picture:
    """The square circles on the right, and after a cut at 2 s it is mirrored, on the left."""
    width, _ = size
    picture = np.full((size[1], size[0], 3), (30, 60, 90) if time < 2 - 1e-6 else (120, 30, 40), dtype=np.uint8)
    left = width - 150 if time < 2 - 1e-6 else 70
    picture[100:160, left : left + 60] = (250, 230, 60)
    return picture


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("scenes") / "a.mp4", draw=two_scenes))


@pytest.fixture
def seeing(ctx: Context) -> Context:
    """A context whose analysers see the square."""
    return replace(ctx, analysers={**ctx.analysers, FaceDetector: Squares(), SpeakerDetector: EverybodySpeaks()})


def covers(path: CropPath, span: Span) -> bool:
    edges = [path.shots[0].span.start, *(shot.span.end for shot in path.shots)]
    joined = all(shot.span.start == edge for shot, edge in zip(path.shots, edges, strict=False))
    return joined and edges[0] == span.start and edges[-1] == span.end


def test_center_is_one_static_window_in_the_middle(tmp_path: Path, ctx: Context) -> None:
    video = probe(make_video(tmp_path / "a.mp4"))
    span = Span(Fraction(1), Fraction(3))
    path = Center().reframe(video, Highlight(span), ctx)
    (shot,) = path.shots
    (panel,) = shot.panels
    assert covers(path, span)
    assert panel.into == (0, 0, 1080, 1920)
    assert panel.keyframes[0].box.center == pytest.approx((320, 180))
    assert panel.keyframes[0].box.height == 360


def test_speaker_follows_the_face_across_a_cut(video: Video, seeing: Context) -> None:
    span = Span(Fraction(1, 2), Fraction(7, 2))
    path = Speaker().reframe(video, Highlight(span), seeing)
    assert covers(path, span)
    first, second = path.shots
    assert second.span.start == 2
    for shot, left in ((first, 490), (second, 70)):
        window = shot.panels[0].window(shot.span.start)
        assert window.x1 < left
        assert left + 60 < window.x2


def test_second_run_comes_from_the_store(video: Video, seeing: Context) -> None:
    first = Speaker().reframe(video, Highlight(video.span), seeing)
    calls = Squares.calls
    assert Speaker().reframe(video, Highlight(video.span), seeing) == first
    assert Squares.calls == calls


def ball(time: float, size: tuple[int, int]) -> Picture:
    """Nothing but a ball that rolls from the left to the right."""
    picture = np.full((size[1], size[0], 3), (40, 90, 50), dtype=np.uint8)
    left = int(40 + time * (size[0] - 120) / 3)
    picture[180:220, left : left + 40] = (230, 220, 210)
    return picture


@pytest.mark.parametrize("reframer", [Saliency, Speaker])
def test_motion_is_followed_without_faces(
    tmp_path: Path, ctx: Context, caplog: pytest.LogCaptureFixture, reframer: type[Reframer]
) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=3, draw=ball))
    path = reframer().reframe(video, Highlight(video.span), ctx)
    assert covers(path, video.span)
    for time in (Fraction(1, 2), Fraction(3, 2), Fraction(5, 2)):
        window = path.shots[0].panels[0].window(time)
        assert window.x1 < 60 + float(time) * 520 / 3 < window.x2
    assert reframer is Saliency or "no face" in caplog.text


def test_fit_shows_the_whole_picture(video: Video, seeing: Context) -> None:
    path = Speaker(Speaker.Options.model_validate({"layout": "fit"})).reframe(video, Highlight(video.span), seeing)
    assert {shot.layout for shot in path.shots} == {"fit"}
    assert path.shots[0].panels[0].into == (0, 656, 1080, 1264)


@pytest.mark.parametrize("reframer", [Center, Speaker])
@pytest.mark.parametrize("size", [(360, 640), (640, 360), (240, 640)])
def test_any_input_and_output_aspect_ratio_works(
    tmp_path: Path, seeing: Context, reframer: type[Reframer], size: tuple[int, int]
) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=1, size=size, draw=moving))
    for width, height in ((1080, 1920), (1080, 1080), (1920, 1080)):
        chosen = reframer(reframer.Options.model_validate({"width": width, "height": height}))
        path = chosen.reframe(video, Highlight(video.span), seeing)
        assert covers(path, video.span)
        assert (path.width, path.height) == (width, height)
        for shot in path.shots:
            for panel in shot.panels:
                box = panel.window(shot.span.start)
                x1, y1, x2, y2 = panel.into
                assert box.width / box.height == pytest.approx((x2 - x1) / (y2 - y1), rel=1e-9)


def test_a_real_talker_stays_in_the_window(media: Path, ctx: Context) -> None:
    video = probe(media / "video" / "noisy_restaurant.mp4")
    span = Span(Fraction(0), Fraction(4))
    path = Speaker().reframe(video, Highlight(span), ctx)
    assert covers(path, span)
    frames = ctx.analyser(FaceDetector).detect_in_video(video, [Shot(span)], ctx)
    assert frames
    for frame in frames:
        (face,) = frame.faces
        window = next(shot for shot in path.shots if frame.time in shot.span).panels[0].window(frame.time)
        assert window.x1 < face.box.x1 < face.box.x2 < window.x2
        assert window.y1 < face.box.y1 < face.box.y2 < window.y2
