from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from clipy.context import Context
from clipy.errors import ConfigError
from clipy.typography.occupied_regions import occupied_regions
from tests.clips import LEVEL, VIDEO, changed, clip, draw, gray, pizzazz


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """A red disc on nothing; what is transparent is bright green, and must never be seen."""
    picture = np.zeros((200, 400, 4), np.uint8)
    picture[..., 1] = 255
    cv2.circle(picture, (200, 100), 90, (0, 0, 255, 255), -1)
    cv2.imwrite(str(tmp_path / "logo.png"), picture)
    return tmp_path / "logo.png"


@pytest.mark.parametrize("corner", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_a_logo_is_in_its_corner_at_its_size(corner: str, logo: Path, ctx: Context) -> None:
    options = {"image": str(logo), "corner": corner, "size": 0.2, "opacity": 1, "safe_area": False, "margin": 0.05}
    (frame,) = draw(pizzazz("watermark", **options), clip(), [1], ctx)
    box = changed(frame)
    assert box is not None
    assert box[3] - box[1] == pytest.approx(0.9 * 54, abs=4)  # 108 wide, so 54 high; the disc is 180 of 200
    assert (box[0] < 270) == ("left" in corner)
    assert (box[1] < 480) == ("top" in corner)
    near = 27 if "top" in corner else 960 - 27 - 54
    assert abs((box[1] + box[3]) / 2 - (near + 27)) <= 4


def test_transparent_pixels_leave_no_trace(logo: Path, ctx: Context) -> None:
    (frame,) = draw(pizzazz("watermark", image=str(logo), opacity=1, safe_area=False), clip(), [1], ctx)
    rgb = frame.rgb.astype(int)
    greenish = (rgb[..., 1] > rgb[..., 0] + 12) & (rgb[..., 1] > rgb[..., 2] + 12)
    assert not greenish.any()
    middle = rgb[changed_middle(frame.planes[0])]
    assert middle[0] > 200
    assert max(middle[1], middle[2]) < 40


def changed_middle(y: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[int, int]:
    rows, columns = np.nonzero(y != LEVEL)
    return int(rows.mean()), int(columns.mean())


def test_opacity(logo: Path, ctx: Context) -> None:
    strengths = []
    for opacity in (0.25, 0.5, 1.0):
        (frame,) = draw(pizzazz("watermark", image=str(logo), opacity=opacity), clip(), [1], ctx)
        strengths.append(float(abs(frame.planes[0].astype(int) - LEVEL).sum()))
    assert strengths[0] == pytest.approx(strengths[2] / 4, rel=0.15)
    assert strengths[1] == pytest.approx(strengths[2] / 2, rel=0.1)


def test_text_alone_and_both_and_the_plan_says_where(logo: Path, ctx: Context) -> None:
    heights = []
    for options in ({"text": "@channel"}, {"text": "@channel", "image": str(logo)}):
        effect = pizzazz("watermark", **options)
        (frame,) = draw(effect, clip(), [1], ctx)
        box = changed(frame)
        assert box is not None
        heights.append(box[3] - box[1])
        (item,) = occupied_regions(effect.plan(VIDEO, clip(), ctx))
        assert item.box.x1 <= box[0] < box[2] <= item.box.x2
        assert item.box.y1 <= box[1] < box[3] <= item.box.y2
        assert item.span.duration == clip().duration
    assert heights[0] + 20 < heights[1]


def test_warning_without_image_and_text(ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    effect = pizzazz("watermark")
    edit = effect.plan(VIDEO, clip(), ctx)
    assert "neither an image nor a text" in caplog.text
    frames = iter([gray(0, (540, 960))])
    assert effect.frames(frames, edit, ctx) is frames


def test_a_picture_that_cannot_be_read_is_refused_before_the_rendering(tmp_path: Path, ctx: Context) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    for name in ("bad.png", "missing.png"):
        with pytest.raises(ConfigError, match="cannot read"):
            pizzazz("watermark", image=str(tmp_path / name)).plan(VIDEO, clip(), ctx)


def test_identity_depends_on_the_image_not_on_its_path(logo: Path) -> None:
    before = pizzazz("watermark", image=str(logo)).identity()
    moved = logo.rename(logo.with_name("other.png"))
    assert pizzazz("watermark", image=str(moved)).identity() == before
    moved.rename(logo)
    cv2.imwrite(str(logo), np.zeros((8, 8, 3), np.uint8))
    assert pizzazz("watermark", image=str(logo)).identity() != before
