"""The command line: exit codes, one-line errors, and nothing lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from fixtures.media import make_video


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def error_line(result: Result) -> str:
    """The one line that an error is; there is no traceback."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    return lines[0]


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=6, size=(320, 180), play=None)


def test_an_unreadable_video_ends_with_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video at all, whatever its name says")
    whole = make_video(tmp_path / "whole.mp4", seconds=2, size=(160, 90)).read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    says = {
        "none.mp4": "no such file",
        "empty.mp4": "the file is empty",
        "text.mp4": "cannot read the file as a video",
        "half.mp4": "cannot read the file as a video|truncated",
    }
    for name, words in says.items():
        result = run("run", tmp_path / name, "-o", tmp_path / "out")
        line = error_line(result)
        assert result.exit_code == 1
        assert any(word in line for word in words.split("|")), line
        assert not (tmp_path / "out").exists()


def test_truncated_file_is_reported(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", seconds=4, size=(320, 180))
    fast = tmp_path / "fast.mp4"
    _remuxed(path, fast)
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size * 2 // 3])
    assert "truncated" in error_line(run("run", fast, "-o", tmp_path / "out"))


def _remuxed(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as old, av.open(str(target), "w", options={"movflags": "+faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)


def test_a_sound_file_is_taken_like_a_video_and_may_be_too_short(tmp_path: Path) -> None:
    import av
    import numpy as np

    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
    result = run("run", path, "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "the video lasts 1.0 s, less than the shortest clip" in result.stderr


def test_a_video_too_short_for_a_clip_suggests_a_setting(silent: Path, tmp_path: Path) -> None:
    result = run("run", silent, "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "min_duration=5" in error_line(result)
    shorter = make_video(tmp_path / "b.mp4", seconds=3, size=(64, 64), play=None)
    assert "min_duration=3" in error_line(run("run", shorter, "-o", tmp_path / "out")), "5 would not help"


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["--set", "highlight.cuont=2"], "Did you mean 'count'", 2),
        (["--set", "highlite.count=2"], "Did you mean 'highlight'", 2),
        (["--set", "highlight.count=0"], "greater than or equal to 1", 2),
        (["--set", "reframe.backend=centre"], "Did you mean 'center'", 2),
        (["--set", "nonsense"], "cannot understand", 2),
        (["--config", "nowhere.toml"], "settings file not found", 1),
    ],
)
def test_wrong_settings_are_refused_before_any_work(
    silent: Path, tmp_path: Path, arguments: list[str], says: str, code: int
) -> None:
    result = run("run", silent, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == code
    assert says in error_line(result)
    assert not (tmp_path / "out").exists()


def test_wrong_usage_ends_with_exit_code_2(silent: Path) -> None:
    assert run("run", silent).exit_code == 2
    assert run("run", silent, "-o", "x", "--preset", "perfect").exit_code == 2
    assert run("nothing").exit_code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_early(silent: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot write" in error_line(run("run", silent, "-o", tmp_path / "out"))


def test_an_output_that_is_a_file_is_refused_early(silent: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "cannot write" in error_line(run("run", silent, "-o", tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "mine"


def test_debug_keeps_the_one_line_error(tmp_path: Path) -> None:
    result = run("run", tmp_path / "none.mp4", "-o", tmp_path / "out", "--debug")
    assert result.exit_code == 1
    assert "error: no such file" in result.stderr


def test_each_stage_runs_by_itself_on_a_silent_video(silent: Path, tmp_path: Path) -> None:
    given = tmp_path / "highlights.json"
    given.write_text('[{"start": 1.0, "end": 3.5, "title": "By hand"}]')
    result = run(
        "reframe", silent, "--highlights", given, "-o", tmp_path / "crops.json", "--set", "reframe.backend=center"
    )
    assert result.exit_code == 0, result.output
    folder = tmp_path / "clips"
    result = run("render", silent, "--crops", tmp_path / "crops.json", "-o", folder, "--preset", "draft", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["clips"][0]["review"] is None
    assert document == json.loads((folder / "clips.json").read_text())
    result = run("review", folder / "silent-01.mp4", "--json")
    assert json.loads(result.stdout)["schema"] == "clipy.reviews/1"
    sent = tmp_path / "sent"
    sent.mkdir()
    result = run("upload", folder, "--to", "folder", "--set", f"upload.folder.path={sent}")
    assert result.exit_code in {0, 3}, result.output
    assert (sent / "silent-01.mp4").exists() == (result.exit_code == 0)


def test_output_file_is_not_overwritten_by_default(silent: Path, tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text("mine")
    assert "file exists" in error_line(run("highlight", silent, "-o", path))
    assert path.read_text() == "mine"


def test_an_unknown_uploader_lists_the_installed_ones(tmp_path: Path) -> None:
    assert "Installed:" in error_line(run("upload", tmp_path, "--to", "pigeon"))


def test_backends_lists_options_of_a_stage() -> None:
    result = run("backends", "highlight")
    assert result.exit_code == 0
    assert "How many clips to make" in result.output
    listed = json.loads(run("backends", "highlight", "--json").stdout)
    assert {"local", "even"} <= {entry["name"] for entry in listed}
    assert "Did you mean 'highlight'" in error_line(run("backends", "highlights"))


def test_config_init_does_not_overwrite_by_default(tmp_path: Path) -> None:
    path = tmp_path / "clipy.toml"
    assert run("config", "init", path).exit_code == 0
    path.write_text("mine")
    assert "file exists" in error_line(run("config", "init", path))
    assert path.read_text() == "mine"


def test_doctor_and_models_print_json() -> None:
    checks = json.loads(run("doctor", "--json").stdout)
    assert {"ok"} <= {check["state"] for check in checks}
    listed = json.loads(run("models", "list", "--json").stdout)
    assert all(len(model["sha256"]) == 64 and model["licence"] for model in listed)
