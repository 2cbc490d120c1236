"""The main job on a real file: clips of the right size with sound and captions, and a second run for free."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner

import clipy
from clipy.cli import main
from clipy.config import load
from clipy.errors import NothingToDeliver, OutputError
from clipy.media.probe import probe
from clipy.pipeline.delivery import with_sources

SETTINGS = [
    "--preset",
    "draft",
    "--clips",
    "1",
    "--set",
    "highlight.min_duration=6",
    "--set",
    "highlight.max_duration=14",
]


@pytest.fixture(scope="module")
def delivered(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any], float]:
    """A run through the command line: its store, its folder, what it printed, and how many seconds it took."""
    place = tmp_path_factory.mktemp("run")
    began = time.perf_counter()
    runner = CliRunner(env={"CLIPY_STORE": str(place / "store")})
    result = runner.invoke(main, ["run", str(talk), "-o", str(place / "clips"), "--json", *SETTINGS])
    assert result.exit_code == 0, result.output
    return place / "store", place / "clips", json.loads(result.stdout), time.perf_counter() - began


def test_the_clip_is_vertical_and_has_picture_and_sound(delivered: tuple[Path, Path, dict[str, Any], float]) -> None:
    _, folder, document, _ = delivered
    assert document == json.loads((folder / "clips.json").read_text())
    (clip,) = document["clips"]
    with av.open(str(folder / clip["file"])) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.codec_context.name) == (1080, 1920, "h264")
        assert audio.codec_context.name == "aac"
        pictures = sum(1 for _ in container.decode(video))
    assert pictures == round((clip["end"] - clip["start"]) * 25)
    assert 6 <= clip["end"] - clip["start"] <= 14


def test_captions_and_subtitles_match_the_speech(delivered: tuple[Path, Path, dict[str, Any], float]) -> None:
    _, folder, document, _ = delivered
    (clip,) = document["clips"]
    spoken = " ".join(word["text"] for word in clip["words"])
    written = (folder / clip["file"]).with_suffix(".srt").read_text()
    shown = " ".join(line for line in written.splitlines() if line and not line[0].isdigit())
    assert shown.split() == spoken.split()
    assert clip["words"][0]["start"] >= 0
    assert clip["words"][-1]["end"] <= clip["end"] - clip["start"] + 1e-6
    assert (folder / clip["file"]).with_suffix(".jpg").stat().st_size > 1000


def test_second_run_loads_everything_from_the_cache(
    talk: Path, delivered: tuple[Path, Path, dict[str, Any], float]
) -> None:
    store, folder, document, first = delivered
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    runner = CliRunner(env={"CLIPY_STORE": str(store)})
    began = time.perf_counter()
    result = runner.invoke(main, ["run", str(talk), "-o", str(folder), "--json", *SETTINGS])
    again = time.perf_counter() - began
    assert result.exit_code == 0, result.output
    same = {name: data for name, data in before.items() if name != "clips.json"}
    assert {name: (folder / name).read_bytes() for name in same} == same
    assert json.loads(result.stdout)["clips"] == document["clips"]
    assert again < first


def test_delivered_clip_is_reviewed_with_its_edit(
    talk: Path, delivered: tuple[Path, Path, dict[str, Any], float], tmp_path: Path
) -> None:
    store, folder, document, _ = delivered
    path = folder / document["clips"][0]["file"]
    result = CliRunner(env={"CLIPY_STORE": str(store)}).invoke(main, ["review", str(path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["clips"][0]["review"]["passed"]
    elsewhere = Path(shutil.copy(path, tmp_path))
    (known, source), (unknown, none) = with_sources([path, elsewhere])
    assert known.edit is not None
    assert [float(time) for time in (known.edit.keep[0].start, known.edit.keep[-1].end)] == pytest.approx(
        [document["clips"][0]["start"], document["clips"][0]["end"]], abs=0.01
    )
    assert source is not None
    assert source.fingerprint == probe(talk).fingerprint
    assert (unknown.edit, none) == (None, None)


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"clips": [{"file": "../x.mp4"}]}'])
def test_unrelated_clips_json_is_ignored_with_a_warning(
    talk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    path = Path(shutil.copy(talk, tmp_path))
    (tmp_path / "clips.json").write_text(content)
    ((clip, source),) = with_sources([path])
    assert (clip.edit, source) == (None, None)
    assert "reviewing clips without their edits" in caplog.text


def test_another_run_does_not_overwrite(talk: Path, delivered: tuple[Path, Path, dict[str, Any], float]) -> None:
    _, folder, _, _ = delivered
    before = (folder / "clips.json").read_bytes()
    with pytest.raises(OutputError, match="other settings"):
        clipy.run(talk, folder, config=load(sets=["highlight.count=2"]))
    assert (folder / "clips.json").read_bytes() == before


def test_rejected_clip_lists_the_reason(talk: Path, tmp_path: Path) -> None:
    impossible = [
        "highlight.backend=even",
        "review=technical",
        "highlight.duration=3",
        "highlight.count=1",
        "reframe.backend=center",
        "pizzazz=",
        "review.technical.width=720",
        "render.quality=draft",
    ]
    with pytest.raises(NothingToDeliver) as error:
        clipy.run(talk, tmp_path / "out", config=load(sets=impossible), report=True)
    assert len(error.value.reasons) == 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "0 of 1 clip passed" in page
    assert "instead of 720" in page
    document = json.loads((tmp_path / "out" / "clips.json").read_text())
    assert document["clips"] == []
    assert document["rejected"][0]["findings"]
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_progress_is_reported_stage_by_stage(talk: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, float | None]] = []
    settings = load(
        sets=[
            "highlight.backend=even",
            "highlight.duration=2",
            "highlight.count=1",
            "render.quality=draft",
            "review=technical",
        ]
    )
    clipy.run(talk, tmp_path, config=settings, listener=lambda event: seen.append((event.stage, event.fraction)))
    stages = list(dict.fromkeys(stage for stage, _ in seen))
    assert [stage for stage in stages if stage != "shots"] == ["transcribe", "reframe", "render", "review", "upload"]
    fractions = [fraction for _, fraction in seen if fraction is not None]
    assert np.all((np.asarray(fractions) >= 0) & (np.asarray(fractions) <= 1))
