"""Ctrl-C in the middle of rendering: nothing half made stays behind, and the same command goes on from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clipy.media.probe import probe
from fixtures.media import make_video

_PATIENCE = 120.0  # seconds that a run may take to begin rendering, and to stop


def _command(video: Path, folder: Path) -> list[str]:
    settings = [
        "review=technical",
        "highlight.backend=even",
        "highlight.duration=8",
        "highlight.count=2",
        "reframe.backend=center",
    ]
    settings += ["pizzazz=", "review=technical", "upload=folder", "render.quality=best"]
    sets = [part for setting in settings for part in ("--set", setting)]
    # Ctrl-C may be ignored here, as a shell does for what it starts in the background; children inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from clipy.cli import main; main()"
    )
    return [
        sys.executable,
        "-c",
        program,
        "run",
        str(video),
        "-o",
        str(folder / "out"),
        "--json",
        *sets,
    ]


def _environment(folder: Path) -> dict[str, str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return {**os.environ, "CLIPY_STORE": str(folder / "store"), "TMPDIR": str(folder / "tmp")}


def _being_made(folder: Path) -> list[Path]:
    return [path for path in (folder / "store").rglob(".making-*.mp4") if path.stat().st_size > 0]


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process on Windows")
def test_an_interrupted_run_leaves_no_partial_files_and_can_be_continued(tmp_path: Path) -> None:
    environment = _environment(tmp_path)
    video = make_video(tmp_path / "pattern.mp4", seconds=18)  # without speech: quickly transcribed
    run = subprocess.Popen(_command(video, tmp_path), env=environment, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + _PATIENCE
        while not _being_made(tmp_path):
            assert run.poll() is None, run.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=_PATIENCE)
    finally:
        run.kill()
    assert run.returncode == 130
    assert "finished work is kept" in told
    assert "Traceback" not in told
    assert not list((tmp_path / "store").rglob(".making-*"))
    assert not list((tmp_path / "tmp").glob("clipy-*"))
    assert not list((tmp_path / "out").glob("*"))
    kept = {path: path.stat().st_ino for path in (tmp_path / "store").rglob("*.json")}
    assert kept

    again = subprocess.run(_command(video, tmp_path), env=environment, capture_output=True, text=True, check=True)
    clips = json.loads(again.stdout)["clips"]
    assert len(clips) == 2
    for clip in clips:
        made = probe(tmp_path / "out" / clip["file"])
        assert float(made.duration) == pytest.approx(clip["end"] - clip["start"], abs=0.04)
    assert {path: path.stat().st_ino for path in kept} == kept  # nothing that was finished was made again
    assert not list((tmp_path / "tmp").glob("clipy-*"))
