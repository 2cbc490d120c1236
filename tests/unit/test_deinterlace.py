from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from clipy.media.probe import probe
from clipy.media.read import decode_frames, pictures
from clipy.types import Span
from fixtures.media import make_video

WIDE, HIGH, RATE = 320, 180, 25


def _scene(time: float) -> NDArray[np.uint8]:
    """A soft bar that crosses the picture, and a row of fine still detail at the bottom."""
    x = np.arange(WIDE)
    bar = 40 + 180 / (1 + np.exp(-(x - 20 - 120 * time) / 2)) - 180 / (1 + np.exp(-(x - 60 - 120 * time) / 2))
    picture = np.tile(bar, (HIGH, 1))
    picture[140:] = 128 + 60 * np.sin(np.arange(140, HIGH) / 1.5)[:, None]
    return picture.astype(np.uint8)


def _write(path: Path, *, top_first: bool, count: int = 50) -> Path:
    order = "tff=1" if top_first else "bff=1"
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "8", "x264-params": order}
        video = container.add_stream("libx264", rate=Fraction(RATE), options=options)
        video.width, video.height, video.pix_fmt = WIDE, HIGH, "yuv420p"
        for index in range(count):
            time = index / RATE
            picture, second = _scene(time), 1 if top_first else 0
            picture[second::2] = _scene(time + 0.5 / RATE)[second::2]
            frame = av.VideoFrame(WIDE, HIGH, "yuv420p")
            for plane, values in zip(frame.planes, (picture, 128, 128), strict=True):
                np.frombuffer(plane, dtype=np.uint8).reshape(plane.height, -1)[:, : plane.width] = values  # type: ignore[call-overload]
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _combing(picture: NDArray[np.uint8]) -> float:
    """How much rows differ from the mean of their neighbours, where the bar moves."""
    rows = picture[20:120].astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).max())


def _lumas(path: Path, span: Span | None = None) -> Iterator[tuple[Fraction, NDArray[np.uint8]]]:
    video = probe(path)
    for time, frame in decode_frames(video, span or video.span):
        plane = frame.planes[0]
        yield time, np.frombuffer(plane, dtype=np.uint8).reshape(plane.height, -1)[:, : plane.width].copy()  # type: ignore[call-overload]


@pytest.mark.parametrize("top_first", [True, False])
def test_deinterlaced_frames_keep_their_times(tmp_path: Path, top_first: bool) -> None:
    path = _write(tmp_path / "a.mp4", top_first=top_first)
    found = list(_lumas(path))
    assert [time for time, _ in found] == [Fraction(index, RATE) for index in range(50)]
    with av.open(str(path)) as container:
        raw = [np.asarray(frame.to_ndarray()[:HIGH], dtype=np.uint8) for frame in container.decode(video=0)]
    assert min(_combing(picture) for picture in raw[5:45]) > 10
    assert max(_combing(picture) for _, picture in found[5:45]) < 5
    for time, picture in found[5:45]:
        assert np.abs(picture.astype(int) - _scene(float(time)))[:120].mean() < 3
        still = np.abs(picture.astype(int) - _scene(float(time)))[150:-4]
        assert still.mean() < 3  # what stands still keeps all of its lines


def test_deinterlacing_from_the_middle_gives_the_right_frames(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mp4", top_first=True)
    found = list(_lumas(path, Span(Fraction(1, 2), Fraction(1))))
    assert [time for time, _ in found] == [Fraction(index, RATE) for index in range(12, 25)]
    assert np.abs(found[0][1].astype(int) - _scene(12 / RATE))[:120].mean() < 3


def test_analysis_gets_deinterlaced_frames(tmp_path: Path) -> None:
    video = probe(_write(tmp_path / "a.mp4", top_first=True, count=10))
    assert max(_combing(picture) for _, picture in pictures(video, video.span, gray=True)) < 5


def test_progressive_frames_are_unchanged(tmp_path: Path) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=0.4, size=(WIDE, HIGH)))
    with av.open(str(video.path)) as container:
        raw = [frame.to_ndarray() for frame in container.decode(video=0)]
    found = [frame.to_ndarray() for _, frame in decode_frames(video, video.span)]
    assert all(np.array_equal(one, other) for one, other in zip(raw, found, strict=True))
