"""What every reframer promises: a window for every moment, inside the picture, of the right shape."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipy import probe
from clipy.context import Context
from clipy.documents import crops, read_crops
from clipy.errors import ConfigError
from clipy.stages.base import Reframer
from clipy.types import CropPath, Highlight, Span, Video
from fixtures.media import Picture, make_video, moving
from tests.contracts.backends import installed, made

REFRAMERS = installed(
    "reframe", leave_out={"keyframes": "needs a path made for the video: tests/unit/test_keyframes.py"}
)
SIZES = [(1080, 1920), (1080, 1080), (1080, 1350), (1280, 720)]
SOURCES = [(320, 180), (180, 320), (240, 240), (500, 90)]


def check(path: CropPath, video: Video, span: Span) -> None:
    assert path.shots[0].span.start == span.start
    assert path.shots[-1].span.end == span.end
    assert all(a.span.end == b.span.start for a, b in zip(path.shots, path.shots[1:], strict=False))
    for shot in path.shots:
        assert shot.span.duration > 0
        for panel in shot.panels:
            x1, y1, x2, y2 = panel.into
            assert 0 <= x1 < x2 <= path.width
            assert 0 <= y1 < y2 <= path.height
            assert not any(side % 2 for side in panel.into)
            times = [key.time for key in panel.keyframes]
            assert times == sorted(set(times))
            for key in panel.keyframes:
                box = key.box
                assert -1e-6 <= box.x1 < box.x2 <= video.width + 1e-6
                assert -1e-6 <= box.y1 < box.y2 <= video.height + 1e-6
                assert box.width / box.height == pytest.approx((x2 - x1) / (y2 - y1), rel=0.02)


@pytest.fixture(scope="module", params=SOURCES, ids=str)
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("source") / "a.mp4", seconds=2, size=request.param))


@pytest.mark.parametrize("name", REFRAMERS)
def test_windows_cover_the_highlight_and_lie_inside(name: str, video: Video, ctx: Context) -> None:
    span = Span(Fraction(1, 2), Fraction(7, 4))
    for width, height in SIZES:
        reframer = made("reframe", name, width=width, height=height)
        assert isinstance(reframer, Reframer)
        path = ctx.cached(reframer.reframe, video, Highlight(span))
        assert (path.width, path.height) == (width, height)
        check(path, video, span)


@pytest.mark.parametrize("name", REFRAMERS)
@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"ratio": "9:16"}, (1080, 1920)),
        ({"ratio": "4:5"}, (1080, 1350)),
        ({"ratio": "1:1", "width": 720}, (720, 720)),
        ({"ratio": "16:9", "height": 720}, (1280, 720)),
    ],
)
def test_ratio_sets_the_output_size(name: str, options: dict[str, object], size: tuple[int, int]) -> None:
    reframer = made("reframe", name, **options)
    assert isinstance(reframer, Reframer)
    assert (reframer.options.width, reframer.options.height) == size
    with pytest.raises(ConfigError, match="ratio"):
        made("reframe", name, ratio="1:1", width=720, height=1280)


@pytest.mark.parametrize("name", REFRAMERS)
def test_windows_exclude_black_bars_and_survive_the_document(name: str, tmp_path: Path, ctx: Context) -> None:
    def draw(time: float, size: tuple[int, int]) -> Picture:
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[45:-45] = moving(time, (size[0], size[1] - 90))
        return picture

    video = probe(make_video(tmp_path / "a.mp4", seconds=2, size=(640, 360), draw=draw))
    reframer = made("reframe", name)
    assert isinstance(reframer, Reframer)
    highlight = Highlight(video.span, title="t")
    path = ctx.cached(reframer.reframe, video, highlight)
    for shot in path.shots:
        for panel in shot.panels:
            assert all(44.9 <= key.box.y1 < key.box.y2 <= 315.1 for key in panel.keyframes)
    document = tmp_path / "crops.json"
    document.write_text(json.dumps(crops(video, [(highlight, path)])), encoding="utf-8")
    ((_, again),) = read_crops(document, video)
    check(again, video, video.span)
    assert [shot.layout for shot in again.shots] == [shot.layout for shot in path.shots]
    for shot, read in zip(path.shots, again.shots, strict=True):
        for panel, same in zip(shot.panels, read.panels, strict=True):
            assert panel.into == same.into
            middle = (shot.span.start + shot.span.end) / 2
            ours, theirs = panel.window(middle), same.window(middle)
            assert (theirs.x1, theirs.y1, theirs.x2, theirs.y2) == pytest.approx(
                (ours.x1, ours.y1, ours.x2, ours.y2), abs=0.01
            )


@pytest.mark.parametrize("name", REFRAMERS)
def test_rotation_and_pixel_aspect_ratio_are_applied(name: str, tmp_path: Path, ctx: Context) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=2, size=(320, 240), rotation=90, aspect=Fraction(4, 3))
    video = probe(path)
    assert (video.width, video.height) == (240, 427)
    reframer = made("reframe", name)
    assert isinstance(reframer, Reframer)
    span = Span(Fraction(0), Fraction(2))
    check(ctx.cached(reframer.reframe, video, Highlight(span)), video, span)
