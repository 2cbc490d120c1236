"""Many videos: one that fails stops no other, a killed batch goes on, and each video is taken once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clipy.cli import main
from fixtures.media import make_video

QUICK = (
    *("highlight=even", "highlight.min_duration=1", "highlight.duration=2", "highlight.count=1", "pizzazz="),
    *("reframe=center", "reframe.width=180", "reframe.height=320", "render.quality=draft", "review=technical"),
    *("review.technical.width=180", "review.technical.height=320"),
)
SETS = [part for text in QUICK for part in ("--set", text)]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments), *SETS])


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("silent") / "silent.mp4", seconds=4, size=(320, 180), play=None)


@pytest.fixture
def folder(silent: Path, tmp_path: Path) -> Path:
    """Two videos and one file that is none."""
    inside = tmp_path / "in"
    inside.mkdir()
    shutil.copy(silent, inside / "one.mp4")
    make_video(inside / "two.mp4", seconds=3, size=(160, 90), play=None)
    (inside / "bad.mp4").write_text("this is no video")
    return inside


def test_a_bad_video_does_not_stop_the_others_and_a_second_run_begins_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = run("run", folder, "-o", out, "--json")
    document = json.loads(first.stdout)
    assert first.exit_code == 1
    assert "2 clips from 2 videos; 1 video failed" in first.stderr
    errors = [line for line in first.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "bad.mp4" in errors[0]
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.mp4")) == [
        "one/one-01.mp4",
        "two/two-01.mp4",
    ]
    assert len(document["runs"]) == 2
    made = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    again = run("run", folder, "-o", out, "--json")
    assert again.exit_code == 1, "what failed before is not forgotten"
    assert json.loads(again.stdout)["runs"] == []
    assert len(json.loads(again.stdout)["done"]) == 2
    assert "(2 done before)" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.json")} == made


def test_a_changed_video_or_setting_is_begun_again(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.mp4").unlink()
    out = tmp_path / "out"
    assert run("run", folder, "-o", out).exit_code == 0
    shutil.copy(folder / "two.mp4", folder / "one.mp4")
    changed = run("run", folder, "-o", out, "--json")
    assert changed.exit_code == 1
    assert "holds the clips of another video" in changed.stderr
    other = CliRunner().invoke(main, ["run", str(folder), "-o", str(out), *SETS, "--clips", "2", "--overwrite"])
    assert other.exit_code == 0, other.stderr
    assert "done before" not in other.stderr


def test_a_manifest_gives_each_video_its_settings(silent: Path, tmp_path: Path) -> None:
    shutil.copy(silent, tmp_path / "a.mp4")
    lines = [{"video": "a.mp4", "name": "short"}, {"video": str(silent), "name": "long", "highlight.duration": 3}]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = run("run", tmp_path / "list.jsonl", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.stderr
    clips = [document["clips"][0] for document in json.loads(done.stdout)["runs"]]
    assert [clip["end"] - clip["start"] for clip in clips] == pytest.approx([2, 3])
    assert (tmp_path / "out" / "short" / "clips.json").exists()


def test_a_wrong_setting_in_a_manifest_is_refused_before_any_work(silent: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"video,highlight.cuont\n{silent},2\n")
    refused = run("run", tmp_path / "list.csv", "-o", tmp_path / "out")
    assert refused.exit_code == 2
    assert "Did you mean 'count'" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_shards_share_the_videos_and_each_others_record(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.mp4").unlink()
    out = tmp_path / "out"
    for part in ("1/2", "2/2"):
        done = run("run", folder, "-o", out, "--shard", part)
        assert done.exit_code == 0, done.stderr
        assert "1 clip from 1 video" in done.stderr
    assert sorted(path.name for path in out.glob("*.jsonl")) == ["batch-1-of-2.jsonl", "batch-2-of-2.jsonl"]
    assert "2 clips from 2 videos (2 done before)" in run("run", folder, "-o", out).stderr
    assert run("run", folder, "-o", out, "--shard", "3/2").exit_code == 2


def test_several_videos_at_once_in_processes_of_their_own(folder: Path, tmp_path: Path) -> None:
    done = run("run", folder, "-o", tmp_path / "out", "--set", "executor.videos=2", "--set", "executor.cores=1")
    assert done.exit_code == 1
    assert "2 clips from 2 videos; 1 video failed" in done.stderr
    assert "bad.mp4: cannot read" in done.stderr or "bad.mp4" in done.stderr.splitlines()[-1]
    assert (tmp_path / "out" / "one" / "one-01.mp4").exists()


def test_watching_takes_each_video_once_also_after_a_restart(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    watch = ("watch", folder, "-o", out, "--once", "--settle", "0.1")
    first = run(*watch)
    assert first.exit_code == 1
    assert "2 clips from 2 videos; 1 video failed" in first.stderr
    (folder / "bad.mp4").unlink()
    shutil.copy(folder / "two.mp4", folder / "three.mp4")
    second = run(*watch)
    assert second.exit_code == 0, second.stderr
    assert "3 clips from 3 videos (2 done before)" in second.stderr
    assert (out / "three" / "three-01.mp4").exists()
    missing = run("watch", tmp_path / "none", "-o", out)
    assert missing.exit_code == 1
    assert "no such folder to watch" in missing.stderr


def _posted(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


@pytest.mark.skipif(sys.platform == "win32", reason="a process group cannot be killed like this on Windows")
def test_a_killed_batch_goes_on_and_uploads_nothing_twice(silent: Path, tmp_path: Path) -> None:
    """Killed once the first upload is done; the rest is made by the same command."""
    inside, log = tmp_path / "in", tmp_path / "posted"
    inside.mkdir()
    for number in range(3):
        make_video(inside / f"v{number}.mp4", seconds=3, size=(160, 90), play=None, rate=10 + number)
    post, posted = tmp_path / "post.py", tmp_path / "posted.py"
    post.write_text(f"import sys\nopen({str(log)!r}, 'a').write(sys.argv[1] + '\\n')\n")
    posted.write_text(f"import sys\nsys.exit(sys.argv[1] not in open({str(log)!r}).read().split())\n")
    uploader = [
        f'program = ["{sys.executable}", "{post}", "{{name}}"]',
        f'check = ["{sys.executable}", "{posted}", "{{name}}"]',
    ]
    (tmp_path / "clipy.toml").write_text("\n".join(["[[upload]]", 'backend = "command"', *uploader]))
    command = [
        sys.executable,
        "-c",
        "from clipy.cli import main; main()",
        "run",
        str(inside),
        "-o",
        str(tmp_path / "o"),
    ]
    command += ["--config", str(tmp_path / "clipy.toml"), *SETS]
    command += ["--set", "executor.videos=2", "--set", "executor.cores=1"]
    batch = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 60
    while not _posted(log):
        assert batch.poll() is None, batch.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(batch.pid, signal.SIGKILL)
    batch.communicate()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert sorted(_posted(log)) == ["v0-01", "v1-01", "v2-01"]
