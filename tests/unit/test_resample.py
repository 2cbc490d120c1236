from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.errors import RenderError
from clipy.media.color import ColorSpec, to_bt709, yuv_planes
from clipy.media.frame import yuv_to_rgb
from clipy.media.probe import probe
from clipy.media.read import decode_frames, pictures
from clipy.media.resample import PanelWindow, Resampler, resample_plane, trim_to_aspect
from clipy.types import Box, Video
from fixtures.media import Matrix, as_coded, black, make_video, moving, still


def _scene(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """A picture known at every point, not only at pixels."""
    return np.asarray(128 + 50 * np.sin(x / 3.1) * np.cos(y / 4.7) + 40 * np.sin(x / 11 + y / 5.3))


def _sampled(edges: tuple[float, float, float, float], size: tuple[int, int]) -> NDArray[np.float64]:
    """The ideal: the scene at the middle of each output pixel."""
    x = edges[0] + (np.arange(size[0]) + 0.5) * (edges[2] - edges[0]) / size[0] - 0.5
    y = edges[1] + (np.arange(size[1]) + 0.5) * (edges[3] - edges[1]) / size[1] - 0.5
    return _scene(x[None, :], y[:, None])


@pytest.mark.parametrize(
    ("edges", "size"),
    [
        ((101.3, 0.0, 303.8, 360.0), (360, 640)),  # the usual: 9:16 out of 16:9, enlarged
        ((0.0, 0.0, 202.5, 360.0), (360, 640)),  # at the left edge
        ((437.5, 0.0, 640.0, 360.0), (360, 640)),  # at the right edge
        ((33.4, 20.7, 133.4, 220.7), (100, 200)),  # same size, moved by a fraction
        ((10.5, 3.2, 610.5, 343.2), (480, 272)),  # shrunk a little
        ((0.0, 0.0, 640.0, 360.0), (318, 178)),  # shrunk to half
        ((10.5, 0.0, 600.0, 360.0), (300, 640)),  # one axis shrunk, the other enlarged
    ],
)
def test_window_is_in_place_and_sharp(edges: tuple[float, float, float, float], size: tuple[int, int]) -> None:
    y, x = np.mgrid[0:360, 0:640].astype(np.float64)
    out = resample_plane(np.rint(_scene(x, y)).astype(np.uint8), edges, size).astype(float)
    ideal = _sampled(edges, size)
    assert out.shape == ideal.shape
    error = (out - ideal)[8:-8, 8:-8]
    assert error.std() < 1.0
    slope_x, slope_y = np.gradient(ideal, axis=1)[8:-8, 8:-8], np.gradient(ideal, axis=0)[8:-8, 8:-8]
    moved = np.linalg.lstsq(np.stack([slope_x.ravel(), slope_y.ravel()], axis=1), error.ravel(), rcond=None)[0]
    assert np.abs(moved).max() < 0.06  # output pixels


def test_a_slow_pan_does_not_jitter() -> None:
    y, x = np.mgrid[0:180, 0:320].astype(np.float64)
    plane = np.rint(_scene(x, y)).astype(np.uint8)
    slips = []
    for step in range(8):
        left = 60 + 0.3 * step
        edges = (left, 0.0, left + 101.25, 180.0)
        error = resample_plane(plane, edges, (180, 320)) - _sampled(edges, (180, 320))
        slope = np.gradient(_sampled(edges, (180, 320)), axis=1)
        slips.append(float((slope * error)[8:-8, 8:-8].sum() / (slope**2)[8:-8, 8:-8].sum()))
    assert np.std(slips) < 0.05  # output pixels; a crop in whole pixels gives about 0.5


def test_picture_at_its_own_size_is_unchanged() -> None:
    plane = np.random.default_rng(0).integers(0, 256, (90, 160)).astype(np.uint8)
    assert np.array_equal(resample_plane(plane, (0, 0, 160, 90), (160, 90)), plane)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_windows_are_in_upright_pixels_whatever_the_rotation(tmp_path: Path, rotation: int) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.2, rotation=rotation, play=None, draw=still))  # type: ignore[arg-type]
    window = Box(video.width * 0.25, video.height * 0.5, video.width * 0.75, video.height)
    _, upright = next(pictures(video, video.span))
    expected = upright[int(window.y1) : int(window.y2), int(window.x1) : int(window.x2)]
    drawn = _draw(video, window, (expected.shape[1], expected.shape[0]))
    assert np.abs(drawn.astype(int) - expected).mean() < 4


def test_non_square_pixels_are_resampled_to_square(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=0.2, size=(480, 576), aspect=Fraction(16, 11), draw=still)
    video = probe(path)
    assert (video.width, video.height) == (698, 576)
    _, upright = next(pictures(video, video.span))
    drawn = _draw(video, Box(100, 100, 400, 500), (300, 400))
    assert np.abs(drawn.astype(int) - upright[100:500, 100:400]).mean() < 4


@pytest.mark.parametrize(
    ("pixel_format", "matrix", "full_range"),
    [
        ("yuv420p", "bt709", False),
        ("yuv420p", "bt601", False),
        ("yuvj420p", "bt709", True),
        ("yuvj420p", "bt601", True),
        ("yuv422p", "bt601", False),
        ("yuv444p", "bt709", False),
        ("yuv420p10le", "bt601", False),
        ("yuvj444p", "bt601", True),
        ("nv12", "bt709", False),
    ],
)
def test_colors_survive_every_encoding(pixel_format: str, matrix: Matrix, full_range: bool) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128), (20, 200, 150)]
    bars = np.repeat(np.array(colours, dtype=np.uint8)[None, :, None], 32, axis=0)
    picture = np.ascontiguousarray(np.broadcast_to(bars, (32, 6, 16, 3)).reshape(32, 96, 3))
    frame = as_coded(picture, pixel_format, matrix, full_range=full_range)
    frame.colorspace = 1 if matrix == "bt709" else 6
    frame.color_range = 2 if full_range else 1
    y, u, v = to_bt709(*yuv_planes(frame))
    back = yuv_to_rgb(y.copy(), u.copy(), v.copy())[16, 8::16].astype(int)
    assert np.abs(back - np.array(colours)).max() <= 3


def test_untagged_small_pictures_are_bt601_and_large_ones_bt709(tmp_path: Path) -> None:
    small = probe(make_video(tmp_path / "small.mp4", seconds=0.1, matrix="untagged", play=None))
    large = probe(make_video(tmp_path / "large.mp4", seconds=0.1, size=(1280, 720), matrix="untagged", play=None))
    found = [yuv_planes(next(decode_frames(video, video.span))[1])[1] for video in (small, large)]
    assert found == [ColorSpec(6, full_range=False), ColorSpec(1, full_range=False)]


def _drawn(folder: Path, *intos: tuple[int, int, int, int]) -> tuple[NDArray[np.uint8], ...]:
    video = probe(make_video(folder / "a.mp4", seconds=0.1, play=None))
    frame = next(decode_frames(video, video.span))[1]
    return Resampler(video, 180, 320).draw(frame, [PanelWindow(Box(0, 0, 320, 180), into) for into in intos])


def test_panels_fill_their_own_rectangles_with_a_thin_line_between(tmp_path: Path) -> None:
    y, u, v = _drawn(tmp_path, (0, 0, 180, 160), (0, 160, 180, 320))
    assert (y.shape, u.shape, v.shape) == ((320, 180), (160, 90), (160, 90))
    assert np.array_equal(y[2:158], y[162:318])
    assert int(y[158:162].max()) == 16
    assert y[157].mean() > 17
    assert y[162].mean() > 17
    assert int(y[:158].std()) > 10


def test_four_panels_are_divided_by_a_cross(tmp_path: Path) -> None:
    intos = [(x, y, x + 90, y + 160) for y in (0, 160) for x in (0, 90)]
    y, u, _ = _drawn(tmp_path, *intos)
    assert int(y[:, 88:92].max()) == int(y[158:162].max()) == 16
    assert (u[:, 44:46] == 128).all()
    assert np.array_equal(y[2:158, 2:88], y[162:318, 92:178])


def test_space_between_panels_is_a_dark_backdrop(tmp_path: Path) -> None:
    y, _, _ = _drawn(tmp_path, (0, 100, 180, 220), (100, 20, 160, 80))
    assert 17 < y[240:].mean() < 0.75 * y[104:216].mean()
    assert int(y[20:22, 100:160].max()) == 16  # the line around the inset
    free, shown = y[240:].astype(int), y[104:216].astype(int)
    assert np.abs(np.diff(free, axis=1)).mean() < np.abs(np.diff(shown, axis=1)).mean() / 4


def test_fit_shows_the_whole_picture_over_a_darker_backdrop_of_itself(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.1, play=None))
    frame = next(decode_frames(video, video.span))[1]
    placed = PanelWindow(Box(0, 0, video.width, video.height), (0, 0, 180, 320))
    y, _, _ = Resampler(video, 180, 320).draw(frame, [placed], fit=True)
    shown = y[110:210]  # 180 x 101 in the middle
    assert 17 < y[:100].mean() < shown.mean() * 0.75
    assert np.abs(np.diff(y[:100].astype(int), axis=1)).mean() < np.abs(np.diff(shown.astype(int), axis=1)).mean() / 4


def test_window_is_trimmed_not_stretched(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.1, play=None, draw=black))
    assert trim_to_aspect(Box(0, 0, 640, 360), 9 / 16, video) == Box(218.75, 0, 421.25, 360)
    inside = trim_to_aspect(Box(-50, 100, 150, 500), 0.5, video)
    assert inside.x1 >= 0
    assert inside.y2 <= 360
    assert inside.width / inside.height == pytest.approx(0.5)


def test_an_empty_window_is_refused(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.1, play=None, draw=black))
    with pytest.raises(RenderError, match="is empty"):
        trim_to_aspect(Box(100, 0, 100, 360), 9 / 16, video)


def test_odd_sizes(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", seconds=0.1, size=(322, 182), play=None, draw=moving)
    video = probe(path)
    frame = next(decode_frames(video, video.span))[1]
    y, u, _ = Resampler(video, 90, 160).cut(frame, Box(219, 1.5, 322, 182), 90, 160)
    assert (y.shape, u.shape) == ((160, 90), (80, 45))


def _draw(video: Video, window: Box, size: tuple[int, int]) -> NDArray[np.uint8]:
    frame = next(decode_frames(video, video.span))[1]
    size = (size[0] // 2 * 2, size[1] // 2 * 2)
    return yuv_to_rgb(*(plane.copy() for plane in Resampler(video, *size).cut(frame, window, *size)))
