"""What a media file may make clipy do: nothing but be read, within limits."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

import av
import pytest

from clipy.errors import MediaError
from clipy.media.probe import probe
from clipy.media.read import decode_frames
from clipy.media.safe_open import MAX_PIXELS
from clipy.types import Span, seconds
from fixtures.hostile import Canary, bombs, reaching
from fixtures.media import make_video

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among files")


@posix
def test_crafted_file_cannot_open_other_files_or_urls(tmp_path: Path) -> None:
    with Canary(tmp_path) as canary:
        files = list(reaching(tmp_path, canary))
        assert len(files) > 60
        for file in files:
            with pytest.raises(MediaError) as caught:
                probe(file)
            assert "\n" not in str(caught.value)
            assert not canary.was_touched(), file
        assert not canary.touched


@posix
@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("*.m3u8", {"protocol_whitelist": "file,http,tcp"}),
        ("concat-*.mp4", {"protocol_whitelist": "file,http,tcp", "safe": "0"}),
        ("reference.mov", {"enable_drefs": "1", "use_absolute_path": "1"}),
    ],
)
def test_the_canary_detects_unrestricted_ffmpeg(tmp_path: Path, name: str, free: dict[str, str]) -> None:
    """These files do reach out; else their being refused would show nothing."""
    with Canary(tmp_path) as canary:
        list(reaching(tmp_path, canary))
        file = min(tmp_path.glob(name))
        opening = threading.Thread(target=_open, args=(file, free))
        opening.start()
        until = time.monotonic() + 20
        while not canary.was_touched() and opening.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        assert canary.was_touched()
        opening.join()


def _open(file: Path, free: dict[str, str]) -> None:
    with contextlib.suppress(av.error.FFmpegError), av.open(str(file), options=free):
        pass


def test_resource_bombs_are_refused(tmp_path: Path) -> None:
    for file, says in bombs(tmp_path):
        assert file.stat().st_size < 300_000
        with pytest.raises(MediaError, match=says):
            probe(file)


def test_frames_that_grow_mid_stream_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = probe(make_video(tmp_path / "a.mp4", seconds=1, play=None))
    assert video.width * video.height < MAX_PIXELS
    monkeypatch.setattr("clipy.media.safe_open.MAX_PIXELS", 1000)
    with pytest.raises(MediaError, match="8K"):
        next(decode_frames(video, Span(seconds(0), seconds(1))))


@posix
def test_anything_but_a_regular_file_is_one_clear_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    (tmp_path / "nowhere.mp4").symlink_to("gone.mp4")
    (tmp_path / "rubbish.mp4").write_bytes(os.urandom(5000))
    (tmp_path / "text.mp4").write_text("1\n00:00:00,000 --> 00:00:09,000\nHi\n")
    cases = {
        "pipe.mp4": "regular",
        "folder.mp4": "folder",
        "empty.mp4": "empty",
        "loop.mp4": "no such file|invalid path",
        "nowhere.mp4": "no such file",
        "rubbish.mp4": "cannot read",
        "text.mp4": "cannot read",
        "/dev/null": "regular",
        "/dev/zero": "regular",
        "x" * 5000: "invalid path|no such file",
        "a\0b.mp4": "invalid path|no such file",
        "https://example.org/talk.mp4": "no such file",
    }
    for name, says in cases.items():
        with pytest.raises(MediaError, match=says):
            probe(tmp_path / name)
    with pytest.raises(MediaError, match="not URLs"):
        probe(Path("https://example.org/talk.mp4"))


@pytest.mark.parametrize(
    "name",
    [
        "-y.mp4",
        "http:x.mp4",
        "concat:a|b.mp4",
        "pipe:0.mp4",
        "a%03d.mp4",
        "a'b\"c.mp4",
        "a\nb.mp4",
        "видео 動画.mp4",
        "a;b.mp4",
    ],
)
@posix
def test_file_names_are_never_interpreted(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    os.link(make_video(tmp_path / "plain.mp4", seconds=1, size=(64, 64), play=None), path)
    assert float(probe(path).duration) == pytest.approx(1)
    link = tmp_path / "link.mp4"
    link.symlink_to(path)
    assert probe(link) == probe(path)


def test_only_one_place_opens_media() -> None:
    """Every other one would need the same lists of formats, protocols and decoders."""
    sources = Path(__file__).parents[2] / "src"
    opening = {
        str(path.relative_to(sources)) for path in sources.rglob("*.py") if "av.open(" in path.read_text("utf-8")
    }
    writing = ("media/joining.py", "media/write.py", "media/checks/proxy.py", "testing/media.py", "cli/demo_video.py")
    assert opening == {f"clipy/{path}" for path in ("media/safe_open.py", *writing)}
