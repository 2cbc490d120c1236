"""Several shapes from one analysis, and the whole video as one clip."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clipy import registry
from clipy.cli import main
from clipy.errors import SettingError
from clipy.media.probe import probe
from clipy.stages.base import Reframer
from clipy.types import Clip
from fixtures.media import make_video

FLAGS = ["transcribe.backend=subtitles", "reframe=center", "review=technical", "render.quality=draft"]
SMALL = ["reframe.width=180", "reframe.height=320", "review.technical.width=180", "review.technical.height=320"]


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = make_video(tmp_path / "talk.mp4", seconds=8, size=(320, 180))
    cues = [f"{n}\n00:00:0{n},000 --> 00:00:0{n},800\nSentence number {n}.\n" for n in range(1, 8)]
    (tmp_path / "talk.srt").write_text("\n".join(cues))
    return path


def run(video: Path, folder: Path, *sets: str, flags: tuple[str, ...] = ()) -> Result:
    more = [part for one in (*FLAGS, *sets) for part in ("--set", one)]
    return CliRunner().invoke(main, ["run", str(video), "-o", str(folder), *flags, *more])


def clips(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "clips.json").read_text())["clips"]
    return found


def reframer(**options: object) -> Reframer:
    made = registry.create("reframe", "center", options)
    assert isinstance(made, Reframer)
    return made


@pytest.mark.parametrize("given", ["9:16,1:1", ["9:16", "1:1"], "9:16, 1:1"])
def test_shapes_share_their_shorter_side(given: object) -> None:
    tall, square = reframer(ratio=given, width=540).shapes()
    assert (tall.options.width, tall.options.height) == (540, 960)
    assert (square.options.width, square.options.height) == (540, 540)
    assert (tall.options.ratio, square.options.ratio) == (("9:16",), ("1:1",))


def test_one_shape_or_none_is_the_reframer_itself() -> None:
    for options in ({}, {"ratio": "4:5"}, {"width": 640, "height": 480}):
        made = reframer(**options)
        assert made.shapes() == (made,)
    with pytest.raises(SettingError):
        reframer(ratio="9:16,2:1")


def test_each_moment_is_made_in_each_shape(video: Path, tmp_path: Path) -> None:
    sets = ["highlight=even", "highlight.duration=3", "reframe.ratio=9:16,1:1,16:9"]
    result = run(video, tmp_path / "clips", *sets, "reframe.width=180", flags=("--clips", "2"))
    assert result.exit_code == 0, result.output
    made = clips(tmp_path / "clips")
    names = [f"talk-0{n}{shape}.mp4" for n in (1, 2) for shape in ("", "-1x1", "-16x9")]
    assert [clip["file"] for clip in made] == names
    assert [clip["ratio"] for clip in made] == 2 * ["9:16", "1:1", "16:9"]
    assert made[0]["start"] == made[1]["start"] == made[2]["start"]
    assert [word["text"] for word in made[0]["words"]] == [word["text"] for word in made[1]["words"]]
    sizes = [(probe(tmp_path / "clips" / name).width, probe(tmp_path / "clips" / name).height) for name in names[:3]]
    assert sizes == [(180, 320), (180, 180), (320, 180)]


def test_an_uploader_takes_one_shape(tmp_path: Path) -> None:
    uploader: Any = registry.create("upload", "folder", {"path": tmp_path, "ratio": "1:1"})
    assert uploader.takes(Clip("x", Fraction(1), 540, 540))
    assert not uploader.takes(Clip("x", Fraction(1), 540, 960))


def test_the_whole_video_becomes_one_clip(video: Path, tmp_path: Path) -> None:
    result = run(video, tmp_path / "clips", *SMALL, flags=("--whole",))
    assert result.exit_code == 0, result.output
    (clip,) = clips(tmp_path / "clips")
    assert (clip["start"], clip["end"]) == pytest.approx((0, 8), abs=0.1)
    assert len(clip["words"]) == 21
    assert probe(tmp_path / "clips" / "talk-01.mp4").duration == pytest.approx(8, abs=0.1)


def test_the_whole_video_cannot_be_picked_from(video: Path, tmp_path: Path) -> None:
    result = run(video, tmp_path / "clips", flags=("--whole", "--clips", "3"))
    assert result.exit_code == 2
    assert "--whole picks nothing" in result.output
