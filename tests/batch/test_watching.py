"""A watched folder: each video once, and not before it is complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clipy.batch.sources import Source
from clipy.batch.watching import Watched
from clipy.errors import InputError


class Clock:
    """Time that a test advances."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _names(found: list[Source | None]) -> list[str]:
    return [source.video.name for source in found if source is not None]


def test_a_video_comes_once_it_has_stopped_changing_and_then_never_again(tmp_path: Path) -> None:
    clock = Clock()
    sources = Watched(tmp_path, tmp_path / "out", settle=5, clock=clock).sources(once=False, interval=1)

    def after(seconds: float) -> list[str]:
        clock.now += seconds
        found: list[Source | None] = [next(sources)]
        while found[-1] is not None:
            found.append(next(sources))
        return _names(found)

    video = tmp_path / "a.mp4"
    video.write_bytes(b"1")
    assert after(1) == []
    assert after(4.5) == []
    video.write_bytes(b"12")  # it is still being copied
    assert after(4.5) == []
    assert after(4.5) == []
    assert after(1) == ["a.mp4"]
    assert after(60) == []
    (tmp_path / "b.mp4").write_bytes(b"1")
    (tmp_path / "text.txt").write_bytes(b"1")
    (tmp_path / "empty.mp4").touch()
    assert after(1) == []
    assert after(6) == ["b.mp4"]
    video.write_bytes(b"another video")
    os.utime(video, ns=(1, 1))
    assert after(1) == []
    assert after(6) == ["a.mp4"]
    (tmp_path / "b.mp4").unlink()
    assert after(6) == []


def test_once_waits_for_what_is_being_written_and_ends(tmp_path: Path) -> None:
    clock = Clock()
    (tmp_path / "a.mp4").write_bytes(b"1")
    (tmp_path / "empty.mp4").touch()
    found: list[Source | None] = []
    for source in Watched(tmp_path, tmp_path / "out", settle=3, clock=clock).sources(once=True, interval=1):
        found.append(source)
        clock.now += 1
        assert len(found) < 50
    assert _names(found) == ["a.mp4"]


def test_a_folder_that_is_taken_away_is_an_error(tmp_path: Path) -> None:
    sources = Watched(tmp_path / "gone", tmp_path / "out", settle=1).sources(once=False, interval=0)
    with pytest.raises(InputError, match="no such folder"):
        list(sources)
